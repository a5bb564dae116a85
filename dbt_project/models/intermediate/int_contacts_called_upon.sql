{{ config(materialized='view', meta={'dagster': {'group': 'decide', 'owners': ['team:revops']}}) }}
-- Who needs somebody of the sales team now.
select user_id, combined_score
from {{ ref('int_handoffs_eligible') }}
where not is_claimed and present_owner_id is null and not is_in_review
union distinct
select user_id, combined_score from {{ ref('int_contacts_acted_on') }}
