-- What the sources say of whose an id is, up to the clock of the run: of an anonymous one, or of another user id.
{% for source in var('event_sources') %}
select source, anonymous_id, other_user_id, user_id, linked_at
from {{ ref('stg_' ~ source ~ '__identity_links') }}
where user_id is not null
    and coalesce(anonymous_id, other_user_id) is not null
    and coalesce(linked_at, {{ as_of() }}) <= {{ as_of() }}
{% if not loop.last %}union all{% endif %}
{% endfor %}
