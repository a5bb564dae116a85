"""One person of the sample company is erased, and then every byte of the data folder is searched for them."""

import json
import shutil
import uuid
from collections.abc import Callable
from pathlib import Path

import duckdb
import polars as pl
import pytest

from dagster_project.landing.files import content_hash
from dagster_project.privacy.erasing import EraseRun, Erasure, erase_person
from dagster_project.sandbox.running import running_sandbox
from dagster_project.settings import SAMPLE_DIR, read_settings
from dagster_project.state.database import open_state
from tests.conftest import TOKEN, name_nobody
from tests.whole_run import SAMPLE_AS_OF, Pipeline, reasons

EMAIL, USER_ID, FULL_NAME = "nora.lindqvist@brightloom.example", "u_nora_lindqvist", "Nora Lindqvist"
# Known by the pipeline alone: an id that was given up, and an address that stands in one event.
ALIAS, EARLIER_EMAIL = "u_before_nora", "n.lindqvist@brightloom.example"
NAMES = [EMAIL, USER_ID, FULL_NAME, ALIAS, EARLIER_EMAIL]
OTHER = "u_noor_rahman"


def land_more(landing: Path) -> None:
    """What the sample does not have of her: every format, lines that were put aside, calls that share a line."""
    event = {"event_type": "login", "timestamp": "2026-11-10T08:00:00Z"}
    lines = [
        {**event, "event_id": "x1", "user_id": ALIAS, "email": EARLIER_EMAIL},
        {**event, "event_id": "x2", "user_id": OTHER, "properties": {"invitee_email": EMAIL.title()}},
        {**event, "event_id": "x3", "user_id": USER_ID, "timestamp": "whenever"},
        {**event, "event_id": "x4", "user_id": OTHER},
    ]
    (landing / "events_more.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    header = "event_id,user_id,event_type,timestamp,properties\n"
    cells = (
        f'y1,{USER_ID},login,2026-11-11T08:00:00Z,"{{""note"":\n""two lines""}}"\n'
        f"y2,{OTHER},login,2026-11-11T09:00:00Z,\n"
    )
    (landing / "events_more.csv").write_text(header + cells)
    (landing / "aliases.csv").write_text(f"alias_user_id,canonical_user_id\n{ALIAS},{USER_ID}\n")
    rows = {
        "event_id": ["z1", "z2", "z3", "z4"],
        "user_id": [OTHER, USER_ID, OTHER, OTHER],
        "event_type": ["login"] * 4,
        "timestamp": ["2026-11-12T08:00:00Z", "2026-11-12T09:00:00Z", "2026-11-12T10:00:00Z", "whenever"],
    }
    pl.DataFrame(rows).write_parquet(landing / "events_more.parquet")
    segment = landing.parent / "segment"
    segment.mkdir()
    calls = [
        {
            "type": "track",
            "messageId": f"m{number}",
            "userId": user_id,
            "event": "login",
            "timestamp": "2026-11-13T08:00:00Z",
        }
        for number, user_id in enumerate([USER_ID, OTHER])
    ]
    identify = {"type": "identify", "messageId": "m9", "userId": USER_ID, "traits": {"email": EMAIL}}
    (segment / "calls.jsonl").write_text(f"{json.dumps({'batch': calls})}\n{json.dumps(identify)}\n")


def places(data_dir: Path, names: list[str] = NAMES) -> list[str]:
    """The files in which one of the names stands, in whatever case and as whatever bytes."""
    found = []
    for file in sorted(path for path in data_dir.rglob("*") if path.is_file()):
        content = file.read_bytes().lower()
        found += [f"{file.relative_to(data_dir)}: {name}" for name in names if name.lower().encode() in content]
    return found


def others(pipeline: Pipeline, table: str) -> list[tuple]:
    """The rows of everybody else in a published mart."""
    frame = pipeline.table(table)
    return sorted(frame.filter(pl.col("user_id") != USER_ID).rows(), key=str)


@pytest.fixture(scope="module")
def environment():
    with pytest.MonkeyPatch.context() as patch:
        name_nobody(patch)
        yield patch


@pytest.fixture(autouse=True)
def _nobody_is_named():
    """In place of the one for every test: the world of this module names its own sandbox."""


@pytest.fixture(scope="module")
def world(tmp_path_factory, environment):
    """The whole job, once."""
    with running_sandbox(seed=SAMPLE_DIR / "crm", slack_burst=1000, slack_per_second=1000) as sandbox:
        pipeline = Pipeline.in_folder(tmp_path_factory.mktemp("erased") / "data", environment)
        pipeline.use_sandbox(sandbox, TOKEN)
        pipeline.land_sample()
        land_more(pipeline.landing)
        log = pipeline.data_dir / "logs" / "last_run.log"
        log.parent.mkdir()
        log.write_text(f"{USER_ID} was handed to sales\n{OTHER} was not\n")
        result = pipeline.run(as_of=SAMPLE_AS_OF)
        assert result.success, reasons(result)
        # After the messages were sent.
        opt_outs = pipeline.data_dir / "suppressed"
        opt_outs.mkdir()
        (opt_outs / "list.csv").write_text(f"email,reason\nkeep@x.example,\n{EARLIER_EMAIL},asked us\n")
        yield pipeline


def erase(email: str, *, write: bool = True, on_progress: Callable[[str], None] = print) -> Erasure:
    settings = read_settings()
    engine = open_state(settings.state_database_url)
    run = EraseRun(settings, engine, str(uuid.uuid4()), email, on_progress=on_progress)
    return erase_person(run, write=write)


class CutOff(Exception):
    pass


@pytest.mark.parametrize("step", ["warehouse", "snapshots", "state", "logs and other files"])
def test_an_erasure_that_was_cut_off_is_finished_by_asking_again(world: Pipeline, tmp_path: Path, step: str):
    data_dir = tmp_path / "data"
    shutil.copytree(world.data_dir, data_dir, symlinks=True)

    def cut_off(line: str) -> None:
        if line == step:
            raise CutOff

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PQL_DATA_DIR", str(data_dir))
        with pytest.raises(CutOff):
            erase(email=EARLIER_EMAIL, on_progress=cut_off)
        done = erase(email=EARLIER_EMAIL)
    assert done.was_cut_off
    assert places(data_dir) == []
    # The warehouse knows every file that it loaded, as it is now.
    with duckdb.connect(data_dir / "warehouse.duckdb", read_only=True) as connection:
        known = dict(connection.sql("select file_name, content_hash from raw.landing_sightings").fetchall())
        hashes = {name for (name,) in connection.sql("select content_hash from raw.landing_files").fetchall()}
    lying = {path.name: content_hash(path) for path in (data_dir / "landing").glob("*/*") if path.is_file()}
    assert known == lying
    assert hashes == set(lying.values())


def test_a_person_is_erased_from_every_byte_and_does_not_come_back(world: Pipeline):
    assert {name for name in NAMES if not places(world.data_dir, [name])} == set()
    before = {table: others(world, table) for table in ("score.contact_scores", "score.contact_score_reasons")}
    ledger = pl.read_parquet(world.data_dir / "state" / "ledger_contacts.parquet").height
    files_before = {path.name: path.read_bytes() for path in world.landing.iterdir()}
    current = (world.data_dir / "published" / "current").resolve()

    planned = erase(email=EARLIER_EMAIL, write=False)
    assert planned.person.user_ids == {USER_ID, ALIAS}
    assert {EMAIL, EARLIER_EMAIL} <= planned.person.emails
    assert {path.name: path.read_bytes() for path in world.landing.iterdir()} == files_before

    done = erase(email=EARLIER_EMAIL)
    assert done.erased.counts == planned.erased.counts
    assert places(world.data_dir) == []
    assert any("HubSpot still holds contact 1001" in line for line in done.erased.left)

    # Nobody else lost anything.
    for table, rows in before.items():
        assert others(world, table) == rows
    assert pl.read_parquet(world.data_dir / "state" / "ledger_contacts.parquet").height == ledger - 1
    assert not current.exists()
    assert (world.data_dir / "suppressed" / "list.csv").read_text() == "email,reason\nkeep@x.example,\n\n"
    assert (world.data_dir / "logs" / "last_run.log").read_text() == f"[erased] was handed to sales\n{OTHER} was not\n"
    kept = [json.loads(line) for line in (world.landing / "events_more.jsonl").read_text().splitlines() if line]
    assert [event["event_id"] for event in kept] == ["x2", "x4"]
    assert kept[0]["properties"] == {"invitee_email": "[erased]"}
    (line, rest) = (world.data_dir / "landing" / "segment" / "calls.jsonl").read_text().splitlines()
    assert ([call["messageId"] for call in json.loads(line)["batch"]], rest) == (["m1"], "")
    # What was put aside still stands where its line is.
    aside = "select line_number from raw.quarantine where file_name = 'events_more.parquet'"
    assert world.query(aside) == [(3,)]

    # With everything as it was: nothing is loaded anew, nothing comes back with HubSpot's copy, nothing is sent.
    result = world.run(as_of=SAMPLE_AS_OF)
    assert result.success, reasons(result)
    assert places(world.data_dir) == []
    assert world.query("select count(*) from raw.landing_files where file_name = 'users.csv'") == [(1,)]
    assert {row[:1] for row in others(world, "score.contact_scores")} == {
        row[:1] for row in before["score.contact_scores"]
    }
    incremental = snapshot_of(world)

    # And with a warehouse that is made anew from the landing files.
    (world.data_dir / "warehouse.duckdb").unlink()
    result = world.run(as_of=SAMPLE_AS_OF)
    assert result.success, reasons(result)
    assert places(world.data_dir) == []
    assert snapshot_of(world) == incremental


def snapshot_of(pipeline: Pipeline) -> dict[str, list]:
    tables = ("score.contact_scores", "score.contact_score_reasons", "score.company_scores", "decide.handoffs")
    return {table: sorted(pipeline.table(table).rows(), key=str) for table in tables}


def test_a_file_that_brings_an_erased_person_back_is_read_without_them(world: Pipeline):
    event = {"event_type": "login", "timestamp": "2026-11-14T08:00:00Z"}
    lines = [{**event, "event_id": f"late{number}", "user_id": who} for number, who in enumerate([USER_ID, OTHER])]
    (world.landing / "events_late.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    result = world.run("score", as_of=SAMPLE_AS_OF)
    assert result.success, reasons(result)
    assert {place.partition(":")[0] for place in places(world.data_dir)} == {"landing/product/events_late.jsonl"}
    assert world.query("select count(*) from raw.product_events where event_id like 'late%'") == [(1,)]
