with people as (
    select
        users.user_id,
        users.job_title,
        companies.industry,
        coalesce(users.country, companies.country) as country,
        companies.employee_count
    from {{ ref('int_people') }} as users
    left join {{ ref('int_companies') }} as companies on companies.company_id = users.company_id
),
facts as (
    select user_id, 'job_title' as attribute, job_title as found, {{ words('job_title') }} as found_words, cast(null as bigint) as found_number
    from people where job_title is not null
    union all
    select user_id, 'industry', industry, {{ words('industry') }}, cast(null as bigint)
    from people where industry is not null
    union all
    select user_id, 'country', country, {{ words('country') }}, cast(null as bigint)
    from people where country is not null
    union all
    select user_id, 'employee_count', cast(employee_count as {{ dbt.type_string() }}), null, employee_count
    from people where employee_count is not null
),
matched as (
    select
        facts.user_id,
        facts.attribute,
        facts.found,
        rules.rule_id,
        rules.label,
        rules.points,
        row_number() over (
            partition by facts.user_id, facts.attribute order by rules.points desc, rules.rule_id, rules.value
        ) as choice
    from facts
    inner join {{ ref('fit_rules') }} as rules
        on rules.attribute = facts.attribute
        and (
            (rules.match = 'whole_words' and {{ dbt.position(words('rules.value'), 'facts.found_words') }} > 0)
            or (rules.match = 'equals' and {{ words('rules.value') }} = facts.found_words)
            or (rules.match = 'between' and facts.found_number between rules.min_value and rules.max_value)
        )
)
select user_id, attribute, rule_id, label, found, cast(points as {{ type_points() }}) as points
from matched
where choice = 1
