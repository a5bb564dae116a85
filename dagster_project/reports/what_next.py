"""What a score would become: by decay, by silence, by a rule that is nearly met. Computed as the models compute it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal, InvalidOperation

HIGHEST = Decimal(100)
HALF = Decimal("0.5")
NINE_PLACES = Decimal("0.000000001")
AT_LEAST, AT_MOST = (">=", ">"), ("<=", "<")


@dataclass(frozen=True)
class Rules:
    """The rules that a snapshot was made with, as rows by their key; decided once, read by everything here."""

    engagement: dict[str, dict]
    groups: dict[str, dict]
    negative: list[dict]
    weights: dict[str, dict]
    bands: list[dict]
    settings: dict[str, str]


@dataclass(frozen=True)
class Outcome:
    pql_points: Decimal
    pql_score: int
    combined_score: int
    band: str | None


@dataclass(frozen=True)
class Standing:
    """One person's points before caps, and the weights that hold for them."""

    rules: Rules
    weights: Mapping
    fit_points: Decimal
    negative_points: Decimal
    decayed: dict[str, Decimal]

    def outcome(self, *, decayed: Mapping[str, Decimal] | None = None, negative: Decimal = Decimal(0)) -> Outcome:
        """The scores with these points of rules in place of the present ones, and these negative points besides."""
        sums: dict[str, Decimal] = {}
        for rule_id, points in (self.decayed | dict(decayed or {})).items():
            group = self.rules.engagement[rule_id]["score_group"]
            sums[group] = sums.get(group, Decimal(0)) + points
        capped = sum((min(points, self.rules.groups[group]["cap"]) for group, points in sums.items()), Decimal(0))
        floor = Decimal(self.rules.settings.get("pql_floor") or 0)
        pql_points = max(min(capped, HIGHEST) + self.negative_points + negative, floor)
        combined = half_up(self.weighted(pql_points))
        return Outcome(pql_points, half_up(pql_points), combined, self.band_of(combined))

    def weighted(self, pql_points: Decimal) -> Decimal:
        return self.weights["fit_weight"] * self.fit_points + self.weights["engagement_weight"] * pql_points

    def band_of(self, combined: int) -> str | None:
        shown = max(0, min(100, combined))
        fitting = [band for band in self.rules.bands if band["min_score"] <= shown <= band["max_score"]]
        return fitting[0]["band"] if fitting else None


def half_up(points: Decimal) -> int:
    return int((points + HALF).to_integral_value(ROUND_FLOOR))


def profile_of(rules: Rules, person: dict) -> dict | None:
    """The weights of a person: of the profile that the marts name, else of the active one for companies of any size."""
    if person.get("weight_profile"):
        return rules.weights.get(person["weight_profile"])
    unbounded = [row for row in rules.weights.values() if row["is_active"] and row["min_employees"] is None]
    return next((row for row in unbounded if row["max_employees"] is None), None)


def standing_of(rules: Rules, person: dict, reasons: list[dict]) -> Standing | None:
    """What can be computed on from here; None where these rules do not lead to the scores that the person has."""
    weights = profile_of(rules, person)
    met = [reason for reason in reasons if reason["kind"] == "engagement" and reason["is_met"] is not False]
    known = all(reason["rule_id"] in rules.engagement for reason in met)
    exact = [person[name] for name in ("fit_points", "negative_points")]
    if weights is None or not known or None in exact:
        return None
    decayed = {reason["rule_id"]: _before_caps(reason) for reason in met}
    standing = Standing(rules, weights, *exact, decayed)
    now = standing.outcome()
    is_theirs = (now.pql_score, now.combined_score) == (person["pql_score"], person["combined_score"])
    return standing if is_theirs else None


def _before_caps(reason: dict) -> Decimal:
    return reason["points"] if reason.get("points_decayed") is None else reason["points_decayed"]


@dataclass(frozen=True)
class Decay:
    """Points that fall at one moment, if nobody does anything: rule → before, after."""

    at: datetime
    points: dict[str, tuple[Decimal, Decimal]]
    outcome: Outcome


def next_decay(standing: Standing, reasons: list[dict]) -> Decay | None:
    """The first moment at which points fall by a step; half of what they are goes each time."""
    falling = [
        reason for reason in reasons if reason.get("next_decay_at") is not None and reason["is_met"] is not False
    ]
    if not falling:
        return None
    at = min(reason["next_decay_at"] for reason in falling)
    points = {}
    for reason in falling:
        if reason["next_decay_at"] == at:
            factor = (reason["decay_factor"] * HALF).quantize(NINE_PLACES, ROUND_HALF_UP)
            after = (reason["points_full"] * factor).quantize(NINE_PLACES, ROUND_HALF_UP)
            points[reason["rule_id"]] = (_before_caps(reason), after)
    return Decay(at, points, standing.outcome(decayed={rule: after for rule, (_, after) in points.items()}))


@dataclass(frozen=True)
class Silence:
    """A negative rule that begins to hold when somebody stays away."""

    after: datetime
    rule: dict
    outcome: Outcome


def next_silence(standing: Standing, reasons: list[dict], last_active_at: datetime | None) -> Silence | None:
    """The first rule on inactivity that does not hold yet."""
    if last_active_at is None:
        return None
    held = {reason["rule_id"] for reason in reasons if reason["kind"] == "negative"}
    coming = [
        rule
        for rule in standing.rules.negative
        if rule["condition"] == "inactive_days" and rule["rule_id"] not in held and rule.get("is_enabled") is not False
    ]
    if not coming:
        return None
    rule = min(coming, key=lambda rule: int(rule["value"]))
    after = last_active_at + timedelta(days=int(rule["value"]))
    return Silence(after, rule, standing.outcome(negative=rule["points"]))


@dataclass(frozen=True)
class NearRule:
    """An engagement rule that gives nothing now; `missing` is None where something else than its threshold is."""

    rule: dict
    found: Decimal | None
    missing: Decimal | None
    points: Decimal
    outcome: Outcome


def near_rules(standing: Standing, reasons: list[dict], limit: int = 3) -> list[NearRule]:
    """Rules that are not met, those first of which the largest part is there, then those that give most."""
    found_by_rule = {reason["rule_id"]: reason["found"] for reason in reasons if reason.get("is_met") is False}
    near = []
    for rule_id, rule in standing.rules.engagement.items():
        if rule["is_enabled"] is False or rule_id in standing.decayed:
            continue
        points = min(rule["points"], rule["max_points"] or rule["points"])
        found = _number(found_by_rule.get(rule_id))
        outcome = standing.outcome(decayed={rule_id: points})
        near.append(NearRule(rule, found, _missing(rule["operator"], rule["threshold"], found), points, outcome))
    near.sort(key=lambda rule: (-_part_there(rule), -rule.points, rule.rule["rule_id"]))
    return near[:limit]


def _part_there(near: NearRule) -> Decimal:
    if near.found is None:
        return Decimal(-1)
    threshold = near.rule["threshold"]
    if near.missing is None or not threshold:
        return Decimal(1)
    return max(Decimal(0), 1 - near.missing / abs(threshold))


def _missing(operator: str, threshold: Decimal, found: Decimal | None) -> Decimal | None:
    """How far a number is from holding; more or less as the operator has it."""
    if operator in AT_LEAST:
        away = threshold - (found or Decimal(0))
    elif operator in AT_MOST and found is not None:
        away = found - threshold
    else:
        return None
    return away if away > 0 or (away == 0 and operator in (">", "<")) else None


def _number(text: object) -> Decimal | None:
    try:
        number = Decimal(str(text))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def missing_to_gate(condition: dict) -> Decimal | None:
    """How much a number is short of what a gate asks for; None where the gate is met or asks for no number."""
    value, found = _number(condition["value"]), _number(condition["found"])
    if condition["is_met"] or value is None or found is None:
        return None
    return _missing(condition["operator"], value, found)


@dataclass(frozen=True)
class NextBand:
    band: str
    combined_points: int
    # None: no number of points up to a hundred is enough.
    pql_points: Decimal | None


def next_band(standing: Standing, combined_score: int) -> NextBand | None:
    """The band above the present one, and how many PQL points more lead to it."""
    above = [band for band in standing.rules.bands if band["min_score"] > combined_score]
    if not above:
        return None
    band = min(above, key=lambda band: band["min_score"])
    weight = standing.weights["engagement_weight"]
    missing = None
    if weight > 0:
        # Rounded up, because a little less is not enough.
        needed = (band["min_score"] - HALF - standing.weights["fit_weight"] * standing.fit_points) / weight
        enough = needed.quantize(Decimal("0.01"), "ROUND_CEILING")
        missing = enough - standing.outcome().pql_points if enough <= HIGHEST else None
    return NextBand(band["band"], band["min_score"] - combined_score, missing)
