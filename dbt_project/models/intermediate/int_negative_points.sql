with rules as (
    select * from {{ ref('negative_rules') }}
),
titles as (
    select user_id, job_title, {{ words('job_title') }} as title_words
    from {{ ref('int_people') }}
    where job_title is not null
),
-- "Director of Student Affairs" is senior and no student.
seniors as (
    select distinct titles.user_id
    from titles
    inner join {{ ref('fit_rules') }} as senior
        on senior.attribute = 'job_title'
        and senior.match = 'whole_words'
        and {{ dbt.position(words('senior.value'), 'titles.title_words') }} > 0
),
competitors as (
    select users.user_id, rules.rule_id, rules.label, rules.points, users.email_domain as found
    from {{ ref('int_people') }} as users
    inner join rules on rules.condition = 'competitor_domain'
    where users.is_competitor
),
titled as (
    select titles.user_id, rules.rule_id, rules.label, rules.points, titles.job_title as found
    from titles
    inner join rules
        on rules.condition = 'title_word'
        and {{ dbt.position(words('rules.value'), 'titles.title_words') }} > 0
    left join seniors on seniors.user_id = titles.user_id
    where seniors.user_id is null
),
last_seen as (
    select users.user_id, coalesce(activity.last_active_at, users.created_at) as last_seen_at
    from {{ ref('int_people') }} as users
    left join {{ ref('int_contact_activity') }} as activity on activity.user_id = users.user_id
),
inactive as (
    select
        last_seen.user_id, rules.rule_id, rules.label, rules.points,
        cast(cast(last_seen.last_seen_at as date) as {{ dbt.type_string() }}) as found
    from last_seen
    inner join rules on rules.condition = 'inactive_days'
    where last_seen.last_seen_at is null
        or last_seen.last_seen_at < {{ hours_before_as_of('cast(case when rules.condition = \'inactive_days\' then rules.value end as bigint) * 24') }}
)
select * from competitors
union all
select * from titled
union all
select * from inactive
