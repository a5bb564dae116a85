with domains as (
    select * from {{ ref('stg_reference__email_domains') }}
),
exclusions as (
    select domain, kind from {{ ref('excluded_domains') }}
),
-- A row may name the whole host or the part that can be registered.
overridden as (
    select
        domains.domain,
        max(case when exclusions.kind = 'not_free_mail' then 1 else 0 end) as not_free_mail,
        max(case when exclusions.kind = 'free_mail' then 1 else 0 end) as free_mail,
        max(case when exclusions.kind = 'competitor' then 1 else 0 end) as competitor
    from domains
    inner join exclusions
        on exclusions.domain = domains.domain or exclusions.domain = domains.registrable_domain
    group by domains.domain
)
select
    domains.domain,
    domains.registrable_domain,
    domains.ascii_domain,
    case
        when overridden.not_free_mail = 1 then false
        when overridden.free_mail = 1 then true
        else domains.is_free_mail
    end as is_free_mail,
    coalesce(overridden.competitor, 0) = 1 as is_competitor
from domains
left join overridden on overridden.domain = domains.domain
