"""What Dagster shows of an asset beyond what its own module says: one place for all of them."""

import dagster as dg

from dagster_project.defs.columns import with_lineage
from dagster_project.defs.dashboard_links import with_dashboard_link
from dagster_project.defs.freshness import with_freshness
from dagster_project.defs.own_words import with_own_words
from dagster_project.defs.rules_behind import with_rules
from dagster_project.defs.steps import in_group_of_its_step
from dagster_project.resources.column_lineage import known_lineage

LINEAGE = known_lineage()


def in_words(spec: dg.AssetSpec) -> dg.AssetSpec:
    """The same asset with what it is good for, its columns' origins, its rules, its section of the dashboard, when it
    is too old, and its place in the job.
    """
    spec = with_lineage(spec, LINEAGE)
    for told in (with_own_words, with_rules, with_dashboard_link, with_freshness, in_group_of_its_step):
        spec = told(spec)
    return spec
