"""The steps of the job in their order, as Dagster groups assets by them.

Groups are sorted by name in the UI, so a number stands before the word.
"""

import dagster as dg

STEPS = ("rules", "ingest", "staging", "score", "measure", "decide", "diff", "sync", "act", "report")
GROUPS = {step: f"{number}_{step}" for number, step in enumerate(STEPS)}


def in_group_of_its_step(spec: dg.AssetSpec) -> dg.AssetSpec:
    """Raises:
    KeyError: The asset belongs to no step of the job.
    """
    return spec.replace_attributes(group_name=GROUPS[spec.group_name or ""])
