{# Records that our own data names by their HubSpot id, as far as HubSpot holds them; a merged one is the one it went into.

   `whose` is a relation with the key and `stated_hubspot_id`; `in_hubspot` must be in scope. #}
{% macro hubspot_records_stated(whose, key, object_type) %}
    select {{ whose }}.{{ key }}, in_hubspot.hubspot_id
    from {{ whose }}
    left join {{ ref('stg_hubspot__merges') }} as merges
        on merges.object_type = '{{ object_type }}' and merges.merged_id = {{ whose }}.stated_hubspot_id
    inner join in_hubspot
        on in_hubspot.hubspot_id = coalesce(merges.into_id, {{ whose }}.stated_hubspot_id)
{%- endmacro %}
