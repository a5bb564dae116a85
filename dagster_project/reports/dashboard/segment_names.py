"""What segments are called on the page."""

from dagster_project.reports.dashboard.source import Source
from dagster_project.reports.dashboard.telling import readable

# The stages that every HubSpot portal begins with; the marts have stages by id.
STAGE_NAMES = {
    "appointmentscheduled": "Appointment scheduled",
    "qualifiedtobuy": "Qualified to buy",
    "presentationscheduled": "Presentation scheduled",
    "decisionmakerboughtin": "Decision maker bought in",
    "contractsent": "Contract sent",
}


def stage_name(stage: str) -> str:
    """A deal stage as HubSpot calls it where it is one of the first; else by its id."""
    return STAGE_NAMES.get(stage) or readable(stage)


def segment_names(source: Source, split: str) -> dict[str, str]:
    """Segment → name, of every segment of a split that the metrics have."""
    if split == "owner":
        return source.owner_names
    metrics = source.marts.table_or_none("report.metrics")
    values = [] if metrics is None else metrics.filter(segment_type=split)["segment"].unique().to_list()
    labels = {}
    tiers = source.marts.table_or_none("rules.tiers")
    if split == "tier" and tiers is not None:
        labels = dict(tiers.select("tier", "label").iter_rows())
    return {value: labels.get(value) or readable(value) for value in values}
