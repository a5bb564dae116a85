{% set most = 10 %}
with numbered as (
    select
        contested.*,
        row_number() over (partition by conflict_type, subject order by candidate) as place
    from {{ ref('int_identities_contested') }} as contested
),
conflicts as (
    select
        conflict_type,
        subject,
        count(*) as candidate_count,
        {{ dbt.listagg('case when place <= ' ~ most ~ ' then candidate end', "', '", 'order by place') }}
            as first_candidates,
        -- Candidates for which different things are used have no common choice.
        case when count(choice) = count(*) and count(distinct choice) = 1 then min(choice) end as chosen,
        max(case when candidate = choice then 1 else 0 end) = 1 as is_chosen_among_them
    from numbered
    group by conflict_type, subject
)
select
    conflict_type,
    subject,
    case
        when candidate_count <= {{ most }} then first_candidates
        else {{ dbt.concat(["first_candidates", "' and '", text('candidate_count - ' ~ most), "' more'"]) }}
    end as found,
    chosen,
    case conflict_type
        when 'email_of_several_users' then case
            when chosen is null then 'HubSpot has a contact for each of several of them since earlier syncs'
            when is_chosen_among_them
                then 'They are one contact, for which the user with the highest score speaks, of equals the first by id'
            else 'They are one contact with a further user, who has the highest score and speaks for it'
        end
        when 'user_in_several_companies' then case
            when is_chosen_among_them
                then 'The latest statement counts: of the own backend before a tracker, of a description before an event'
            when chosen is null then 'The latest statement names a free mail domain, which is no company'
            else 'The latest statement names a free mail domain, so the domain of the e-mail address counts'
        end
        when 'email_malformed' then case
            when chosen is not null then 'This is no e-mail address; the user has another one'
            when candidate_count = 1 then 'This is no e-mail address, and no source states another one of the user'
            else 'This is no e-mail address; each user has another one where a source states it'
        end
        when 'domain_malformed' then case
            when chosen is not null then 'This is no domain that a company can register; the company has another one'
            when candidate_count = 1
                then 'This is no domain that a company can register, and no source states another one'
            else 'This is no domain that a company can register; each company has another one where a source states it'
        end
        when 'anonymous_id_of_several_users'
            then 'They had it in turn: each up to their last call, then the next one; now it is the {{ dbt.escape_single_quotes("chosen one's") }}'
    end as why
from conflicts
