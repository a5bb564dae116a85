{{ config(materialized='view', meta={'dagster': {'group': 'decide', 'owners': ['team:revops']}}) }}
-- One row per record that is in a segment which HubSpot keeps as a value of a property: these segments as one text, always in
-- the same order.
select
    members.object_type,
    members.record_key,
    {{ sorted_texts('members.segment_id') }} as segments
from {{ ref('segment_members') }} as members
inner join {{ ref('segments') }} as segments on segments.segment_id = members.segment_id
where segments.kept_as in ('property', 'list_and_property')
group by members.object_type, members.record_key
