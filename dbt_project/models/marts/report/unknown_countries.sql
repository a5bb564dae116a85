-- Only where the spelling is what is believed: one that a better source sets right does no harm.
with people as (
    select country, count(*) as user_count
    from {{ ref('int_people') }}
    where country is not null and country_code is null
    group by country
),
companies as (
    select country, count(*) as company_count
    from {{ ref('int_companies') }}
    where country is not null and country_code is null
    group by country
)
select
    coalesce(people.country, companies.country) as country,
    coalesce(people.user_count, 0) as user_count,
    coalesce(companies.company_count, 0) as company_count
from people
full outer join companies on companies.country = people.country
