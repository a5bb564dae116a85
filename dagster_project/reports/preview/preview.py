"""What a preview comes to."""

from dataclasses import dataclass
from datetime import datetime

from dagster_project.reports.preview.backtest import Backtest
from dagster_project.reports.preview.consequences import Consequences
from dagster_project.reports.preview.scores import Mover, ScoreChanges
from dagster_project.rules.lint.warning import RuleWarning
from dagster_project.rules.proposing import Proposal


@dataclass(frozen=True)
class Preview:
    """What a proposal would do to the present data.

    `unmet`: what those are missing who are no longer sales qualified or handed off, by user. `moments`: of which there
    are past scores; None where none of them and no threshold would be another one. `backtests`: of the rules in force
    and of the proposed ones; None without past scores.
    """

    proposal: Proposal
    as_of: datetime
    scores: ScoreChanges
    movers: list[Mover]
    consequences: Consequences
    unmet: dict[str, str]
    backtests: tuple[Backtest, Backtest] | None
    moments: tuple[datetime, ...] | None
    warnings: tuple[RuleWarning, ...]
