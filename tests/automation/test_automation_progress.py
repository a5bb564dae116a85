"""What a person sees while a job runs: a line a step, and on a terminal how far the step is."""

import io
import re
from collections.abc import Iterator

import dagster as dg
import pytest

from dagster_project.defs.progress import LINE_WIDTH, StepLines, step_lines

ESCAPE = "\x1b"


class Terminal(io.StringIO):
    """A text file that says whether it is a terminal."""

    def __init__(self, is_terminal: bool) -> None:
        super().__init__()
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal


@dg.asset(key=["raw", "events"])
def events(context: dg.AssetExecutionContext) -> None:
    context.log.info("12 of dana.reyes@orbit.example's lines read")
    context.log.debug("nobody needs to know")


@dg.asset(key=["score", "scores"], deps=[events])
def scores(context: dg.AssetExecutionContext) -> None:
    context.log.warning("the name of dana.reyes@orbit.example is not known")
    raise dg.Failure(description="no rule is sound")


@dg.asset(key=["sync", "contacts"], deps=[scores])
def contacts() -> None:
    raise AssertionError("a step behind one that failed does not run")


def passed(asset: str, check: str) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=True, asset_key=asset, check_name=check)


@dg.multi_asset(
    specs=[dg.AssetSpec("one"), dg.AssetSpec("two")],
    check_specs=[dg.AssetCheckSpec("good", asset="one"), dg.AssetCheckSpec("true", asset="two")],
    name="build",
)
def build() -> Iterator[object]:
    yield dg.MaterializeResult(asset_key="one", check_results=[passed("one", "good")])
    yield dg.MaterializeResult(asset_key="two", check_results=[passed("two", "true")])


def seen(monkeypatch: pytest.MonkeyPatch, *assets: dg.AssetsDefinition, is_terminal: bool = False) -> str:
    """What a run of these assets shows, with the time that steps took as 0.0."""
    terminal = Terminal(is_terminal)
    monkeypatch.setattr(StepLines, "terminal", terminal)
    job = dg.Definitions(
        assets=assets,
        jobs=[dg.define_asset_job("job", dg.AssetSelection.all())],
        loggers={"step_lines": step_lines},
        executor=dg.in_process_executor,
    ).resolve_job_def("job")
    with dg.DagsterInstance.ephemeral() as instance:
        job.execute_in_process(instance=instance, raise_on_error=False, run_config={"loggers": {"step_lines": {}}})
    return re.sub(r" +\d+\.\d s", " 0.0 s", terminal.getvalue())


def test_a_step_that_succeeds_fails_or_is_skipped_has_a_line(monkeypatch: pytest.MonkeyPatch):
    assert seen(monkeypatch, events, scores, contacts).splitlines() == [
        "  ok   raw.events 0.0 s",
        "       ! the name of d***@orbit.example is not known",
        "  FAIL score.scores 0.0 s",
        "  skip sync.contacts",
    ]


def test_a_step_that_builds_several_tables_counts_them_and_their_tests(monkeypatch: pytest.MonkeyPatch):
    assert seen(monkeypatch, build) == "  ok   build 0.0 s   2 tables and rule files, 2 tests\n"


def test_counts_begin_anew_with_each_step(monkeypatch: pytest.MonkeyPatch):
    @dg.asset(deps=["one", "two"])
    def after() -> None:
        pass

    assert seen(monkeypatch, build, after).splitlines()[-1] == "  ok   after 0.0 s"


def test_what_is_no_terminal_gets_no_escape_codes_and_nothing_but_whole_lines(monkeypatch: pytest.MonkeyPatch):
    shown = seen(monkeypatch, events, build)
    assert ESCAPE not in shown
    assert "\r" not in shown
    assert "lines read" not in shown


def test_a_terminal_shows_meanwhile_how_far_the_step_is_and_overwrites_it(monkeypatch: pytest.MonkeyPatch):
    shown = seen(monkeypatch, events, build, is_terminal=True)
    parts = [part.removeprefix(f"{ESCAPE}[K") for part in shown.split("\r")]
    assert any(
        re.fullmatch(r"  \.\.\.  raw\.events +12 of d\*\*\*@orbit\.example's lines read", part) for part in parts
    )
    assert any(re.fullmatch(r"  \.\.\.  build +2 built, 1 test", part) for part in parts)
    assert "nobody needs to know" not in shown
    # What stays is what a log file would hold.
    assert [part for part in parts if part.endswith("\n")] == [line for line in parts if line.startswith("  ok   ")]
    assert len([part for part in parts if part.endswith("\n")]) == 2


def test_a_long_note_stays_in_its_line(monkeypatch: pytest.MonkeyPatch):
    @dg.asset
    def chatty(context: dg.AssetExecutionContext) -> None:
        context.log.info("and so on " * LINE_WIDTH)

    shown = seen(monkeypatch, chatty, is_terminal=True)
    assert max(len(part.removeprefix(f"{ESCAPE}[K")) for part in shown.split("\r")) == LINE_WIDTH + len("  ...  ")
