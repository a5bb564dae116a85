-- Each time a contact came to a stage of the funnel (or to band mql), up to the clock of the run. A moment that is not
-- known is null; of a band that somebody had at the first build, the build is when it is known from.
with contacts as (
    select * from {{ ref('int_contacts_reported') }}
),
bands as (
    select
        history.user_id,
        history.changed_at,
        history.changed_at = {{ history_began_at() }} as is_since_before,
        history.band,
        coalesce(history.band_from, 'none') as band_from,
        bands.min_score >= mql.min_score as is_mql,
        coalesce(bands_from.min_score >= mql.min_score, false) as was_mql
    from {{ ref('int_score_history') }} as history
    left join {{ ref('score_bands') }} as bands on bands.band = history.band
    left join {{ ref('score_bands') }} as bands_from on bands_from.band = history.band_from
    left join {{ ref('score_bands') }} as mql on mql.band = 'mql'
    where history.changed_at <= {{ as_of() }}
),
deals as (
    select ends.contact_id, deals.created_at, deals.deal_state, deals.closed_at
    from {{ ref('int_deals_seen') }} as deals
    inner join {{ ref('int_deal_contacts') }} as ends on ends.deal_id = deals.deal_id and ends.is_named
),
moments as (
    select contact_id, 'signed_up' as stage, created_at as happened_at, false as is_since_before from contacts
    union all
    select contacts.contact_id, 'activated', activated.activated_at, false
    from {{ ref('int_users_activated') }} as activated
    inner join contacts on contacts.user_id = activated.user_id
    union all
    select contacts.contact_id, 'mql', bands.changed_at, bands.is_since_before
    from bands
    inner join contacts on contacts.user_id = bands.user_id
    where bands.is_mql and not bands.was_mql
    union all
    select contacts.contact_id, 'pql', bands.changed_at, bands.is_since_before
    from bands
    inner join contacts on contacts.user_id = bands.user_id
    where bands.band = 'pql' and bands.band_from <> 'pql'
    union all
    select contacts.contact_id, 'sql', handoffs.handed_off_at, false
    from {{ ref('stg_pipeline__handoffs') }} as handoffs
    inner join contacts on contacts.user_id = handoffs.record_key
    where handoffs.acknowledged_at is not null
    union all
    select contacts.contact_id, 'sql', in_hubspot.became_sql_at, false
    from {{ ref('stg_hubspot__contacts') }} as in_hubspot
    inner join contacts on contacts.hubspot_id = in_hubspot.hubspot_id and contacts.user_id = contacts.contact_id
    where in_hubspot.became_sql_at is not null or in_hubspot.lifecycle_stage = 'salesqualifiedlead'
    union all
    select contact_id, 'opportunity', created_at, false from deals
    union all
    select contact_id, 'won', closed_at, false from deals where deal_state = 'won'
)
select distinct
    moments.contact_id,
    moments.stage,
    moments.happened_at,
    moments.is_since_before
from moments
where moments.happened_at <= {{ as_of() }}
    -- Sales qualified, deals and what was won are told by a state too: reached, and nobody knows when.
    or (moments.happened_at is null and moments.stage in ('sql', 'opportunity', 'won'))
