{{ config(meta={'dagster': {'group': 'decide', 'owners': ['team:revops']}}) }}
-- Who has a contact already: its owner, whoever has a deal with it or its company, the owner of its company. Somebody
-- who is archived in HubSpot has nobody.
with candidates as (
    select
        user_id,
        owner_id,
        'existing_owner' as owner_reason,
        1 as place,
        cast(null as timestamp) as last_modified_at,
        cast(null as {{ dbt.type_string() }}) as deal_id
    from {{ ref('int_contact_records') }}
    union all
    select
        user_id,
        owner_id,
        'open_deal',
        case when is_of_contact then 2 else 3 end,
        last_modified_at,
        deal_id
    from {{ ref('int_open_deals') }}
    union all
    select scores.user_id, in_hubspot.owner_id, 'company_owner', 4, null, null
    from {{ ref('contact_scores') }} as scores
    inner join {{ ref('company_scores') }} as companies on companies.company_id = scores.company_id
    inner join {{ ref('stg_hubspot__companies') }} as in_hubspot on in_hubspot.hubspot_id = companies.hubspot_id
),
-- Of several deals the one that somebody worked on last.
ranked as (
    select
        candidates.user_id,
        candidates.owner_reason,
        owners.owner_id,
        owners.email as owner_email,
        {{ owner_name('owners') }} as owner_name,
        row_number() over (
            partition by candidates.user_id
            order by
                candidates.place,
                case when candidates.last_modified_at is null then 1 else 0 end,
                candidates.last_modified_at desc,
                candidates.deal_id
        ) as place
    from candidates
    inner join {{ ref('stg_hubspot__owners') }} as owners on owners.owner_id = candidates.owner_id
)
select user_id, owner_id, owner_email, owner_name, owner_reason
from ranked
where place = 1
