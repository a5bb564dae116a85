"""How much a rule gives that is met: occurrences, decay, caps and rounding."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal, localcontext
from fractions import Fraction

from tests.oracle.oracle_engagement import Holding
from tests.oracle.oracle_events import Row, is_true

MOST = Fraction(100)
NINE_DECIMALS = 10**9
MICROSECOND = timedelta(microseconds=1)


def half_up(value: Fraction, parts_of_one: int = 1) -> Fraction:
    return Fraction((value * parts_of_one + Fraction(1, 2)).__floor__(), parts_of_one)


def points_full(rule: Row, found: Fraction) -> Fraction:
    points = Fraction(rule["points"])
    if not is_true(rule["is_per_occurrence"]):
        return points
    times = (found / Fraction(rule["threshold"])).__floor__()
    return min(points * times, Fraction(rule["max_points"]))


def is_decaying(rule: Row, groups: Mapping[str, Row]) -> bool:
    return rule["decay"] != "none" and is_true(groups[rule["score_group"]]["decays"])


def decay_factor(rule: Row, groups: Mapping[str, Row], last_met_at: datetime, as_of: datetime) -> Fraction:
    if not is_decaying(rule, groups):
        return Fraction(1)
    age, period = (as_of - last_met_at) // MICROSECOND, timedelta(days=int(rule["decay_days"])) // MICROSECOND
    if rule["decay"] == "step":
        factor = Fraction(1, 2 ** (age // period))
    elif rule["decay"] == "linear":
        factor = max(Fraction(0), 1 - Fraction(age, 2 * period))
    else:
        with localcontext(prec=50):
            factor = Fraction(Decimal("0.5") ** (Decimal(age) / Decimal(period)))
    return half_up(factor, NINE_DECIMALS)


def next_decay_at(rule: Row, groups: Mapping[str, Row], holding: Holding, as_of: datetime) -> datetime | None:
    if rule["decay"] != "step" or not is_decaying(rule, groups) or holding.decays_from is None:
        return None
    period = timedelta(days=int(rule["decay_days"]))
    return holding.decays_from + (max(as_of - holding.decays_from, timedelta(0)) // period + 1) * period


def capped(points: Mapping[str, Fraction], cap: Fraction) -> dict[str, Fraction]:
    """Who gives most takes first; who comes later takes what is left."""
    taken: dict[str, Fraction] = {}
    for name in sorted(points, key=lambda name: (-points[name], name)):
        taken[name] = min(points[name], cap - sum(taken.values(), Fraction(0)))
    return taken


def capped_by_group(
    points: Mapping[str, Fraction], group_of: Mapping[str, str], groups: Iterable[Row]
) -> dict[str, Fraction]:
    """Within each group, then over all."""
    within: dict[str, Fraction] = {}
    for group in groups:
        members = {name: value for name, value in points.items() if group_of[name] == group["score_group"]}
        within |= capped(members, Fraction(group["cap"]))
    return capped(within, MOST)
