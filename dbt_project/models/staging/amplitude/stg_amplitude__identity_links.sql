-- Every event says whose its device is, and int_identity_links hears it there; Amplitude exports nothing beside them.
select
    'amplitude' as source,
    cast(null as {{ dbt.type_string() }}) as anonymous_id,
    cast(null as {{ dbt.type_string() }}) as other_user_id,
    cast(null as {{ dbt.type_string() }}) as previous_id,
    cast(null as {{ dbt.type_string() }}) as user_id,
    cast(null as timestamp) as linked_at
where 1 = 0
