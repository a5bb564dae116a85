"""What HubSpot refused, as the assets show it: the columns that all such tables end with."""

from dagster_project.crm.refusals import Refused
from dagster_project.masking import masked

WHY_COLUMNS = {"why": "string", "tries": "int", "next_try": "string"}


def why_refused(refused: Refused) -> dict[str, str | int]:
    """HubSpot's words, and when it is asked again."""
    return {
        "why": masked(f"{refused.category}: {refused.message}"),
        "tries": refused.tries,
        "next_try": f"{refused.next_try_at:%Y-%m-%d %H:%M} UTC",
    }
