with facts as (
    select
        scores.user_id,
        scores.activation_status,
        scores.pql_score,
        scores.fit_score,
        scores.combined_score,
        scores.company_active_users_30d,
        scores.is_personal_email_domain,
        scores.band,
        scores.country,
        companies.employee_count,
        companies.industry
    from {{ ref('contact_scores') }} as scores
    left join {{ ref('company_scores') }} as companies on companies.company_id = scores.company_id
),
judged as (
    select
        facts.user_id,
        conditions.condition_id,
        conditions.property,
        conditions.operator,
        conditions.value,
        case conditions.property
            when 'zo_activation_status' then facts.activation_status
            when 'is_personal_email_domain' then
                case when facts.is_personal_email_domain then 'true' when not facts.is_personal_email_domain then 'false' end
            when 'band' then facts.band
            when 'country' then facts.country
            when 'industry' then facts.industry
        end as found_text,
        case conditions.property
            when 'zo_pql_score' then facts.pql_score
            when 'zo_fit_score' then facts.fit_score
            when 'zo_combined_score' then facts.combined_score
            when 'zo_company_active_users' then facts.company_active_users_30d
            when 'employee_count' then facts.employee_count
        end as found_number,
        {{ number_or_null('conditions.value') }} as value_number
    from facts
    cross join {{ ref('sql_definition') }} as conditions
),
answered as (
    select
        user_id,
        condition_id,
        property,
        operator,
        value,
        coalesce(found_text, cast(found_number as {{ dbt.type_string() }})) as found,
        -- What is not known does not hold.
        coalesce(
            case operator
                when '=' then case when found_number is not null then found_number = value_number else lower(found_text) = lower(value) end
                when '!=' then case when found_number is not null then found_number <> value_number else lower(found_text) <> lower(value) end
                when '>=' then found_number >= value_number
                when '<=' then found_number <= value_number
                when '>' then found_number > value_number
                when '<' then found_number < value_number
            end,
            false
        ) as is_met
    from judged
)
select
    user_id,
    condition_id,
    property,
    operator,
    value,
    found,
    is_met,
    min(case when is_met then 1 else 0 end) over (partition by user_id) = 1 as is_sales_qualified
from answered
