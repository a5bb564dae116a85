-- Every row of every source that says something of a user, by the id that stands for them. What the own backend says
-- comes before what a tracker was told; within either, the later row knows better.
with described as (
    {% for source in var('event_sources') %}
    select
        source, user_id, anonymous_id, email, email_as_written, first_name, last_name, job_title, country, company_id, hubspot_id,
        created_at, described_at, load_id, line_number, call_number
    from {{ ref('stg_' ~ source ~ '__users') }}
    where coalesce(described_at, {{ as_of() }}) <= {{ as_of() }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)
select
    coalesce(aliases.user_id, described.user_id, anonymous.user_id) as user_id,
    described.email,
    case when described.email is null then nullif({{ trimmed('described.email_as_written') }}, '') end as malformed_email,
    described.first_name,
    described.last_name,
    described.job_title,
    described.country,
    described.company_id,
    described.hubspot_id,
    described.created_at,
    case when described.source = 'product' then 1 else 0 end as precedence,
    coalesce(described.described_at, cast('0001-01-01' as timestamp)) as described_at,
    described.load_id,
    described.line_number,
    described.call_number
from described
left join {{ ref('int_user_aliases') }} as aliases on aliases.alias_user_id = described.user_id
left join {{ ref('int_anonymous_users') }} as anonymous
    on described.user_id is null
    and {{ was_theirs('anonymous', 'described.anonymous_id', 'described.described_at') }}
where coalesce(aliases.user_id, described.user_id, anonymous.user_id) is not null
