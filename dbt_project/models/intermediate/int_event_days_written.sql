-- What the events of each day come from: another text as soon as one is added, goes, or takes the place of another.
{% set in_place = "source in ('" ~ read_in_place() | join("', '") ~ "')" %}
with loads as (
    select load_id, max(coalesce(write_id, load_id)) as write_id from {{ source('raw', 'landing_files') }} group by load_id
),
arrived as (
    select happened_on, load_id, count(*) as event_count
    from {{ ref('int_events_arrived') }}
    where {{ in_place }}
    group by happened_on, load_id
),
parts as (
    select arrived.happened_on, 'arrived' as part, arrived.event_count, loads.write_id as last_write
    from arrived
    left join loads on loads.load_id = arrived.load_id
    union all
    select happened_on, 'repeated', -1 * count(*), {{ state_of_deliveries() }}
    from {{ ref('int_events_repeated') }}
    where event_id is not null
    group by happened_on
    union all
    select happened_on, 'copied', count(*), {{ state_of_deliveries() }}
    from {{ ref('int_events_copied') }}
    group by happened_on
)
select
    happened_on,
    cast(sum(event_count) as bigint) as event_count,
    {{ dbt.concat([
        text('sum(event_count)'),
        "'/'", text("coalesce(max(case when part = 'arrived' then last_write end), 0)"),
        "'/'", text("coalesce(max(case when part = 'repeated' then last_write end), 0)"),
        "'/'", text("coalesce(max(case when part = 'copied' then last_write end), 0)"),
    ]) }} as made_of
from parts
group by happened_on
having sum(event_count) > 0
