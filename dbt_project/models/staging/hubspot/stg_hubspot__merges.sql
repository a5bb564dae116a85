-- A record that went into one that went into a third is part of the third.
with recursive merges as (
    select object_type, merged_id, into_id from {{ source('raw', 'hubspot_merges') }}
),
followed as (
    select object_type, merged_id, into_id, 1 as step_count from merges
    union all
    select followed.object_type, followed.merged_id, merges.into_id, followed.step_count + 1 as step_count
    from followed
    inner join merges on merges.object_type = followed.object_type and merges.merged_id = followed.into_id
    -- HubSpot allows 250 merges of one record; the end of a ring, which none can be, must be found too.
    where followed.step_count < 250
)
select
    followed.object_type,
    followed.merged_id,
    followed.into_id
from followed
left join merges on merges.object_type = followed.object_type and merges.merged_id = followed.into_id
where merges.merged_id is null
