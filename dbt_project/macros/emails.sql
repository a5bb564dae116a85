{# The address as the key people share: trimmed, lower-cased, composed (NFC); null where it is no address. #}
{% macro normalised_email(email) -%}
    {{ where_it_matches(
        composed("lower(" ~ trimmed(email) ~ ")"),
        "'^[^@\\s\"(),:;<>\\[\\]]+@([\\p{L}\\p{M}\\p{N}_-]+\\.)+[\\p{L}\\p{M}\\p{N}-]{2,}$'"
    ) }}
{%- endmacro %}

{% macro email_domain(email) -%} {{ dbt.split_part(email, "'@'", 2) }} {%- endmacro %}

{# A normalised address with its domain as DNS writes it, so that `bücher.example` and `xn--bcher-kva.example` are one.
   `ascii_domain` is the column of stg_reference__email_domains, null where the domain is not known there. #}
{% macro email_in_ascii(email, ascii_domain) -%}
    {{ dbt.concat([dbt.split_part(email, "'@'", 1), "'@'", "coalesce(" ~ ascii_domain ~ ", " ~ email_domain(email) ~ ")"]) }}
{%- endmacro %}
