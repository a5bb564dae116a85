select user_id as record_key, hubspot_id, reason from {{ ref('int_contacts_suppressed') }}
