"""The clock of a run: one instant, from whoever may say it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from dagster_project.resources.clock import Clock
from dagster_project.settings import SettingsInvalid

NINE = datetime(2026, 11, 20, 9, tzinfo=UTC)
ANOTHER_DAY = "2026-05-01T12:00:00Z"


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as made:
        yield made


@pytest.fixture
def run_id(instance: dg.DagsterInstance) -> str:
    """A run that Dagster has on record."""

    @dg.job
    def nothing_to_do() -> None: ...

    return instance.create_run_for_job(nothing_to_do).run_id


@pytest.mark.parametrize(
    "text", ["2026-11-20T09:00:00Z", "2026-11-20T09:00:00+00:00", "2026-11-20 09:00", "2026-11-20T14:30:00+05:30"]
)
def test_the_launchpad_says_what_time_it_is(instance: dg.DagsterInstance, run_id: str, text: str):
    as_of = Clock(as_of=text).of_run(instance, run_id)
    assert as_of == NINE
    assert as_of.tzinfo is UTC


def test_the_launchpad_is_heard_before_the_environment(
    instance: dg.DagsterInstance, run_id: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PQL_AS_OF", ANOTHER_DAY)
    assert Clock(as_of="2026-11-20T09:00:00Z").of_run(instance, run_id) == NINE


@pytest.mark.parametrize("unsaid", [None, ""])
def test_the_environment_is_heard_before_dagster(
    instance: dg.DagsterInstance, run_id: str, monkeypatch: pytest.MonkeyPatch, unsaid: str | None
):
    monkeypatch.setenv("PQL_AS_OF", "2026-11-20T09:00:00Z")
    assert Clock(as_of=unsaid).of_run(instance, run_id) == NINE


def test_else_it_is_the_time_at_which_the_run_was_made_for_every_step_the_same(
    instance: dg.DagsterInstance, run_id: str
):
    made = instance.get_run_record_by_id(run_id).create_timestamp
    steps = [Clock().of_run(instance, run_id) for _ in range(3)]
    assert steps == [made] * 3
    assert steps[0].tzinfo is UTC
    assert abs(datetime.now(UTC) - steps[0]) < timedelta(minutes=5)


def test_two_runs_have_their_own_clocks(instance: dg.DagsterInstance, run_id: str):
    @dg.job
    def later() -> None: ...

    other = instance.create_run_for_job(later).run_id
    assert Clock().of_run(instance, other) > Clock().of_run(instance, run_id)


def test_a_run_that_is_not_on_record_has_the_time_of_now(instance: dg.DagsterInstance):
    before = datetime.now(UTC)
    assert before <= Clock().of_run(instance, "no such run") <= datetime.now(UTC)


@pytest.mark.parametrize("text", ["yesterday", "2026-02-30", "20.11.2026", " ", "0001-01-01T00:00:00+23:00"])
def test_a_value_that_is_no_instant_is_named_with_where_it_stands_and_how_it_should_look(
    instance: dg.DagsterInstance, run_id: str, text: str
):
    with pytest.raises(SettingsInvalid) as raised:
        Clock(as_of=text).of_run(instance, run_id)
    assert str(raised.value) == (
        f"as_of of the resource `clock` is {text!r} and should be an ISO 8601 instant such as 2026-11-20T09:00:00Z."
    )
    assert raised.value.__suppress_context__


def test_a_bad_value_in_the_environment_names_the_variable(
    instance: dg.DagsterInstance, run_id: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PQL_AS_OF", "tomorrow")
    with pytest.raises(SettingsInvalid, match=r"^The environment variable PQL_AS_OF is 'tomorrow' and should be"):
        Clock().of_run(instance, run_id)


def test_a_bad_value_in_the_environment_does_not_matter_to_a_run_that_has_its_clock(
    instance: dg.DagsterInstance, run_id: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PQL_AS_OF", "tomorrow")
    assert Clock(as_of="2026-11-20T09:00:00Z").of_run(instance, run_id) == NINE
