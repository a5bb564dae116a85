"""The sample company, run twice: most tests look at what came of it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import dagster as dg
import pytest

from dagster_project.sandbox.running import Sandbox, running_sandbox
from dagster_project.settings import SAMPLE_DIR
from tests.conftest import TOKEN, name_nobody
from tests.whole_run import SAMPLE_AS_OF, Pipeline


@dataclass(frozen=True)
class SampleRuns:
    """The first run of everything on the sample, and the second with nothing new."""

    pipeline: Pipeline
    sandbox: Sandbox
    first: dg.ExecuteInProcessResult
    second: dg.ExecuteInProcessResult
    calls_before_second: int


@pytest.fixture(scope="session")
def _sample_runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SampleRuns]:
    data_dir = tmp_path_factory.mktemp("sample") / "data"
    with running_sandbox(seed=SAMPLE_DIR / "crm", slack_burst=1000, slack_per_second=1000) as sandbox:
        with pytest.MonkeyPatch.context() as environment:
            name_nobody(environment)
            pipeline = Pipeline.in_folder(data_dir, environment)
            pipeline.use_sandbox(sandbox, TOKEN)
            pipeline.land_sample()
            first = pipeline.run(as_of=SAMPLE_AS_OF)
            calls = len(sandbox.requests())
            second = pipeline.run(as_of=SAMPLE_AS_OF)
        yield SampleRuns(pipeline, sandbox, first, second, calls)


@pytest.fixture
def sample(_sample_runs: SampleRuns, monkeypatch: pytest.MonkeyPatch) -> SampleRuns:
    """Both runs, and an environment in which a test may go on from there."""
    pipeline = Pipeline.in_folder(_sample_runs.pipeline.data_dir, monkeypatch)
    pipeline.use_sandbox(_sample_runs.sandbox, TOKEN)
    return replace(_sample_runs, pipeline=pipeline)


@pytest.fixture
def pipeline(data_dir, monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    """An empty data folder."""
    return Pipeline.in_folder(data_dir, monkeypatch)


@pytest.fixture
def portal() -> Iterator[Sandbox]:
    """HubSpot and Slack as they are before the first run on the sample."""
    with running_sandbox(seed=SAMPLE_DIR / "crm", slack_burst=1000, slack_per_second=1000) as sandbox:
        yield sandbox
