"""What the assets that dbt does not make are good for, and what to do when they look wrong; dbt's say so in yml."""

import dagster as dg

# By asset, or by the first word of its key: what it is good for, and what to do when it looks wrong.
WORDS = {
    "raw": (
        "Seeing what came in: how many rows there are, how many are new, and which files were refused.",
        "Rows that are missing: look at the table files for what was refused and why, mend the file, and run the "
        "job replay_quarantine.",
    ),
    "raw/hubspot": (
        "Seeing what the pipeline knows of HubSpot, and when it last looked.",
        "The state says whether HubSpot was asked, was out of reach, or does not let us read something; then look "
        "at the scopes of the token.",
    ),
    "raw/pipeline_memory": (
        "What deciding remembers: handoffs, returns, messages, and who opted out.",
        "It is read anew from the state in every run; what was sent is never forgotten with the warehouse.",
    ),
    "raw/email_domains": (
        "Telling companies from free mail, so that nobody's private address makes a company.",
        "A domain that is wrongly free mail, or wrongly a company: correct it in excluded_domains.csv.",
    ),
    "raw/country_spellings": (
        "Reading countries in whatever language they are written.",
        "A spelling that nobody can read stands in report/unknown_countries.",
    ),
    "decide/published_marts": (
        "One build as files that never change: every later step, every report and every person reads the same numbers.",
        "Old numbers: look at as_of, and at the last run of the job score. A build that failed leaves the one "
        "before it in place. Files of earlier builds lie beside it, in data/published.",
    ),
    "decide/concerned_marts": (
        "Seeing whom the last new files concerned; they are written to HubSpot and told of at once.",
        "Nobody is in it: the files concerned too many, which it says, or nobody who was not looked at before. The "
        "next build of everybody comes to the same.",
    ),
    "diff": (
        "Seeing what the next sync will write, before it does; `make plan` prints the same.",
        "More than is likely is held until a person approves the id of the plan in the launchpad. Otherwise find "
        "the rule that changed, or the value that somebody changed in HubSpot.",
    ),
    "sync/crm_properties": (
        "Knowing that HubSpot has a place for everything that is written.",
        "A problem names the property: somebody made one of that name with another type, or the token may not make "
        "any.",
    ),
    "sync/crm_companies_synced": (
        "What the last sync changed on companies, and what HubSpot refused.",
        "Refused values stand below with HubSpot's reason and are tried again by themselves. `make undo` takes a "
        "sync back.",
    ),
    "sync/crm_contacts_synced": (
        "What the last sync changed on contacts, who was handed to sales, and what HubSpot refused.",
        "Refused values stand below with HubSpot's reason and are tried again by themselves. `make undo` takes a "
        "sync back.",
    ),
    "sync/crm_contacts_returned": (
        "Who went back to marketing and why, and how many contacts sales has not touched.",
        "Held: look at the list, and approve it by its id in the launchpad, or correct return_rules.csv.",
    ),
    "sync/crm_contacts_assigned": (
        "Whether everybody gets their share: who had which turn, and why somebody got a contact.",
        "Somebody is left out: they are away or not in the pool (sales_team.csv), or no active owner in HubSpot.",
    ),
    "sync/crm_associations_synced": (
        "Contacts stand under their company in HubSpot.",
        "The reasons of what was left out say which record HubSpot does not have.",
    ),
    "sync/crm_events_sent": (
        "Sales sees on the timeline of a contact what happened in the product.",
        "Nothing sent: HubSpot asks for an Enterprise hub, or crm_events.csv switches no event on. Waiting: the "
        "month's events are used up.",
    ),
    "sync/crm_lists_synced": (
        "Marketing's lists in HubSpot, and whether one grew or shrank more than is usual.",
        "A size that surprises: look at segment_members and at segment_conditions.csv.",
    ),
    "act/actions_delivered": (
        "Which messages, tasks and enrolments left, how fast a handoff reached Slack, and what waits for what.",
        "waits_because says what is missing. What failed for good stands in actions_given_up.",
    ),
    "act/actions_given_up": (
        "What somebody must look at, because the pipeline does not try it any more.",
        "Mend what the reason names, such as a Slack account or a sequence, then run the job retry_actions.",
    ),
    "report/run_account": (
        "Reading in one minute what a run did: what came in, who was scored, handed off, written and told.",
        "A line that surprises names the step; open its asset. A step that failed stands in the run.",
    ),
    "report/dashboard": (
        "One page for a screen, a phone or paper: how the funnel does, whether scores predict, what needs attention.",
        "Old numbers: it shows the build that was published last; materialize it, or look at the job score. What a "
        "build lacks is said on the page.",
    ),
    "report/audit_of_rules": (
        "Deciding every quarter whether thresholds and rules still find those who buy.",
        "Too little is known: wait for more deals that are won, or look at those of the past with `make recompute`.",
    ),
}


def with_own_words(spec: dg.AssetSpec) -> dg.AssetSpec:
    words = WORDS.get(spec.key.to_user_string()) or WORDS.get(spec.key.path[0])
    if words is None or "dbt" in spec.kinds:
        return spec
    good_for, when_wrong = words
    said = [spec.description or "", f"**Good for**: {good_for}", f"**When it looks wrong**: {when_wrong}"]
    return spec.replace_attributes(description="\n\n".join(said))
