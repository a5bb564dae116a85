"""What an erasure came to, in words: what went, from where, and what a person must still do."""

from dagster_project.counting import counted
from dagster_project.privacy.erasing import Erasure


def describe_names(erasure: Erasure) -> str:
    """By what the person is known; only for whoever asked for the erasure, and for no log."""
    person = erasure.person
    lines = ["The person is known here as"]
    for what, names in (
        ("user ids", person.user_ids),
        ("addresses", person.emails),
        ("contacts in HubSpot", person.hubspot_ids),
        ("names", person.full_names),
    ):
        if names:
            lines.append(f"  {what:<20} {', '.join(sorted(names))}")
    if erasure.was_cut_off:
        lines.append("An earlier erasure of theirs was cut off; this one finishes it.")
    return "\n".join(lines)


def describe_erased(erasure: Erasure, *, is_dry_run: bool) -> str:
    counts = erasure.erased.counts
    if not counts:
        return "Nothing is kept here about them."
    what = "Would be erased" if is_dry_run else "Erased"
    lines = [f"{what}, in rows, lines or mentions:"]
    store = None
    for (name, place), count in counts.items():
        if name != store:
            lines.append(f"  {name}")
            store = name
        lines.append(f"    {place:<44} {count:>9,}")
    lines.append(f"  {counted(sum(counts.values()), 'place')} in all.")
    return "\n".join(lines)


def describe_left(erasure: Erasure) -> str:
    return "\n".join(["What is not erased from here:", *(f"  - {line}" for line in erasure.erased.left)])
