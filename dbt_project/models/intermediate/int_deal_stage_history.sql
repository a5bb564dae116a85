{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['deal_id', 'stage'],
    on_schema_change='append_new_columns',
    full_refresh=false,
) }}
{# In which stages each deal was ever seen. HubSpot tells of the present one only, so that a warehouse that was made anew
   begins anew: then few closed deals were seen in a stage, and the reports weight by all deals. #}
with present as (
    select deal_id, stage, stage_entered_at, {{ as_of() }} as first_seen_at
    from {{ ref('int_deals_seen') }}
    where stage is not null
)
select present.deal_id, present.stage, present.stage_entered_at, present.first_seen_at
from present
{% if is_incremental() %}
left join {{ this }} as known on known.deal_id = present.deal_id and known.stage = present.stage
where known.deal_id is null {% if replacing_rows() == 'incremental' %}or known.first_seen_at > present.first_seen_at{% endif %}

{% endif %}
