-- How senior a job title is by its words. "President" does not count where "Vice President" does: a longer row of
-- title_seniority that contains a shorter one hides it.
with titles as (
    select distinct job_title from {{ ref('int_people') }} where job_title is not null
),
seniority as (
    select words, rank, {{ words('words') }} as plain_words from {{ ref('title_seniority') }}
),
found as (
    select titles.job_title, seniority.rank, seniority.plain_words
    from titles
    inner join seniority on {{ dbt.position('seniority.plain_words', words('titles.job_title')) }} > 0
)
select found.job_title, min(found.rank) as seniority_rank
from found
left join found as longer
    on longer.job_title = found.job_title
    and longer.plain_words <> found.plain_words
    and {{ dbt.position('found.plain_words', 'longer.plain_words') }} > 0
where longer.job_title is null
group by found.job_title
