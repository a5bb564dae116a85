{# Rule files whose rows are conditions on one person. #}

{#
  One row per person and condition, with what was found and whether it holds; what is not known does not hold.

  `people` is a CTE with user_id and the columns that `texts` and `numbers` name, by property. A text may be several,
  written a|b: `=` holds when the value is among them. Where ids of conditions are only unique in a part of the definition,
  `condition_id` says what makes them one.
#}
{% macro conditions_answered(people, definition, texts, numbers, condition_id='conditions.condition_id') -%}
    select
        user_id,
        condition_id,
        property,
        operator,
        value,
        coalesce(found_text, {{ text('found_number') }}) as found,
        coalesce(
            {{ compared('operator', 'found_number', 'value_number') }},
            case operator when '=' then is_same_text when '!=' then not is_same_text end,
            false
        ) as is_met
    from (
        select
            found.*,
            case property
                -- Written as HubSpot's value or as its label.
                when 'industry' then {{ words('found_text') }} = {{ words('value') }}
                when 'country' then found_text = coalesce(named_country, upper(value))
                else {{ is_among('lower(value)', 'lower(found_text)') }}
            end as is_same_text
        from (
            select
                {{ people }}.user_id,
                {{ condition_id }} as condition_id,
                conditions.property,
                conditions.operator,
                conditions.value,
                case conditions.property
                    {%- for property, column in texts.items() %}
                    when '{{ property }}' then {{ people }}.{{ column }}
                    {%- endfor %}
                end as found_text,
                case conditions.property
                    {%- for property, column in numbers.items() %}
                    when '{{ property }}' then {{ people }}.{{ column }}
                    {%- endfor %}
                end as found_number,
                {{ number_or_null('conditions.value') }} as value_number,
                countries.country_code as named_country
            from {{ people }}
            cross join {{ ref(definition) }} as conditions
            left join {{ ref('stg_reference__countries') }} as countries
                on conditions.property = 'country' and countries.spelling = {{ words('conditions.value') }}
        ) as found
    ) as compared
{%- endmacro %}

{% macro true_or_false(condition) -%} case when {{ condition }} then 'true' when not {{ condition }} then 'false' end {%- endmacro %}

{# What int_contacts_asked answers, by property: texts, with `more` of them, and numbers. #}
{% macro contact_texts(more) -%}
    {%- set texts = {'engagement_rule': 'engagement_rules', 'live_signal': 'live_signals', 'country': 'country_code'} -%}
    {%- for name in [
        'activation_status', 'sales_priority', 'band', 'is_icp_match', 'is_habitual', 'is_dormant', 'is_personal_email_domain',
        'lifecycle_stage', 'industry'
    ] -%} {%- do texts.update({name: name}) -%} {%- endfor -%}
    {%- do texts.update(more) -%}
    {{ return(texts) }}
{%- endmacro %}

{% macro contact_numbers() -%}
    {%- set numbers = {} -%}
    {%- for name in [
        'pql_score', 'fit_score', 'combined_score', 'fit_completeness_pct', 'dormant_for_days', 'days_since_active',
        'key_action_7d_count', 'key_feature_count_30d', 'active_teammates_30d', 'teammates_invited_count',
        'company_active_users_30d', 'employee_count'
    ] -%} {%- do numbers.update({name: name}) -%} {%- endfor -%}
    {{ return(numbers) }}
{%- endmacro %}

{# The same of a CTE with the columns of int_people_asked. #}
{% macro people_answered(people, definition) -%}
    {{ conditions_answered(
        people, definition,
        texts={
            'zo_activation_status': 'activation_status',
            'is_personal_email_domain': 'is_personal_email_domain',
            'is_icp_match': 'is_icp_match',
            'band': 'band',
            'sales_priority': 'sales_priority',
            'country': 'country_code',
            'region': 'regions',
            'industry': 'industry',
        },
        numbers={
            'zo_pql_score': 'pql_score',
            'zo_fit_score': 'fit_score',
            'zo_combined_score': 'combined_score',
            'zo_company_active_users': 'company_active_users_30d',
            'employee_count': 'employee_count',
        }
    ) }}
{%- endmacro %}
