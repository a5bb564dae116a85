"""What the words mean that a cell of the rules may hold, where the word alone does not say it."""

from collections.abc import Mapping

from dagster_project.rules.checks.segments import ASKED
from dagster_project.rules.checks.triggers import ASKED_OF_TRIGGERS
from dagster_project.rules.english.triggers import STARTS
from dagster_project.rules.schema.crm import EVENT_SETTINGS
from dagster_project.rules.schema.handing_off import HANDOFF_SETTINGS
from dagster_project.rules.schema.reporting import REPORT_SETTINGS
from dagster_project.rules.schema.scores import SETTINGS

# By file and column: each value, and what it means.
MEANINGS: dict[tuple[str, str], dict[str, str]] = {
    ("engagement_rules", "aggregate"): {
        "count": "events",
        "distinct_days": "UTC days with an event",
        "distinct_values": "different values of `property`",
        "sum": "the sum of the numbers in `property`",
        "max": "the largest number in `property`",
        "latest": "the last number in `property`",
        "ratio_of_latest": "the last `property` divided by the last `divisor_property`",
        "company_usage_ratio": "what the company uses of its limit",
        "all_of": "how many of the rules that `requires` names are met: all must be",
    },
    ("negative_rules", "condition"): {
        "competitor_domain": "the address is of a competitor in excluded_domains.csv",
        "title_word": "the job title has the words in `value`, unless it is a senior one",
        "inactive_days": "no use for more than `value` days",
        "no_login_days": "no login for more than `value` days",
        "no_email_open_days": "no mail opened for more than `value` days",
        "personal_domain": "the address is free mail",
        "small_company": "the company has fewer employees than `value`",
    },
    ("signals", "condition"): {
        "events": "`threshold` of the `events` happened",
        "company_active_users": "the company has `threshold` active users or more",
        "habitual_use": "the person uses it out of habit (`habitual_days` of score_settings.csv)",
        "activated": "all milestones of activation are reached",
        "signup_with_icp_match": "the person signed up and matches the ideal customer profile",
    },
    ("account_signals", "condition"): {
        "active_users": "the company has `threshold` active users or more",
        "events": "`threshold` of the `events` happened, by anybody of the company",
        "usage_ratio": "the company uses so much of its limit; 0.8 is 80 %",
    },
    ("triggers", "starts_with"): {name: words.format(days="`at_least_days` days") for name, words in STARTS.items()}
    | {
        "signal": "a signal of signals.csv is shown, and has held for `at_least_days` days where that is set",
        "engagement_rule": "a rule of engagement_rules.csv is met",
    },
}
# By file: what each setting may hold.
SETTINGS_OF: dict[str, Mapping[str, tuple | None]] = {
    "score_settings": SETTINGS,
    "handoff_settings": HANDOFF_SETTINGS,
    "report_settings": REPORT_SETTINGS,
    "crm_event_settings": EVENT_SETTINGS,
}
# By file: what a condition may ask of whom, and the kind of each.
ASKED_OF: dict[str, Mapping[str, Mapping[str, str | tuple[str, ...]]]] = {
    "segment_conditions": {f"Of {object_type}": asked for object_type, asked in ASKED.items()},
    "trigger_conditions": {"Of contacts": ASKED_OF_TRIGGERS},
}
KINDS = {
    "number": "a number",
    "text": "text",
    "band": "a band of score_bands.csv",
    "engagement_rule": "a rule of engagement_rules.csv that is met now",
    "live_signal": "a signal of signals.csv that is live",
    "account_signal": "a condition of account_signals.csv that holds",
}


def setting_in_words(allowed: tuple | None) -> str:
    """What a setting may be: words, or the smallest and the largest whole number; None: names of events."""
    if allowed is None:
        return "event types of event_taxonomy.csv with | between them"
    if isinstance(allowed[0], str):
        return ", ".join(f"`{word}`" for word in allowed)
    return f"a whole number from {allowed[0]:,} to {allowed[1]:,}"


def kind_in_words(kind: str | tuple[str, ...]) -> str:
    return KINDS[kind] if isinstance(kind, str) else " or ".join(f"`{word}`" for word in kind)
