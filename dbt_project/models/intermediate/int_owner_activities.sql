{{ config(materialized='view') }}
-- What an owner did about a contact: a call that took place, an e-mail that left, a meeting that was held, a task that was
-- done, a note. What HubSpot gives no outcome of was done; a task is done when it was completed, since its own time is when
-- it was due.
with done as (
    select
        engagement_type || 's' as from_type,
        engagement_type,
        hubspot_id,
        owner_id,
        case when engagement_type = 'task' then coalesce(completed_at, last_modified_at, occurred_at) else occurred_at end as done_at
    from {{ ref('stg_hubspot__engagements') }}
    where owner_id is not null
        and case engagement_type
            when 'note' then true
            when 'task' then status = 'completed'
            when 'email' then coalesce(status, 'sent') = 'sent'
            else coalesce(status, 'completed') = 'completed'
        end
)
select distinct
    associations.to_id as hubspot_id,
    done.owner_id,
    done.engagement_type,
    done.hubspot_id as engagement_id,
    done.done_at
from done
inner join {{ ref('stg_hubspot__associations') }} as associations
    on associations.from_type = done.from_type
    and associations.from_id = done.hubspot_id
    and associations.to_type = 'contacts'
where done.done_at <= {{ as_of() }}
