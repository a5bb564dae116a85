with rules as (
    select negative_rules.*, {{ words('value') }} as value_words, {{ phrases('except_words') }} as except_phrases
    from {{ ref('negative_rules') }} as negative_rules
    where is_enabled
),
people as (
    select * from {{ ref('int_people') }}
),
titles as (
    select job_title, {{ words('job_title') }} as title_words
    from (select distinct job_title from people where job_title is not null) as distinct_titles
),
senior_words as (
    select {{ words('value') }} as value_words, {{ phrases('except_words') }} as except_phrases
    from {{ ref('fit_rules') }}
    where attribute = 'job_title' and match = 'whole_words'
),
-- "Director of Student Affairs" is senior and no student.
seniors as (
    select distinct titles.job_title
    from titles
    inner join senior_words as senior
        on {{ stands_in_title('senior.value_words', 'titles.title_words', 'senior.except_phrases') }}
),
titles_meant as (
    select titles.job_title, rules.rule_id, rules.label, rules.points
    from titles
    inner join rules
        on rules.condition = 'title_word'
        and {{ stands_in_title('rules.value_words', 'titles.title_words', 'rules.except_phrases') }}
    left join seniors on seniors.job_title = titles.job_title
    where seniors.job_title is null
),
titled as (
    select people.user_id, titles_meant.rule_id, titles_meant.label, people.job_title as found, titles_meant.points
    from people
    inner join titles_meant on titles_meant.job_title = people.job_title
),
at_competitors as (
    select people.user_id, rules.rule_id, rules.label, people.email_domain as found, rules.points
    from people
    inner join rules on rules.condition = 'competitor_domain'
    where people.is_competitor
),
at_home as (
    select people.user_id, rules.rule_id, rules.label, people.email_domain as found, rules.points
    from people
    inner join rules on rules.condition = 'personal_domain'
    where people.is_personal_email_domain
),
in_small_companies as (
    select profiles.user_id, rules.rule_id, rules.label, {{ text('profiles.employee_count') }} as found, rules.points
    from {{ ref('int_people_profiled') }} as profiles
    inner join rules on rules.condition = 'small_company'
    where profiles.employee_count < {{ negative_value('small_company') }}
),
moments as (
    select
        people.user_id,
        coalesce(activity.last_active_at, people.created_at) as last_seen_at,
        coalesce(activity.last_login_at, people.created_at) as last_login_at,
        people.last_email_open_at
    from people
    left join {{ ref('int_contact_activity') }} as activity on activity.user_id = people.user_id
),
absent as (
    {% for condition, moment in {'inactive_days': 'last_seen_at', 'no_login_days': 'last_login_at', 'no_email_open_days': 'last_email_open_at'}.items() %}
    select
        moments.user_id, rules.rule_id, rules.label,
        {{ text('cast(moments.' ~ moment ~ ' as date)') }} as found,
        rules.points
    from moments
    inner join rules on rules.condition = '{{ condition }}'
    where moments.{{ moment }} < {{ hours_before_as_of(negative_value(condition) ~ ' * 24') }}
        -- Nobody knows when they came, and nobody ever saw them.
        {% if condition == 'inactive_days' %}or moments.last_seen_at is null{% endif %}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)
select * from at_competitors
union all
select * from titled
union all
select * from absent
union all
select * from at_home
union all
select * from in_small_companies
