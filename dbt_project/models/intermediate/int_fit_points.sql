with profiles as (
    select * from {{ ref('int_people_profiled') }}
),
facts as (
    select user_id, 'job_title' as attribute, job_title as value, job_title as found, job_title_found_in as found_in
    from profiles where job_title is not null
    union all
    select user_id, 'industry', industry, industry, industry_found_in
    from profiles where industry is not null
    union all
    select user_id, 'employee_count', {{ text('employee_count') }}, {{ text('employee_count') }}, employee_count_found_in
    from profiles where employee_count is not null
    union all
    select user_id, 'country', country_code, country, country_found_in
    from profiles where country_code is not null
    union all
    select user_id, 'region', regions, country, country_found_in
    from profiles where regions is not null
),
-- Many people share a title: rules are compared with each value once.
known_values as (
    select attribute, value, {{ words('value') }} as value_words, {{ number_or_null('value') }} as value_number
    from (select distinct attribute, value from facts) as distinct_values
),
rules as (
    select
        rules.*,
        {{ words("coalesce(countries.country_code, rules.value)") }} as wanted,
        {{ phrases('rules.except_words') }} as except_phrases
    from {{ ref('fit_rules') }} as rules
    left join {{ ref('stg_reference__countries') }} as countries
        on rules.attribute = 'country' and countries.spelling = {{ words('rules.value') }}
),
matched as (
    -- One attribute at a time: an engine that joins by attribute looks at the words pair by pair.
    {% for attribute in ['job_title', 'industry'] %}
    select known_values.attribute, known_values.value, rules.rule_id, rules.label, rules.points, rules.value as rule_value
    from (select * from known_values where attribute = '{{ attribute }}') as known_values
    inner join (select * from rules where attribute = '{{ attribute }}' and match = 'whole_words') as rules
        on {{ stands_in_title('rules.wanted', 'known_values.value_words', 'rules.except_phrases') }}
    union all
    {% endfor %}
    select known_values.attribute, known_values.value, rules.rule_id, rules.label, rules.points, rules.value
    from known_values
    inner join rules
        on rules.match = 'equals'
        and rules.attribute = known_values.attribute
        and rules.wanted = known_values.value_words
    where known_values.attribute <> 'region'
    union all
    -- A country may be in several regions.
    select known_values.attribute, known_values.value, rules.rule_id, rules.label, rules.points, rules.value
    from known_values
    inner join rules
        on rules.match = 'equals'
        and rules.attribute = known_values.attribute
        and {{ is_among('rules.value', 'known_values.value') }}
    where known_values.attribute = 'region'
    union all
    select known_values.attribute, known_values.value, rules.rule_id, rules.label, rules.points, rules.value
    from known_values
    inner join rules
        on rules.match = 'between'
        and rules.attribute = known_values.attribute
        and known_values.value_number between rules.min_value and rules.max_value
),
numbered as (
    select
        matched.*,
        row_number() over (partition by attribute, value order by points desc, rule_id, rule_value) as choice
    from matched
)
select
    facts.user_id,
    facts.attribute,
    best.rule_id,
    best.label,
    facts.found,
    facts.found_in,
    cast(best.points as {{ type_points() }}) as points
from facts
inner join numbered as best on best.attribute = facts.attribute and best.value = facts.value and best.choice = 1
