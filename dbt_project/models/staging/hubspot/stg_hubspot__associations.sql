-- HubSpot moves the associations of a merged record to the one it went into, which may have had the same ones.
with associations as (
    select * from {{ source('raw', 'hubspot_associations') }}
),
merges as (
    select * from {{ ref('stg_hubspot__merges') }}
)
select
    associations.from_type,
    coalesce(from_merges.into_id, associations.from_id) as from_id,
    associations.to_type,
    coalesce(to_merges.into_id, associations.to_id) as to_id,
    associations.type_category,
    associations.type_id,
    max(associations.type_label) as type_label
from associations
left join merges as from_merges
    on from_merges.object_type = associations.from_type and from_merges.merged_id = associations.from_id
left join merges as to_merges
    on to_merges.object_type = associations.to_type and to_merges.merged_id = associations.to_id
group by
    associations.from_type,
    coalesce(from_merges.into_id, associations.from_id),
    associations.to_type,
    coalesce(to_merges.into_id, associations.to_id),
    associations.type_category,
    associations.type_id
