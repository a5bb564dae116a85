select
    history.user_id,
    history.contact_email,
    history.changed_at,
    history.band_from is null as is_first,
    history.pql_score_from,
    history.pql_score as pql_score_to,
    history.fit_score_from,
    history.fit_score as fit_score_to,
    history.combined_score_from,
    history.combined_score as combined_score_to,
    history.band_from,
    history.band as band_to,
    -- By the order that the bands have today; of one that is not in the rules any more, by the scores.
    case
        when history.band = history.band_from then null
        when bands_from.min_score < bands_to.min_score then 'up'
        when bands_from.min_score > bands_to.min_score then 'down'
        when history.combined_score_from < history.combined_score then 'up'
        when history.combined_score_from > history.combined_score then 'down'
    end as band_crossed,
    history.reasons_moved,
    history.reasons
from {{ ref('int_score_history') }} as history
left join {{ ref('score_bands') }} as bands_from on bands_from.band = history.band_from
left join {{ ref('score_bands') }} as bands_to on bands_to.band = history.band
