-- Texts are few and people many: each spelling is looked up once.
with texts as (
    select country from {{ ref('int_users') }}
    union distinct
    select country from {{ ref('int_company_descriptions') }}
    union distinct
    select country from {{ ref('stg_hubspot__contacts') }}
    union distinct
    select enriched_country from {{ ref('stg_hubspot__contacts') }}
    union distinct
    select country from {{ ref('stg_hubspot__companies') }}
    union distinct
    select enriched_country from {{ ref('stg_hubspot__companies') }}
)
select texts.country, spellings.country_code
from texts
left join {{ ref('stg_reference__countries') }} as spellings
    on spellings.spelling = {{ words(composed('texts.country')) }}
where texts.country is not null
