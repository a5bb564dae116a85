{# Which HubSpot record is whose, told in three ways. `in_hubspot` must be in scope: what the copy holds, with hubspot_id and
   our key where a record carries it. #}

{# Records that a sync has met before, as far as HubSpot still holds them. #}
{% macro hubspot_records_met(key, object_type) %}
    select identities.record_key as {{ key }}, identities.hubspot_id
    from {{ ref('stg_pipeline__identities') }} as identities
    inner join in_hubspot on in_hubspot.hubspot_id = identities.hubspot_id
    where identities.object_type = '{{ object_type }}'
{%- endmacro %}

{# Records that our own data names by their HubSpot id, as far as HubSpot holds them; a merged one is the one it went into.

   `whose` is a relation with the key and `stated_hubspot_id`. #}
{% macro hubspot_records_stated(whose, key, object_type) %}
    select {{ whose }}.{{ key }}, in_hubspot.hubspot_id
    from {{ whose }}
    left join {{ ref('stg_hubspot__merges') }} as merges
        on merges.object_type = '{{ object_type }}' and merges.merged_id = {{ whose }}.stated_hubspot_id
    inner join in_hubspot
        on in_hubspot.hubspot_id = coalesce(merges.into_id, {{ whose }}.stated_hubspot_id)
{%- endmacro %}

{# Records that carry our key, and how many carry the same one. #}
{% macro hubspot_records_keyed(key) %}
    select {{ key }}, min(hubspot_id) as hubspot_id, count(*) as candidate_count
    from in_hubspot
    where {{ key }} is not null
    group by {{ key }}
{%- endmacro %}
