with members as (
    select
        segments.segment_id,
        'contacts' as object_type,
        records.user_id as record_key,
        records.hubspot_id,
        case
            when records.suppressed_because is not null then 'suppressed'
            when records.is_leading then records.matched_by
            else 'same_record_as_another_user'
        end as matched_by
    from {{ ref('int_contact_segments') }} as segments
    inner join {{ ref('int_contact_records') }} as records on records.user_id = segments.user_id
    union all
    select
        segments.segment_id,
        'companies',
        records.record_key,
        records.hubspot_id,
        records.matched_by
    from {{ ref('int_company_segments') }} as segments
    inner join {{ ref('int_company_records') }} as records on records.record_key = segments.company_id
)
select
    segment_id,
    object_type,
    record_key,
    -- Another user or company speaks for the record: whether it is a member is theirs to say. Of suppressed people nothing is.
    case when matched_by not in ('same_record_as_another_user', 'same_record_as_another_company', 'suppressed') then hubspot_id end as hubspot_id,
    matched_by
from members
