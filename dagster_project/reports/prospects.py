"""What would change a score next, in words: decay, silence, rules that are nearly met, the next band."""

from decimal import Decimal

from dagster_project.counting import plain_number, signed_number
from dagster_project.reports.person_marts import PersonMarts
from dagster_project.reports.plain_words import moment
from dagster_project.reports.what_next import (
    NearRule,
    Outcome,
    Rules,
    Standing,
    near_rules,
    next_band,
    next_decay,
    next_silence,
    standing_of,
)

FADING = ("exponential", "linear")


def prospects(rules: Rules, marts: PersonMarts) -> list[str]:
    """The section of an account; where the rules do not lead to the scores, that is all it says."""
    standing = standing_of(rules, marts.person, marts.reasons)
    if standing is None:
        return [
            "  what would change next cannot be computed: these marts were made with other rules than are beside them"
        ]
    lines = [*_decays(standing, marts), *_silence(standing, marts), *_near(standing, marts), *_band(standing, marts)]
    return ["  what would change next", *(f"    {line}" for line in lines or ["nothing by itself"])]


def _decays(standing: Standing, marts: PersonMarts) -> list[str]:
    lines = []
    decay = next_decay(standing, marts.reasons)
    if decay is not None:
        labels = standing.rules.engagement
        told = "; ".join(
            f"{labels[rule_id]['label']} {plain_number(before)} → {plain_number(after)}"
            for rule_id, (before, after) in decay.points.items()
        )
        lines.append(f"on {moment(decay.at)} UTC by decay: {told}; {_becomes(standing, decay.outcome)}")
    fading = [
        rule["label"]
        for rule_id, rule in standing.rules.engagement.items()
        if standing.decayed.get(rule_id)
        and rule["decay"] in FADING
        and standing.rules.groups[rule["score_group"]]["decays"] is not False
    ]
    if fading:
        lines.append(f"a little at every build by decay: {'; '.join(fading)}")
    return lines


def _silence(standing: Standing, marts: PersonMarts) -> list[str]:
    silence = next_silence(standing, marts.reasons, marts.person["last_active_at"])
    if silence is None:
        return []
    told = f"{silence.rule['label']} {signed_number(silence.rule['points'])}"
    return [f"after {moment(silence.after)} UTC without any activity: {told}; {_becomes(standing, silence.outcome)}"]


def _near(standing: Standing, marts: PersonMarts) -> list[str]:
    return [
        f"if {near.rule['label']}: {_lacking(near)}, {signed_number(near.points)}; {_becomes(standing, near.outcome)}"
        for near in near_rules(standing, marts.reasons)
    ]


def _lacking(near: NearRule) -> str:
    found = f"found {plain_number(near.found)}" if near.found is not None else "nothing found"
    if near.missing is not None:
        way = "fewer" if near.rule["operator"].startswith("<") else "more"
        more = f"{plain_number(near.missing)} {way}" if near.missing else f"a little {way}"
        return f"{found}, {more} needed"
    if near.rule["requires"]:
        return f"{found}, needs {near.rule['requires'].replace('|', ' and ')} too"
    return f"{found}, asked {near.rule['operator']} {plain_number(near.rule['threshold'])}"


def _band(standing: Standing, marts: PersonMarts) -> list[str]:
    coming = next_band(standing, marts.person["combined_score"])
    if coming is None:
        return []
    way = (
        f"{_rounded_up(coming.pql_points)} pql points more"
        if coming.pql_points is not None
        else "pql points alone do not lead there"
    )
    return [f"{plain_number(Decimal(coming.combined_points))} points to the band {coming.band}: {way}"]


def _rounded_up(needed: Decimal) -> str:
    """Up, because a little less is not enough."""
    return plain_number(needed.quantize(Decimal("0.01"), "ROUND_CEILING"))


def _becomes(standing: Standing, outcome: Outcome) -> str:
    now = standing.outcome()
    if (now.pql_score, now.combined_score) == (outcome.pql_score, outcome.combined_score):
        return f"the scores stay at {now.pql_score} and {now.combined_score}"
    return (
        f"pql {now.pql_score} → {outcome.pql_score}, "
        f"combined {now.combined_score} → {outcome.combined_score} ({outcome.band})"
    )
