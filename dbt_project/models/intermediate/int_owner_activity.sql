{{ config(materialized='view') }}
-- When an owner last did something about a contact.
select hubspot_id, owner_id, max(done_at) as last_activity_at
from {{ ref('int_owner_activities') }}
group by hubspot_id, owner_id
