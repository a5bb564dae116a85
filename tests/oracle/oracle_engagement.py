"""When an engagement rule held: looked up at every instant at which anything could change, as it is defined."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import pairwise

from tests.oracle.oracle_events import COMPARED, Event, Row, events_of, parts, value_of

ICP_MATCH = "icp_match"
CUT = 10**4


@dataclass(frozen=True)
class Holding:
    """Whether a rule is met, and what shows it. Where it is not, `found` is what there is at the clock of the run."""

    is_met: bool
    found: Fraction | None = None
    last_met_at: datetime | None = None
    proof_event_id: str | None = None
    # From when on it decays if nothing happens; None while it goes on holding, nobody knows until when.
    decays_from: datetime | None = None


@dataclass(frozen=True)
class Person:
    """What rules ask of a person: their own events, their company's usage and whether they are an ideal customer."""

    events: Sequence[Event]
    usage: tuple[Fraction | None, Fraction | None] = (None, None)
    is_icp_match: bool = False


def holdings(person: Person, rules: Sequence[Row], taxonomy: Sequence[Row], as_of: datetime) -> dict[str, Holding]:
    """Every rule, switched off or not, by its id."""
    alone = {rule["rule_id"]: _alone(rule, person, taxonomy, as_of) for rule in rules}
    by_id = {rule["rule_id"]: rule for rule in rules}

    def whole(rule: Row) -> Holding:
        names = parts(rule["requires"])
        required = {name: whole(by_id[name]) for name in names if name != ICP_MATCH}
        met = sum(holding.is_met for holding in required.values()) + (ICP_MATCH in names and person.is_icp_match)
        if rule["aggregate"] == "all_of":
            return _all_of(rule, required, met, as_of)
        holding = alone[rule["rule_id"]]
        return holding if met == len(names) else replace(holding, is_met=False, last_met_at=None, proof_event_id=None)

    return {rule["rule_id"]: whole(rule) for rule in rules}


def _all_of(rule: Row, required: Mapping[str, Holding], met: int, as_of: datetime) -> Holding:
    found = Fraction(met)
    if met < len(parts(rule["requires"])):
        return Holding(False, found)
    if not required:
        return Holding(True, found, as_of)
    latest_at = max(holding.last_met_at for holding in required.values())
    last = min(name for name, holding in required.items() if holding.last_met_at == latest_at)
    if rule["holds"] == "current":
        return Holding(True, found, as_of, required[last].proof_event_id)
    fading = [holding.decays_from for holding in required.values()]
    return Holding(True, found, latest_at, required[last].proof_event_id, None if None in fading else max(fading))


def _alone(rule: Row, person: Person, taxonomy: Sequence[Row], as_of: datetime) -> Holding:
    """The rule without what it requires."""
    if rule["aggregate"] == "all_of":
        return Holding(False)
    if rule["aggregate"] == "company_usage_ratio":
        return _company_usage(rule, person, as_of)
    events = events_of(rule, person.events, taxonomy, as_of)
    holding = _held(rule, events, as_of) if events else Holding(False)
    if rule["aggregate"] == "ratio_of_latest" and holding.found is not None:
        return replace(holding, found=cut(holding.found))
    return holding


def _company_usage(rule: Row, person: Person, as_of: datetime) -> Holding:
    count, limit = person.usage
    if count is None or limit is None or limit <= 0:
        return Holding(False)
    is_met = count >= Fraction(rule["threshold"]) * limit
    return Holding(is_met, cut(count / limit), as_of if is_met else None)


def _held(rule: Row, events: Sequence[Event], as_of: datetime) -> Holding:
    window = timedelta(hours=int(rule["window_hours"])) if rule["window_hours"] else None

    def found_at(instant: datetime) -> Fraction | None:
        seen = [
            event
            for event in events
            if event.occurred_at <= instant and (window is None or instant - window < event.occurred_at)
        ]
        return value_of(rule, seen)

    def holds_at(instant: datetime) -> bool:
        found = found_at(instant)
        return (
            instant >= events[0].occurred_at
            and found is not None
            and COMPARED[rule["operator"]](found, Fraction(rule["threshold"]))
        )

    def last_before(instant: datetime, is_instant_in: bool) -> str:
        return max(
            event.place
            for event in events
            if event.occurred_at < instant or (is_instant_in and event.occurred_at == instant)
        )[1]

    if holds_at(as_of) and (rule["holds"] == "current" or window is not None):
        # Of a count nothing but time takes away, and when is known.
        is_foreseen = rule["holds"] == "latched" and rule["aggregate"] == "count" and rule["operator"] in (">=", ">")
        leaving = sorted(event.occurred_at + window for event in events) if is_foreseen else []
        until = next((instant for instant in leaving if instant > as_of and not holds_at(instant)), None)
        return Holding(True, found_at(as_of), as_of, last_before(as_of, True), until)
    if rule["holds"] == "current":
        return Holding(False, found_at(as_of))
    instants = sorted({event.occurred_at for event in events})
    if window is None:
        held = [instant for instant in instants if holds_at(instant)]
        if not held:
            return Holding(False, found_at(as_of))
        return Holding(True, found_at(held[-1]), held[-1], last_before(held[-1], True), held[-1])
    # What is found changes when an event comes into the window and when it leaves it, and at no other time.
    changes = sorted({*instants, *(instant + window for instant in instants)})
    held = [(begin, end) for begin, end in pairwise(changes) if begin < as_of and holds_at(begin)]
    if not held:
        return Holding(False, found_at(as_of))
    # It does not hold at the clock of the run, so the last stretch ended by then.
    begin, end = held[-1]
    return Holding(True, found_at(begin), end, last_before(end, False), end)


def cut(value: Fraction) -> Fraction:
    """Four decimals, the rest dropped towards zero."""
    return Fraction(int(value * CUT), CUT)
