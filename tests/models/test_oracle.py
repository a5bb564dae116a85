"""The models score every person of made-up worlds as the definition does, reason by reason."""

import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.oracle.oracle_events import events_of
from tests.oracle.oracle_scores import Reason, Scores, score_everybody
from tests.oracle.oracle_warehouse import REASONS, SCORES, answers, build_on_nothing, exact
from tests.oracle.oracle_world import World, world, written

# Each takes a build of everything that scores are made from: three seconds.
WORLDS = 16
MOST_SHOWN = 6
# What a reason says, by its kind; the other columns are for rules of engagement.
SAID = {
    "engagement": REASONS,
    "fit": ("score_name", "kind", "rule_id", "points", "found", "points_full"),
    "negative": ("score_name", "kind", "rule_id", "points"),
    "floor": ("score_name", "kind", "points"),
    "rounding": ("score_name", "kind", "points"),
}
CAUSES = ("is_met", "found", "last_met_at", "proof_event_id")
SAID_UNMET = ("score_name", "kind", "rule_id", "points", "is_met", "found")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("oracle")
    with pytest.MonkeyPatch.context() as environment:
        build_on_nothing(folder, environment)
    return folder


# A number cannot be made smaller to good effect, and each try builds everything: the first world that differs is told.
@settings(max_examples=WORLDS, phases=[Phase.explicit, Phase.generate])
@given(number=st.integers(0, 2**32 - 1))
def test_every_score_and_every_reason_is_what_the_definition_gives(template: Path, number: int):
    made = world(number)
    expected = score_everybody(made.events, made.users, made.companies, made.rules, made.as_of)
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as environment:
        found = answers(made, template, Path(folder), environment)
    assert found.keys() == expected.keys()
    differences = [
        difference for user, answer in expected.items() for difference in _differences(made, user, answer, found[user])
    ]
    told = [case for _, case in sorted(differences, key=lambda told: (told[0], len(told[1])))][:MOST_SHOWN]
    assert not differences, f"world {number}: {len(differences)} answers differ, such as\n\n" + "\n\n".join(told)


def _differences(
    made: World, user: str, expected: tuple[Scores, list[Reason]], found: tuple
) -> Iterator[tuple[bool, str]]:
    """What to look at, and whether it may follow from something else: a cap passes a mistake on to other rules."""
    scores, reasons = asdict(expected[0]), {_key(asdict(reason)): asdict(reason) for reason in expected[1]}
    told = {_key(row): row for row in found[1]}
    assert len(told) == len(found[1]), f"{user} has a reason twice: {found[1]}"
    wrong = [key for key in sorted({*reasons, *told}) if not _are_alike(reasons.get(key), told.get(key))]
    # What follows from a wrong rule is wrong too, and not what to look at.
    for key in [key for key in wrong if key[2]] or wrong:
        pair = reasons.get(key), told.get(key)
        may_follow = None not in pair and all(exact(pair[0][name]) == exact(pair[1][name]) for name in CAUSES)
        yield may_follow, _case(made, user, key, *map(_shown, pair))
    wrong_scores = [name for name in SCORES if exact(scores[name]) != exact(found[0][name])]
    if wrong_scores and not wrong:
        in_full = ({name: row[name] for name in wrong_scores} for row in (scores, found[0]))
        yield False, _case(made, user, ("", "score", ""), *map(_shown, in_full))


def _key(reason: dict) -> tuple[str, str, str]:
    is_rule = reason["kind"] not in ("floor", "rounding")
    return reason["score_name"], reason["kind"], reason["rule_id"] if is_rule else ""


def _are_alike(expected: dict | None, found: dict | None) -> bool:
    if expected is None or found is None:
        there = expected or found
        # A count of nothing may be told or not: nobody gets points for it.
        return there["is_met"] is False and exact(there["found"]) in (None, 0) and there["points"] == 0
    said = SAID[expected["kind"]] if expected["is_met"] else SAID_UNMET
    return all(exact(expected[name]) == exact(found[name]) for name in said)


def _shown(row: dict | None) -> str:
    if row is None:
        return "nothing"
    return ", ".join(f"{name} {value}" for name, value in row.items() if value is not None)


def _case(made: World, user: str, key: Sequence[str], expected: str, found: str) -> str:
    """Everything that a person needs to count it again by hand."""
    rules = {rule["rule_id"]: rule for rule in made.rules["engagement_rules"]}
    lines = [f"{user}, {' '.join(key)}, as of {written(made.as_of)}", f"  defined: {expected}", f"  models:  {found}"]
    names = [key[2], *rules[key[2]]["requires"].split("|")] if key[2] in rules else []
    for rule in (rules[name] for name in names if name in rules):
        lines.append(f"  rule {json.dumps({name: cell for name, cell in rule.items() if cell})}")
        mine = [event for event in made.events if event.user_id == user]
        for event in events_of(rule, mine, made.rules["event_taxonomy"], made.as_of) if rule["events"] else ():
            at = event.occurred_at.isoformat()
            lines.append(f"    {event.event_id} {event.event_type} {at} {json.dumps(event.properties)}")
    return "\n".join(lines)
