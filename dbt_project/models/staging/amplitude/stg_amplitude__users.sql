-- Amplitude has no profiles of its own in an export: every event carries what was known of the user.
select
    'amplitude' as source,
    user_id,
    {{ dbt.concat(["'amplitude:'", "device_id"]) }} as anonymous_id,
    {{ normalised_email(first_text('user_properties', ['email', 'Email'])) }} as email,
    {{ first_text('user_properties', ['email', 'Email']) }} as email_as_written,
    {{ first_text('user_properties', ['first_name', 'firstName']) }} as first_name,
    {{ first_text('user_properties', ['last_name', 'lastName']) }} as last_name,
    {{ first_text('user_properties', ['job_title', 'jobTitle', 'title']) }} as job_title,
    {{ first_text('user_properties', ['country']) }} as country,
    {{ first_text('groups', [var('amplitude_group_type') ~ '[0]', var('amplitude_group_type')]) }} as company_id,
    {{ first_text('user_properties', ['hubspot_id', 'hubspotId']) }} as hubspot_id,
    {{ instant_or_null(first_text('user_properties', ['created_at'])) }} as created_at,
    occurred_at as described_at,
    load_id,
    line_number,
    1 as call_number
from {{ landed('amplitude_events') }}
where coalesce(user_properties, '{}') <> '{}' or coalesce(groups, '{}') <> '{}'
