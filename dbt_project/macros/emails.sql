{# The address as the key people share, lower-cased and trimmed; null where it is no address. #}
{% macro normalised_email(email) -%}
    case
        when {{ matches("lower(trim(" ~ email ~ "))", "'^[^@\\s\"(),:;<>\\[\\]]+@([\\p{L}\\p{N}_-]+\\.)+[\\p{L}\\p{N}-]{2,}$'") }}
        then lower(trim({{ email }}))
    end
{%- endmacro %}

{% macro email_domain(email) -%} {{ dbt.split_part(email, "'@'", 2) }} {%- endmacro %}
