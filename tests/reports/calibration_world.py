"""A published build with a handful of contacts, their scores and what became of them, for audits."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dagster_project.publish.snapshot import Snapshot
from dagster_project.reports.calibration.evidence import Evidence, read_evidence
from dagster_project.settings import SHIPPED_RULES_DIR
from tests.small_snapshot import AS_OF, publish_small

NOW = AS_OF.replace(tzinfo=None)


def ago(days: float) -> datetime:
    """An instant this many days before the clock of the build."""
    return NOW - timedelta(days=days)


@dataclass
class World:
    """Rows of marts; every contact signed up 200 days ago unless it is said otherwise."""

    rows: dict[str, list[dict]] = field(default_factory=dict)

    def add(self, table: str, **row: object) -> None:
        self.rows.setdefault(table, []).append(row)

    def contact(self, user_id: str, won: float | None = None, had_deal: float | None = None, **columns: object) -> None:
        """A contact whose deal was won (created) so many days ago."""
        reached = {"won": won, "opportunity": won if had_deal is None else had_deal}
        moments: dict[str, object] = {"signed_up_at": ago(200), "is_activated": False}
        for stage, days in reached.items():
            moments |= {f"is_{stage}": days is not None, f"{stage}_at": None if days is None else ago(days)}
        self.add("report__contact_journeys", user_id=user_id, **moments | columns)

    def scored(
        self, user_id: str, days_ago: float, pql: int, fit: int = 0, combined: int = 0, reasons: str = ""
    ) -> None:
        """A change of score, so many days ago."""
        self.add(
            "score__score_changes",
            user_id=user_id,
            changed_at=ago(days_ago),
            is_first=False,
            pql_score_to=pql,
            fit_score_to=fit,
            combined_score_to=combined,
            band_to="nurture",
            reasons=reasons,
        )

    def handed_off(self, user_id: str, days_ago: float, returned: bool = False) -> None:
        self.add(
            "report__handoff_responses",
            handoff_id=f"{user_id}-{days_ago}",
            record_key=user_id,
            handed_off_at=ago(days_ago),
            returned_at=ago(days_ago - 1) if returned else None,
        )

    def qualified(self, user_id: str, is_met: bool = True) -> None:
        """Whether everything but the score holds that a handoff asks for."""
        for condition, met in ({"zo_activation_status": is_met, "zo_pql_score": False}).items():
            self.add(
                "decide__sales_qualifications",
                user_id=user_id,
                property=condition,
                operator=">=",
                value="50",
                is_met=met,
            )

    def published(self, folder: Path, days_ago: float = 0, rules_dir: Path = SHIPPED_RULES_DIR) -> Snapshot:
        as_of = (NOW - timedelta(days=days_ago)).replace(tzinfo=UTC)
        return publish_small(folder, as_of=as_of, rules_dir=rules_dir, **self.rows)

    def evidence(self, folder: Path) -> Evidence:
        return read_evidence(self.published(folder))


def divided_world(buyers: int = 24, others: int = 60, buyer_score: int = 70, other_score: int = 20) -> World:
    """Buyers who scored high before they bought, and others who never did; scores are kept for 100 days."""
    world = World()
    for number in range(buyers + others):
        user_id, is_buyer = f"u{number:03}", number < buyers
        world.contact(user_id, won=20 + number / 100 if is_buyer else None)
        world.scored(user_id, 100, pql=0)
        # Of both some are in between, so that no threshold parts them wholly.
        score = (buyer_score if is_buyer else other_score) + (15 if number % 5 == 0 else 0) * (-1 if is_buyer else 1)
        world.scored(user_id, 60, pql=score, combined=score, reasons="trial_started=20" if is_buyer else "")
        world.qualified(user_id)
    return world
