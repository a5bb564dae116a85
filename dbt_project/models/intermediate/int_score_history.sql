{{ config(
    materialized=replacing_rows(),
    incremental_strategy='delete+insert',
    unique_key=['user_id', 'changed_at'],
    on_schema_change='append_new_columns',
    full_refresh=false,
    post_hook="delete from {{ this }} where band is null",
) }}
{#
  One row per user and build at which a score or the band of the user became another one, with what it was before.

  It cannot be made again from the events: they come late, and rules are changed. So a full refresh leaves it alone, and a
  warehouse that was made anew begins with what was kept beside the state (raw.pipeline_score_history).

  A build touches the users only whose state is another than the history has for its clock. A build for an earlier clock
  than the newest puts its rows before the later ones: what held from the next build on goes on holding from there. A row
  without a band takes the place of one that does not hold any more, and then goes itself.
#}
{% set state = ['pql_score', 'fit_score', 'combined_score', 'band', 'reasons'] %}
{% set columns = ['user_id', 'changed_at', 'contact_email'] + state + ['pql_score_from', 'fit_score_from', 'combined_score_from', 'band_from', 'reasons_moved'] %}
with restored as (
    select {{ columns | join(', ') }} from {{ ref('stg_pipeline__score_history') }}
    {% if is_incremental() %}where not exists (select 1 from {{ this }}){% endif %}
),
known as (
    select * from restored
    {% if is_incremental() %}
    union all
    select {{ columns | join(', ') }} from {{ this }}
    {% endif %}
),
newest as (
    select user_id, max(changed_at) as changed_at from known where changed_at <= {{ as_of() }} group by user_id
),
held as (
    select known.*
    from known
    inner join newest on newest.user_id = known.user_id and newest.changed_at = known.changed_at
),
-- Whoever looks as before is not looked at further, and that is nearly everybody.
candidates as (
    select coalesce(scores.user_id, held.user_id) as user_id, scores.user_id is not null as is_scored
    from {{ ref('contact_scores') }} as scores
    full outer join held on held.user_id = scores.user_id
    where held.user_id is null
        or held.changed_at = {{ as_of() }}
        or not {{ looks_the_same('scores', 'held') }}
),
reasons_found as (
    select reasons.user_id, {{ reason_name('reasons') }} as reason, reasons.points
    from {{ ref('contact_score_reasons') }} as reasons
    inner join candidates on candidates.user_id = reasons.user_id
    where reasons.points <> 0
),
reasons_told as (
    select user_id, {{ sorted_texts(dbt.concat(["reason", "'='", plain_number('points')])) }} as reasons
    from reasons_found
    group by user_id
),
present as (
    select
        candidates.user_id, candidates.is_scored, scores.contact_email, scores.pql_score, scores.fit_score,
        scores.combined_score, scores.band, coalesce(told.reasons, '') as reasons
    from candidates
    left join {{ ref('contact_scores') }} as scores on scores.user_id = candidates.user_id
    left join reasons_told as told on told.user_id = candidates.user_id
),
touched as (
    select present.*
    from present
    left join held on held.user_id = present.user_id
    where held.user_id is null
        or not present.is_scored
        or held.reasons <> present.reasons
        or not {{ looks_the_same('present', 'held') }}
),
earlier as (
    select known.*
    from known
    inner join (
        select known.user_id, max(known.changed_at) as changed_at
        from known
        inner join touched on touched.user_id = known.user_id
        where known.changed_at < {{ as_of() }}
        group by known.user_id
    ) as last_ones on last_ones.user_id = known.user_id and last_ones.changed_at = known.changed_at
),
next_build as (
    select min(changed_at) as changed_at from known where changed_at > {{ as_of() }}
),
next_ones as (
    select known.user_id, min(known.changed_at) as changed_at
    from known
    inner join touched on touched.user_id = known.user_id
    where known.changed_at > {{ as_of() }}
    group by known.user_id
),
-- What holds after this build: as it is known, or as it was before somebody looked at this moment again.
after_this as (
    select known.user_id, known.changed_at, known.contact_email, {{ columns_of('known', state) }}
    from known
    inner join next_ones on next_ones.user_id = known.user_id and next_ones.changed_at = known.changed_at
    cross join next_build
    left join held on held.user_id = known.user_id
    where held.user_id is null or next_ones.changed_at = next_build.changed_at
    union all
    select held.user_id, next_build.changed_at, held.contact_email, {{ columns_of('held', state) }}
    from held
    inner join touched on touched.user_id = held.user_id
    cross join next_build
    left join next_ones on next_ones.user_id = held.user_id
    where next_build.changed_at is not null
        and (next_ones.changed_at is null or next_ones.changed_at > next_build.changed_at)
),
-- Somebody who is not scored any more, being another user now, goes on as before.
pairs as (
    select
        touched.user_id, {{ as_of() }} as changed_at, touched.contact_email, {{ columns_of('touched', state) }}
        {%- for column in state %}, earlier.{{ column }} as {{ column }}_from{% endfor %}
    from touched
    left join earlier on earlier.user_id = touched.user_id
    union all
    select
        after_this.user_id, after_this.changed_at, after_this.contact_email, {{ columns_of('after_this', state) }}
        {%- for column in state %}, case when touched.is_scored then touched.{{ column }} else earlier.{{ column }} end{% endfor %}
    from after_this
    inner join touched on touched.user_id = after_this.user_id
    left join earlier on earlier.user_id = after_this.user_id
),
judged as (
    select
        pairs.*,
        band is not null
        and (
            band_from is null or pql_score <> pql_score_from or fit_score <> fit_score_from
            or combined_score <> combined_score_from or band <> band_from
        ) as is_change
    from pairs
),
-- Nothing moves towards the first score of somebody.
moving as (
    select user_id, changed_at, reasons, reasons_from from judged where is_change and band_from is not null
),
pieces as (
    select told.*, 1 as direction from ({{ pieces_of('moving', ['user_id', 'changed_at'], 'reasons') }}) as told
    union all
    select told.*, -1 from ({{ pieces_of('moving', ['user_id', 'changed_at'], 'reasons_from') }}) as told
),
moves as (
    select
        user_id,
        changed_at,
        {{ dbt.split_part('piece', "'='", 1) }} as reason,
        sum(direction * cast({{ dbt.split_part('piece', "'='", 2) }} as {{ type_points() }})) as points
    from pieces
    group by user_id, changed_at, {{ dbt.split_part('piece', "'='", 1) }}
),
moved as (
    select
        user_id,
        changed_at,
        {{ dbt.listagg(
            dbt.concat(["reason", "case when points > 0 then ' +' else ' ' end", plain_number('points')]),
            "'; '",
            "order by abs(points) desc, reason"
        ) }} as reasons_moved
    from moves
    where points <> 0
    group by user_id, changed_at
)
select
    judged.user_id,
    judged.changed_at,
    judged.contact_email,
    judged.pql_score,
    judged.fit_score,
    judged.combined_score,
    case when judged.is_change then judged.band end as band,
    judged.reasons,
    judged.pql_score_from,
    judged.fit_score_from,
    judged.combined_score_from,
    judged.band_from,
    moved.reasons_moved
from judged
left join moved on moved.user_id = judged.user_id and moved.changed_at = judged.changed_at
{% if replacing_rows() == 'table' %}where judged.is_change{% endif %}
union all
select {{ columns_of('restored', columns) }}
from restored
left join judged on judged.user_id = restored.user_id and judged.changed_at = restored.changed_at
where judged.user_id is null
