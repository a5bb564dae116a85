-- Two user ids that a source calls one person stand under one id.
{{ config(meta={'dagster': {'ref': {'name': 'int_user_aliases'}}}) }}
select links.other_user_id, links.user_id
from {{ ref('int_identity_links') }} as links
left join {{ ref('int_user_aliases') }} as one on one.alias_user_id = links.user_id
left join {{ ref('int_user_aliases') }} as other on other.alias_user_id = links.other_user_id
where links.other_user_id is not null
    and coalesce(one.user_id, links.user_id) <> coalesce(other.user_id, links.other_user_id)
