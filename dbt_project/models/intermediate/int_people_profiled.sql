-- A person without a country of their own, or with one that nobody can read, is where their company is.
with regions as (
    select country_code, {{ sorted_texts('region', '|') }} as regions
    from {{ ref('regions') }}
    group by country_code
),
located as (
    select
        people.user_id,
        people.job_title,
        people.job_title_found_in,
        companies.industry,
        companies.industry_found_in,
        companies.employee_count,
        companies.employee_count_found_in,
        coalesce(people.country_code, companies.country_code) as country_code,
        case when people.country_code is not null or companies.country_code is null then people.country end as own_country,
        case when people.country_code is not null or companies.country_code is null then people.country_found_in end as own_found_in,
        companies.country as company_country,
        companies.country_found_in as company_found_in
    from {{ ref('int_people') }} as people
    left join {{ ref('int_companies') }} as companies on companies.company_id = people.company_id
)
select
    located.user_id,
    located.job_title,
    located.job_title_found_in,
    located.industry,
    located.industry_found_in,
    located.employee_count,
    located.employee_count_found_in,
    coalesce(located.own_country, located.company_country) as country,
    located.country_code,
    case when located.own_country is not null then located.own_found_in else located.company_found_in end as country_found_in,
    regions.regions
from located
left join regions on regions.country_code = located.country_code
