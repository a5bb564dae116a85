{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='sync_all_columns',
    pre_hook="{{ forget_what_was_made_otherwise(event_models()) }}",
) }}
{{ texts_of_keys('name_key', name_columns()) }}
