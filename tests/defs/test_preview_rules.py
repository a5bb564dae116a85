"""The preview of a rule change on the sample after two runs, held against plain counting and against a whole build."""

import hashlib
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import polars as pl
import pytest
from sqlalchemy import Engine, select

from dagster_project.__main__ import main
from dagster_project.defs.preview import preview_rules
from dagster_project.publish.previewing import both_sides, proposed_rules
from dagster_project.publish.recomputing import Moment, recompute
from dagster_project.reports.preview.preview import Preview
from dagster_project.reports.preview.report import preview_of
from dagster_project.reports.preview.telling import as_markdown
from dagster_project.settings import SHIPPED_RULES_DIR, read_settings
from dagster_project.state.database import open_state
from dagster_project.state.tables import metadata, outbox
from tests.conftest import TOKEN
from tests.defs.conftest import SampleRuns
from tests.whole_run import SAMPLE_AS_OF, reasons

AS_OF = datetime.fromisoformat(SAMPLE_AS_OF)
# A rule is switched off, and less is asked of who goes to sales.
OFF, LESS = ("Free trial started", 20), 25


def shipped(name: str) -> str:
    return (SHIPPED_RULES_DIR / name).read_text(encoding="utf-8")


def replaced(text: str, old: str, new: str) -> str:
    assert text.count(old) == 1
    return text.replace(old, new)


@dataclass(frozen=True)
class Previewed:
    """A preview, the marts of both sides and their past scores, and what lay there before and after."""

    preview: Preview
    rules: Path
    in_force: Path
    proposed: Path
    readings: tuple[pl.DataFrame, pl.DataFrame]
    before: dict[str, str]
    after: dict[str, str]
    calls: tuple[int, int]

    def rows(self, table: str, key: str) -> tuple[dict, dict]:
        """The rows of a mart of both sides, by a column."""
        sides = (self.in_force, self.proposed)
        frames = [pl.read_parquet(side / f"{table}.parquet") for side in sides]
        return tuple({row[key]: row for row in frame.iter_rows(named=True)} for frame in frames)


def laid_down(data_dir: Path, engine: Engine) -> dict[str, str]:
    """What is live: the warehouse and everything published byte for byte, the state row for row and its file."""
    files = [data_dir / "warehouse.duckdb", data_dir / "state" / "state.sqlite"]
    files += [path for path in (data_dir / "published").rglob("*") if path.is_file()]
    found = {str(path.relative_to(data_dir)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    with engine.connect() as connection:
        for table in metadata.sorted_tables:
            found[f"state.{table.name}"] = repr(connection.execute(select(table)).all())
    return found


@pytest.fixture(scope="module")
def _previewed(_sample_runs: SampleRuns, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Previewed]:
    folder = tmp_path_factory.mktemp("preview")
    rules = folder / "rules"
    rules.mkdir()
    text = shipped("engagement_rules.csv")
    line = next(line for line in text.splitlines() if OFF[0] in line)
    (rules / "engagement_rules.csv").write_text(text.replace(line, replaced(line, ",true,", ",false,")))
    (rules / "sql_definition.csv").write_text(replaced(shipped("sql_definition.csv"), ">=,50", f">=,{LESS}"))
    data_dir, sandbox = _sample_runs.pipeline.data_dir, _sample_runs.sandbox
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PQL_DATA_DIR", str(data_dir))
        # Other tests may have materialized some of the warehouse since the last build.
        _sample_runs.pipeline.use_sandbox(sandbox, TOKEN)
        assert reasons(_sample_runs.pipeline.run("score", as_of=SAMPLE_AS_OF)) == {}
        _sample_runs.pipeline.use_sandbox(sandbox, "no-such-token")
        settings = read_settings()
        engine = open_state(settings.state_database_url)
        before, calls = laid_down(data_dir, engine), len(sandbox.requests())
        with (
            proposed_rules(settings, str(rules)) as (proposal, scratch),
            both_sides(settings, proposal, scratch, 2) as sides,
        ):
            preview = preview_of(settings, proposal, sides)
            for name, side in (("in_force", sides.in_force), ("proposed", sides.proposed)):
                shutil.copytree(side.snapshot.directory, folder / name)
        yield Previewed(
            preview,
            rules,
            folder / "in_force",
            folder / "proposed",
            (sides.in_force.readings, sides.proposed.readings),
            before,
            laid_down(data_dir, engine),
            (calls, len(sandbox.requests())),
        )


@pytest.fixture
def previewed(_previewed: Previewed, sample: SampleRuns) -> Previewed:
    return _previewed


def test_nothing_live_is_touched_and_nobody_is_asked_or_told(previewed: Previewed):
    assert previewed.after == previewed.before
    assert previewed.calls[0] == previewed.calls[1]
    # Nothing is left of what was computed.
    assert not list((read_settings().data_dir / "recomputed").glob(".scratch*"))


def test_with_the_rules_in_force_it_is_what_the_last_run_published(previewed: Previewed, sample: SampleRuns):
    published = sorted(path.name for path in previewed.in_force.glob("*.parquet"))
    assert len(published) > 30
    for name in published:
        assert pl.read_parquet(previewed.in_force / name).equals(
            sample.pipeline.table(name.removesuffix(".parquet"))
        ), name


def test_with_the_proposed_rules_it_is_what_a_build_of_everything_gives(previewed: Previewed, tmp_path: Path):
    whole = tmp_path / "whole"
    shutil.copytree(SHIPPED_RULES_DIR, whole)
    for file in previewed.rules.iterdir():
        shutil.copyfile(file, whole / file.name)
    snapshot = recompute(read_settings(), Moment(AS_OF, str(whole)))
    for path in snapshot.directory.glob("*.parquet"):
        assert pl.read_parquet(previewed.proposed / path.name).equals(pl.read_parquet(path)), path.name


def test_rules_in_force_that_no_build_was_made_with_yet_are_built_first(
    sample: SampleRuns, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    edited = tmp_path / "edited"
    shutil.copytree(SHIPPED_RULES_DIR, edited)
    (edited / "sql_definition.csv").write_text(replaced(shipped("sql_definition.csv"), ">=,50", ">=,30"))
    (tmp_path / "proposed").mkdir()
    (tmp_path / "proposed" / "goals.csv").write_text(shipped("goals.csv").replace(",team:", ",team:x_"))
    monkeypatch.setenv("PQL_RULES_DIR", str(edited))
    settings = read_settings()
    with (
        proposed_rules(settings, str(tmp_path / "proposed")) as (proposal, scratch),
        both_sides(settings, proposal, scratch, 2) as sides,
    ):
        found = {path.name: pl.read_parquet(path) for path in sides.in_force.snapshot.directory.glob("*.parquet")}
        assert sides.moments is None
    whole = recompute(settings, Moment(AS_OF))
    assert not found["decide.handoffs.parquet"].equals(sample.pipeline.table("decide.handoffs"))
    for path in whole.directory.glob("*.parquet"):
        assert found[path.name].equals(pl.read_parquet(path)), path.name


def test_scores_and_bands_are_counted_as_by_hand(previewed: Previewed):
    before, after = previewed.rows("score.contact_scores", "user_id")
    moved = [
        user
        for user in before
        if any(before[user][f"{name}_score"] != after[user][f"{name}_score"] for name in ("pql", "fit", "combined"))
    ]
    crossed = Counter((before[user]["band"], after[user]["band"]) for user in before)
    scores = previewed.preview.scores
    assert scores.moved("pql", "fit", "combined") == len(moved) > 50
    assert scores.matrix() == crossed
    assert scores.crossed == sum(count for (old, new), count in crossed.items() if old != new) > 5
    assert scores.bands == ("nurture", "mql", "pql")


def test_the_largest_movers_are_named_with_the_points_before_and_after(previewed: Previewed):
    before, after = previewed.rows("score.contact_scores", "user_id")
    far = sorted((-abs(after[user]["combined_score"] - before[user]["combined_score"]), user) for user in before)
    movers = previewed.preview.movers
    assert len(movers) == 20
    moves = [-abs(mover.scores["combined"][1] - mover.scores["combined"][0]) for mover in movers]
    assert moves == [move for move, _ in far[:20]]
    given = pl.read_parquet(previewed.in_force / "score.contact_score_reasons.parquet").filter(
        pl.col("label") == OFF[0]
    )
    points = dict(given.select("user_id", "points").iter_rows())
    for mover in movers:
        (reason,) = mover.reasons
        assert (reason.label, reason.before, reason.after) == (OFF[0], points[mover.user_id], 0)
        assert mover.weights is None


def test_handoffs_are_those_of_one_side_only(previewed: Previewed):
    before, after = previewed.rows("decide.handoffs", "handoff_id")
    # What was handed off by the two runs is done, on both sides.
    assert any(row["handoff_state"] == "acknowledged" for row in before.values())
    more = previewed.preview.consequences.handoffs.more
    assert set(more["handoff_id"]) == after.keys() - before.keys() != set()
    assert previewed.preview.consequences.handoffs.fewer.is_empty()
    text = as_markdown(previewed.preview)
    assert f"; {more.height} more handoffs;" in text.splitlines()[0]
    assert all(f"| {user} | more | handed to sales |" in text for user in more["record_key"])


def test_values_are_those_of_contacts_in_hubspot_that_are_desired_otherwise(previewed: Previewed):
    before, after = previewed.rows("decide.crm_contacts_desired", "record_key")
    written = [
        user
        for user, row in after.items()
        if row["hubspot_id"]
        and row["matched_by"] in ("email", "hubspot_id", "identity")
        and row["pql_score"] != before[user]["pql_score"]
    ]
    more = previewed.preview.consequences.values.more.filter(pl.col("property") == "zo_pql_score")
    assert sorted(more["record_key"]) == sorted(written)
    assert dict(more.select("record_key", "value").iter_rows()) == {
        user: str(after[user]["pql_score"]) for user in written
    }


def test_messages_are_those_that_were_not_sent_yet(previewed: Previewed):
    before, after = previewed.rows("decide.actions", "action_id")
    with open_state(read_settings().state_database_url).connect() as connection:
        sent = set(connection.execute(select(outbox.c.action_id)).scalars())
    assert sent
    new = [row for name, row in after.items() if name not in before and name not in sent]
    actions = previewed.preview.consequences.actions
    assert dict(actions.more["kind"].value_counts().iter_rows()) == Counter(row["kind"] for row in new)
    assert {"slack_message", "hubspot_task"} <= {row["kind"] for row in new}
    assert actions.fewer.is_empty()


def test_the_backtest_finds_the_buyers_that_counting_finds(previewed: Previewed):
    journeys = pl.read_parquet(previewed.proposed / "report.contact_journeys.parquet")
    won = dict(journeys.filter("is_won").select("user_id", "won_at").iter_rows())
    for test, readings, threshold in zip(previewed.preview.backtests, previewed.readings, (50, LESS), strict=True):
        highest: dict[str, int] = {}
        for row in readings.iter_rows(named=True):
            user = row["user_id"]
            if user in won and row["seen_at"] < won[user]:
                highest[user] = max(highest.get(user, 0), row["pql_score"])
        found = test.of("pql")
        assert (found.threshold, found.bought) == (threshold, len(highest))
        assert found.found == sum(score >= threshold for score in highest.values())
        assert found.recall == pytest.approx(found.found / len(highest))
        assert test.left_out == len(won) - len(highest)
    assert previewed.preview.backtests[0].of("pql").found < previewed.preview.backtests[1].of("pql").found


def test_past_scores_are_those_that_a_recomputation_gives(previewed: Previewed):
    november = datetime(2026, 11, 1)
    snapshot = recompute(read_settings(), Moment(november.replace(tzinfo=UTC)))
    columns = ["user_id", "pql_score", "fit_score", "combined_score"]
    recomputed = pl.read_parquet(snapshot.path("score.contact_scores"), columns=columns).cast(
        dict.fromkeys(columns[1:], pl.Int64)
    )
    readings = previewed.readings[0].filter(pl.col("seen_at") == november).select(columns)
    assert readings.sort("user_id").equals(recomputed.sort("user_id"))
    assert previewed.preview.moments == (datetime(2026, 10, 1, tzinfo=UTC), november.replace(tzinfo=UTC))


def test_the_report_begins_with_the_answer_and_names_nobodys_address(previewed: Previewed):
    text = as_markdown(previewed.preview)
    assert text.startswith("**")
    assert "@" not in text
    assert "Backtest of the PQL score: " in text.splitlines()[0]
    assert "| engagement_rules.csv | 1 changed |\n| sql_definition.csv | 1 changed |" in text
    assert "## Look at again\n\n- note: engagement_rules.csv" in text


# As it is started


def previewed_in_dagster(**config: object) -> dg.ExecuteInProcessResult:
    from dagster_project.definitions import defs

    with dg.DagsterInstance.ephemeral() as instance:
        return defs.resolve_job_def(preview_rules.name).execute_in_process(
            instance=instance,
            raise_on_error=False,
            run_config={
                "ops": {"tell_what_would_change": {"config": config}},
                "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
            },
        )


def test_the_command_prints_it_and_writes_it_to_a_file(
    sample: SampleRuns, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    folder = tmp_path / "one_file"
    folder.mkdir()
    text = replaced(replaced(shipped("score_bands.csv"), "mql,40,69", "mql,40,44"), "pql,70,100", "pql,45,100")
    (folder / "score_bands.csv").write_text(text)
    out = tmp_path / "new" / "preview.md"
    assert main(["preview", str(folder), "--out", str(out), "--months", "0"]) == 0
    printed = capsys.readouterr().out
    assert out.read_text() == printed
    mql = sample.pipeline.table("score.contact_scores").filter(pl.col("band") == "mql")["combined_score"]
    lifted = sum(score >= 45 for score in mql)
    assert printed.startswith(f"**0 of 275 contacts would have another score and {lifted} another band.** ")
    assert f"| from mql | 0 | {len(mql) - lifted} | **{lifted}** |" in printed
    assert printed.endswith("Left out: no past scores were asked for (MONTHS=0).\n")


def test_the_job_shows_it_and_fails_with_one_sentence(sample: SampleRuns, tmp_path: Path):
    folder = tmp_path / "message"
    (folder / "templates").mkdir(parents=True)
    (folder / "templates" / "sql_handoff.j2").write_text(shipped("templates/sql_handoff.j2") + "\n")
    result = previewed_in_dagster(rules=str(folder))
    assert reasons(result) == {}
    (output,) = result.filter_events(lambda event: event.is_successful_output)
    text = output.step_output_data.metadata["preview"].value
    assert text.startswith("**Nothing would change for anybody now.**")
    assert "| templates/sql_handoff.j2 | as text only |" in text
    assert "no score of the past and no threshold would be another one" in text

    (folder / "score_bands.csv").write_text(replaced(shipped("score_bands.csv"), "pql,70,100", "pql,70,99"))
    told = reasons(previewed_in_dagster(rules=str(folder)))["tell_what_would_change"]
    assert told.startswith("score_bands.csv")


def test_the_same_rules_differ_in_nothing(sample: SampleRuns, capsys: pytest.CaptureFixture[str]):
    # Of the folder in force itself, the rules of the last build are compared.
    assert main(["preview", str(SHIPPED_RULES_DIR)]) == 0
    assert capsys.readouterr().out == "**No rule differs from those in force.**\n"
