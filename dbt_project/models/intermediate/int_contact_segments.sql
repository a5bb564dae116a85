{{ config(meta={'dagster': {'group': 'decide', 'owners': ['team:revops']}}) }}
-- One row per user and segment that the user is in: all of its conditions hold.
with sql_stage as (
    select min(display_order) as display_order
    from {{ ref('stg_hubspot__lifecycle_stages') }}
    where stage = 'salesqualifiedlead'
),
-- Those who are being handed over now are with sales as soon as anybody reads the list. Who is looked at first is in its
-- queue too; who went back to marketing is not.
handed_off as (
    select
        handoffs.record_key as user_id,
        max(case when handoffs.handoff_state = 'in_review' then 1 else 0 end) = 1 as is_in_review
    from {{ ref('handoffs') }} as handoffs
    left join {{ ref('stg_pipeline__returns') }} as returns
        on returns.record_key = handoffs.record_key
        and returns.episode = handoffs.episode
        and returns.acknowledged_at is not null
    where handoffs.handoff_state <> 'waiting' and returns.return_id is null
    group by handoffs.record_key
),
people as (
    select
        asked.*,
        {{ true_or_false('handed_off.user_id is not null or coalesce(stages.display_order >= sql_stage.display_order, false)') }} as is_with_sales,
        {{ true_or_false('coalesce(handed_off.is_in_review, false)') }} as is_in_review
    from {{ ref('int_contacts_asked') }} as asked
    cross join sql_stage
    left join {{ ref('stg_hubspot__lifecycle_stages') }} as stages on stages.stage = asked.lifecycle_stage
    left join handed_off on handed_off.user_id = asked.user_id
),
answered as (
    {{ conditions_answered(
        'people', 'int_contact_segment_conditions',
        texts=contact_texts({'is_with_sales': 'is_with_sales', 'is_in_review': 'is_in_review'}),
        numbers=contact_numbers()
    ) }}
)
select answered.user_id, conditions.segment_id
from answered
inner join {{ ref('int_contact_segment_conditions') }} as conditions on conditions.condition_id = answered.condition_id
group by answered.user_id, conditions.segment_id
having min(case when answered.is_met then 1 else 0 end) = 1
