{{ config(meta={'dagster': {'group': 'decide', 'owners': ['team:revops']}}) }}
-- One row per episode and action of it that is not known to be over, those of episodes that give way too.
with episodes as (
    select * from {{ ref('int_trigger_episodes_told') }}
)
{{ actions_open('episodes') }}
