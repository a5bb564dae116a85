-- A record that was merged away in HubSpot goes on as the one it went into; the state keeps the id it was met under.
select
    identities.object_type,
    identities.record_key,
    coalesce(merges.into_id, identities.hubspot_id) as hubspot_id
from {{ source('raw', 'pipeline_identities') }} as identities
left join {{ ref('stg_hubspot__merges') }} as merges
    on merges.object_type = identities.object_type and merges.merged_id = identities.hubspot_id
