{% set stages = funnel_stages() %}
{#
  A journey takes the earliest moment of each stage that is not before the one of the stage it came from, so that it is as
  long as it can be; what is older than the journeys look back is not seen. `journey` goes stage by stage from the first and
  ends where one is missing. `path` may leave stages out, and never goes back: of all such ways the longest, and of equally
  long ones the one that leaves out later stages. A path is a number: 64 for each stage on it, and a bit for which.
#}
with moments as (
    select distinct contact_id, stage, happened_at
    from {{ ref('int_stage_moments') }}
    where happened_at > {{ dbt.dateadd('year', '-1 * ' ~ whole_report_setting('journey_years'), as_of()) }}
        and stage <> 'mql'
),
{{ ways_through_stages('moments', stages) }}
select
    contacts.contact_id as user_id,
    {{ columns_of('contacts', split_by()) }},
    contacts.company_id,
    {% for stage in stages %}
    contacts.is_{{ stage }}, contacts.{{ stage }}_at,
    {% endfor %}
    contacts.is_pql_since_before,
    {% for stage in stages %}
    ways.journey_{{ stage }}_at,
    {% endfor %}
    {% for stage in stages %}
    ways.path_{{ stage }}_at,
    {% endfor %}
    case
        {% for stage in stages | reverse %}
        when ways.journey_{{ stage }}_at is not null then '{{ stage }}'
        {% endfor %}
    end as journey_stage
from {{ ref('int_contact_stages') }} as contacts
left join ways on ways.contact_id = contacts.contact_id
