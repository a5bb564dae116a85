"""Which section of the dashboard tells of which asset."""

import dagster as dg

from dagster_project.settings import SettingsInvalid, read_settings

# The anchors of data/reports/dashboard.html, and the assets that each tells of.
SECTIONS = {
    "overview": ("report/metrics", "report/run_account", "report/dashboard", "decide/published_marts"),
    "funnel": ("report/funnel", "report/contact_journeys"),
    "time-to-value": ("intermediate/int_users_activated",),
    "scores": (
        "score/contact_scores",
        "score/contact_score_reasons",
        "score/company_scores",
        "score/score_changes",
        "score/contact_signals",
    ),
    "calibration": ("report/audit_of_rules",),
    "handoffs": (
        "decide/sales_qualifications",
        "decide/handoffs",
        "decide/sales_queue",
        "decide/returns",
        "report/handoff_responses",
        "sync/crm_contacts_assigned",
        "sync/crm_contacts_returned",
    ),
    "revenue": ("report/deals", "report/open_deal_stages"),
    "segments": ("report/segment_changes", "decide/segment_members", "sync/crm_lists_synced"),
    "behaviour": ("report/behaviours_before_conversion",),
    "triggers": ("report/trigger_outcomes", "decide/trigger_episodes", "decide/actions", "act/actions_delivered"),
    "sync": (
        "diff/crm_contacts_changed",
        "diff/crm_companies_changed",
        "sync/crm_contacts_synced",
        "sync/crm_companies_synced",
        "sync/crm_associations_synced",
        "sync/crm_events_sent",
    ),
    "attention": (
        "act/actions_given_up",
        "report/unmapped_events",
        "report/unknown_countries",
        "report/identity_conflicts",
    ),
    "definitions": ("report/metric_definitions",),
}
SECTION_OF = {asset: section for section, assets in SECTIONS.items() for asset in assets}


def with_dashboard_link(spec: dg.AssetSpec) -> dg.AssetSpec:
    """Where the dashboard tells of this asset, for the address bar: a page of Dagster may not open a file."""
    section = SECTION_OF.get(spec.key.to_user_string())
    page = _page() if section else None
    if page is None:
        return spec
    return spec.replace_attributes(metadata={"dashboard": dg.MetadataValue.path(f"{page}#{section}"), **spec.metadata})


def _page() -> str | None:
    """The dashboard as a URL; None where the settings are invalid, which whatever runs says better."""
    try:
        return (read_settings().data_dir / "reports" / "dashboard.html").as_uri()
    except SettingsInvalid:
        return None
