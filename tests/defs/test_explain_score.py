"""The job that explains a score, and what every build keeps for later questions."""

import dagster as dg
import polars as pl
import pytest

from dagster_project.defs.explain import explain_score
from dagster_project.rules.files import rule_files
from dagster_project.settings import parse_instant, read_settings
from dagster_project.state.database import open_state
from dagster_project.state.rule_versions import rules_at
from tests.defs.conftest import SampleRuns
from tests.whole_run import SAMPLE_AS_OF, reasons

NORA = "nora.lindqvist@brightloom.example"


def explained(**config: str) -> dg.ExecuteInProcessResult:
    from dagster_project.definitions import defs

    with dg.DagsterInstance.ephemeral() as instance:
        return defs.resolve_job_def(explain_score.name).execute_in_process(
            instance=instance,
            raise_on_error=False,
            run_config={
                "ops": {"tell_why": {"config": config}},
                "loggers": {"console": {"config": {"log_level": "INFO"}}},
            },
        )


def account(result: dg.ExecuteInProcessResult) -> str:
    (output,) = result.filter_events(lambda event: event.is_successful_output)
    return output.step_output_data.metadata["account"].value


def test_the_job_prints_the_whole_account_and_no_address(sample: SampleRuns, capfd: pytest.CaptureFixture[str]):
    result = explained(email=NORA)
    assert reasons(result) == {}
    text = account(result)
    assert text.startswith("```text\nNora Lindqvist (user u_nora_lindqvist), as of 2026-11-20 09:00 UTC\n")
    assert "  pql score " in text
    assert "  changes, the newest first\n" in text
    assert "  what would change next\n" in text
    logged = "".join(capfd.readouterr())
    assert "Nora Lindqvist (user u_nora_lindqvist), as of 2026-11-20 09:00 UTC" in logged
    # An address of a colleague who took the handoff, too.
    assert "@" in text
    assert not [word for word in text.split() if "@" in word and "***@" not in word]


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({"email": "who@brightloom.example"}, "Nobody has the address w***@brightloom.example among the "),
        ({"email": NORA, "as_of": "soon"}, "AS_OF is 'soon' and should be an ISO 8601 instant such as "),
        ({"email": NORA, "rules": "nowhere"}, "RULES is 'nowhere' and should be `then`"),
        (
            {"email": NORA, "as_of": "2026-10-01", "rules": "then"},
            "Which rules were in force on 2026-10-01 00:00 UTC is not known: the first rules on record are",
        ),
    ],
)
def test_what_cannot_be_explained_fails_with_one_sentence(sample: SampleRuns, config: dict, told: str):
    assert reasons(explained(**config))["tell_why"].startswith(told)


def test_every_build_keeps_its_rules_and_the_history_of_scores(sample: SampleRuns):
    settings = read_settings()
    version = rules_at(open_state(settings.state_database_url), parse_instant(SAMPLE_AS_OF))
    assert {name: text.encode() for name, text in version.files.items()} == rule_files(settings.rules_dir)
    kept = pl.read_parquet(settings.state_dir / "score_history.parquet")
    assert kept.equals(sample.pipeline.table("score.score_changes"))
    assert kept["is_first"].all()
    assert kept["user_id"].n_unique() == sample.pipeline.table("score.contact_scores").height
