{# What episodes of triggers lead to. #}

{#
  One row per episode and enabled action of its trigger that is not known to be over. `episodes` is a CTE with trigger_id,
  subject_key, episode, moment_at and whatever else is wanted of it.

  What ran out of time stays for a week, so that somebody is told.
#}
{% macro actions_open(episodes) -%}
    select
        {{ episodes }}.*,
        actions.action,
        actions.target,
        actions.template,
        actions.priority,
        actions.not_before_minutes,
        actions.due_minutes,
        actions.expires_hours,
        actions.in_working_hours,
        coalesce(actions.target = 'owner' or actions.action = 'sequence', false) as is_done_by_owner
    from {{ episodes }}
    inner join {{ ref('trigger_actions') }} as actions
        on actions.trigger_id = {{ episodes }}.trigger_id and actions.is_enabled
    left join (
        -- What is under way under the name of another user has another id, and is not owed under this one too.
        select distinct trigger_id, subject_key, episode, kind, target
        from {{ ref('int_actions_remembered') }}
        where delivery_state in ('delivered', 'failed', 'expired', 'cancelled') or was_another_user
    ) as finished
        on finished.trigger_id = {{ episodes }}.trigger_id
        and finished.subject_key = {{ episodes }}.subject_key
        and finished.episode = {{ episodes }}.episode
        and finished.kind = actions.action
        and finished.target = actions.target
    where finished.trigger_id is null
        and {{ dbt.dateadd('hour', 'actions.expires_hours', episodes ~ '.moment_at') }} > {{ hours_before_as_of(7 * 24) }}
{%- endmacro %}

{# Whether `weaker` waits because `stronger` began; both are rows with strength, subject, record_key, company_key and moment_at. #}
{% macro gives_way(weaker, stronger) -%}
    {{ stronger }}.strength < {{ weaker }}.strength
    and {{ stronger }}.moment_at > {{ hours_before_as_of(weaker ~ '.gives_way_hours') }}
    and (
        {{ stronger }}.record_key = {{ weaker }}.record_key
        or (
            ({{ stronger }}.subject = 'company' or {{ weaker }}.subject = 'company')
            and {{ stronger }}.company_key = {{ weaker }}.company_key
        )
    )
{%- endmacro %}

{# An instant in words, such as 2026-11-20 09:00 UTC. #}
{% macro to_the_minute(instant) -%}
    substring(cast({{ instant }} as {{ dbt.type_string() }}), 1, 16) || ' UTC'
{%- endmacro %}

{# Up to five of what is numbered by `place` in a group, in one text. #}
{% macro first_five(value, place) -%}
    {%- set pieces = ["max(case when " ~ place ~ " = 1 then " ~ value ~ " end)"] -%}
    {%- for number in range(2, 6) -%}
        {%- do pieces.append("coalesce(" ~ dbt.concat(["'; '", "max(case when " ~ place ~ " = " ~ number ~ " then " ~ value ~ " end)"]) ~ ", '')") -%}
    {%- endfor -%}
    {{ dbt.concat(pieces) }}
{%- endmacro %}
