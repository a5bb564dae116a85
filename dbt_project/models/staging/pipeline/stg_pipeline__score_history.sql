-- What a build before this warehouse knew; empty once int_score_history holds it.
select
    user_id,
    changed_at,
    contact_email,
    pql_score_to as pql_score,
    fit_score_to as fit_score,
    combined_score_to as combined_score,
    band_to as band,
    reasons,
    pql_score_from,
    fit_score_from,
    combined_score_from,
    band_from,
    reasons_moved
from {{ source('raw', 'pipeline_score_history') }}
