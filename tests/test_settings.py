"""Each variable, what it may hold, and what is said when it holds something else."""

from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.settings import (
    PROJECT_DIR,
    SHIPPED_RULES_DIR,
    Settings,
    SettingsInvalid,
    parse_instant,
    read_settings,
)

SECRET = "pat-eu1-0000-not-to-be-seen"
SECRET_VARIABLES = ("HUBSPOT_ACCESS_TOKEN", "SLACK_BOT_TOKEN", "PQL_STATE_URL")


@pytest.fixture
def environment(monkeypatch):
    """Set variables and read the settings."""

    def read(**variables: str) -> Settings:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return read_settings()

    return read


def test_without_any_variable_the_project_folder_holds_everything_and_nothing_is_sent(environment):
    settings = environment()
    assert settings.data_dir == PROJECT_DIR / "data"
    assert settings.rules_dir == SHIPPED_RULES_DIR
    assert settings.state_database_url == f"sqlite:///{PROJECT_DIR}/data/state/state.sqlite"
    assert (settings.property_prefix, settings.alert_channel, settings.sandbox_port) == ("zo_", "#pql-alerts", 8765)
    assert (settings.as_of, settings.max_quarantined_pct, settings.warehouse_memory) == (None, 5, "6GB")
    assert not settings.sends_to_hubspot
    assert not settings.sends_to_slack


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("PQL_AS_OF", "yesterday", "'yesterday' and should be an ISO 8601 instant such as 2026-11-20T09:00:00Z"),
        ("PQL_AS_OF", "2026-02-30", "'2026-02-30' and should be an ISO 8601 instant"),
        ("PQL_AS_OF", "0001-01-01T00:00:00+23:00", "should be an ISO 8601 instant"),
        ("PQL_AS_OF", "9999-12-31T23:59:59-10:00", "should be an ISO 8601 instant"),
        ("PQL_PROPERTY_PREFIX", "Zo", "'Zo' and should match pattern '^[a-z][a-z0-9_]*_$'"),
        ("PQL_PROPERTY_PREFIX", "zo", "should match pattern '^[a-z][a-z0-9_]*_$'"),
        ("PQL_DRY_RUN", "perhaps", "'perhaps' and should be true or false"),
        ("PQL_ALERT_CHANNEL", "pql-alerts", "'pql-alerts' and should match pattern '^#[a-z0-9_-]+$'"),
        ("PQL_SANDBOX_PORT", "http", "'http' and should be a whole number"),
        ("PQL_SANDBOX_PORT", "65536", "'65536' and should be less than or equal to 65535"),
        ("PQL_SANDBOX_PORT", "-1", "'-1' and should be greater than or equal to 0"),
        ("PQL_MAX_QUARANTINED_PCT", "few", "'few' and should be a number"),
        ("PQL_MAX_QUARANTINED_PCT", "100.5", "'100.5' and should be less than or equal to 100"),
        ("PQL_MAX_QUARANTINED_PCT", "-1", "'-1' and should be greater than or equal to 0"),
        ("PQL_MAX_QUARANTINED_PCT", "nan", "'nan' and should be"),
        ("PQL_DATA_DIR", "~no-such-user-here/data", "should be a path; ~ is the home folder of a user who exists"),
        ("PQL_RULES_DIR", "~no-such-user-here/rules", "should be a path; ~ is the home folder of a user who exists"),
        ("HUBSPOT_BASE_URL", "api.hubapi.com", "should begin with http:// or https://"),
        ("SLACK_BASE_URL", "ftp://slack.com", "should begin with http:// or https://"),
        ("HUBSPOT_ACCESS_TOKEN", "two words", "should be one word of letters, digits and signs"),
        ("SLACK_BOT_TOKEN", "two\nlines", "should be one word of letters, digits and signs"),
        ("HUBSPOT_ACCESS_TOKEN", "pat\u2013eu1", "should be one word of letters, digits and signs"),
    ],
)
def test_a_bad_variable_is_named_with_what_is_allowed(environment, variable, value, message):
    with pytest.raises(SettingsInvalid) as raised:
        environment(**{variable: value})
    (line,) = str(raised.value).splitlines()
    assert line.startswith(f"The environment variable {variable} ")
    assert message in line
    assert line.endswith(".")


def test_all_bad_variables_are_named_at_once(environment):
    with pytest.raises(SettingsInvalid) as raised:
        environment(PQL_SANDBOX_PORT="http", PQL_DRY_RUN="perhaps", HUBSPOT_BASE_URL="x", SLACK_BOT_TOKEN="a b")
    lines = str(raised.value).splitlines()
    named = {word for line in lines for word in line.split() if word.isupper()}
    assert len(lines) == 4
    assert named == {"PQL_SANDBOX_PORT", "PQL_DRY_RUN", "HUBSPOT_BASE_URL", "SLACK_BOT_TOKEN"}


@pytest.mark.parametrize("variable", SECRET_VARIABLES)
def test_a_secret_is_in_no_text_made_of_the_settings(environment, variable):
    settings = environment(**{variable: f"postgresql://user:{SECRET}@host/db" if "URL" in variable else SECRET})
    for text in (repr(settings), str(settings), f"{settings}", settings.model_dump_json(), str(settings.model_dump())):
        assert SECRET not in text


@pytest.mark.parametrize("variable", ["HUBSPOT_ACCESS_TOKEN", "SLACK_BOT_TOKEN"])
def test_a_secret_that_cannot_be_used_is_not_repeated(environment, variable):
    with pytest.raises(SettingsInvalid) as raised:
        environment(**{variable: f"Bearer {SECRET}"})
    assert SECRET not in str(raised.value)
    assert raised.value.__cause__ is None


@pytest.mark.parametrize("variable", ["HUBSPOT_BASE_URL", "SLACK_BASE_URL"])
def test_a_token_put_where_the_address_belongs_is_not_repeated(environment, variable):
    with pytest.raises(SettingsInvalid) as raised:
        environment(**{variable: SECRET})
    assert SECRET not in str(raised.value)


def test_a_token_loses_the_line_break_that_a_file_left_on_it(environment):
    settings = environment(HUBSPOT_ACCESS_TOKEN=f" {SECRET}\n")
    assert settings.hubspot_access_token.get_secret_value() == SECRET


@pytest.mark.parametrize("value", ["", "  ", "\n"])
def test_an_empty_token_is_no_token(environment, value):
    settings = environment(HUBSPOT_ACCESS_TOKEN=value, SLACK_BOT_TOKEN=value)
    assert settings.hubspot_access_token is None
    assert not settings.sends_to_hubspot
    assert not settings.sends_to_slack


def test_an_empty_variable_means_the_default(environment):
    names = ("DATA_DIR", "RULES_DIR", "STATE_URL", "AS_OF", "PROPERTY_PREFIX", "DRY_RUN", "SANDBOX_PORT")
    names = (*names, "MAX_QUARANTINED_PCT", "WAREHOUSE_MEMORY")
    assert environment(**{f"PQL_{name}": "" for name in names}) == Settings.model_construct()


@pytest.mark.parametrize("value", ["6 GB", "512MiB", "1.5TB"])
def test_the_memory_of_a_build_is_said_as_duckdb_takes_it(environment, value):
    assert environment(PQL_WAREHOUSE_MEMORY=value).warehouse_memory == value
    with duckdb.connect() as connection:
        connection.execute(f"set memory_limit = '{value}'")


@pytest.mark.parametrize("value", ["6", "much", "-1GB", "80%"])
def test_another_amount_of_memory_is_refused(environment, value):
    with pytest.raises(SettingsInvalid, match="PQL_WAREHOUSE_MEMORY is"):
        environment(PQL_WAREHOUSE_MEMORY=value)


@pytest.mark.parametrize(("value", "pct"), [("0", 0), ("0.5", 0.5), ("100", 100)])
def test_the_share_of_bad_lines_may_be_any_percentage(environment, value, pct):
    assert environment(PQL_MAX_QUARANTINED_PCT=value).max_quarantined_pct == pct


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ("elsewhere", PROJECT_DIR / "elsewhere"),
        ("../elsewhere", PROJECT_DIR / "../elsewhere"),
        ("/elsewhere", Path("/elsewhere")),
        ("~/elsewhere", Path.home() / "elsewhere"),
    ],
)
def test_relative_paths_hang_on_the_project_folder_wherever_the_process_stands(
    environment, monkeypatch, tmp_path, value, path
):
    monkeypatch.chdir(tmp_path)
    settings = environment(PQL_DATA_DIR=value, PQL_RULES_DIR=value)
    assert (settings.data_dir, settings.rules_dir) == (path, path)
    assert settings.landing_dir == path / "landing"
    assert settings.warehouse_path == path / "warehouse.duckdb"
    assert settings.published_dir == path / "published"
    assert settings.state_database_url == f"sqlite:///{path}/state/state.sqlite"


@pytest.mark.parametrize(
    ("url", "used"),
    [
        ("sqlite:///state/own.sqlite", f"sqlite:///{PROJECT_DIR}/state/own.sqlite"),
        ("sqlite:////var/own.sqlite", "sqlite:////var/own.sqlite"),
        ("sqlite:///:memory:", "sqlite:///:memory:"),
        ("sqlite://", "sqlite://"),
        ("postgresql+psycopg://u:p@host/db", "postgresql+psycopg://u:p@host/db"),
    ],
)
def test_a_relative_state_file_hangs_on_the_project_folder_too(environment, monkeypatch, tmp_path, url, used):
    monkeypatch.chdir(tmp_path)
    assert environment(PQL_STATE_URL=url).state_database_url == used


@pytest.mark.parametrize(
    ("variables", "to_hubspot", "to_slack"),
    [
        ({"HUBSPOT_ACCESS_TOKEN": "t"}, True, False),
        ({"HUBSPOT_BASE_URL": "http://127.0.0.1:1"}, True, False),
        ({"SLACK_BOT_TOKEN": "t"}, False, True),
        ({"SLACK_BASE_URL": "http://127.0.0.1:1/api/"}, False, True),
        ({"HUBSPOT_ACCESS_TOKEN": "t", "SLACK_BOT_TOKEN": "t", "PQL_DRY_RUN": "false"}, True, True),
        ({"HUBSPOT_ACCESS_TOKEN": "t", "SLACK_BOT_TOKEN": "t", "PQL_DRY_RUN": "true"}, False, False),
        ({"HUBSPOT_BASE_URL": "http://127.0.0.1:1", "SLACK_BASE_URL": "http://a", "PQL_DRY_RUN": "1"}, False, False),
    ],
)
def test_it_is_a_dry_run_without_anybody_to_send_to_or_when_it_says_so(environment, variables, to_hubspot, to_slack):
    settings = environment(**variables)
    assert (settings.sends_to_hubspot, settings.sends_to_slack) == (to_hubspot, to_slack)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-20T09:00:00Z", datetime(2026, 11, 20, 9, tzinfo=UTC)),
        ("2026-11-20T09:00:00+02:00", datetime(2026, 11, 20, 7, tzinfo=UTC)),
        (" 2026-11-20 09:00 ", datetime(2026, 11, 20, 9, tzinfo=UTC)),
        ("2026-11-20", datetime(2026, 11, 20, tzinfo=UTC)),
        ("2026-11-20T09:00:00.123456-03:30", datetime(2026, 11, 20, 12, 30, 0, 123456, tzinfo=UTC)),
    ],
)
def test_an_instant_is_taken_to_utc(environment, text, instant):
    as_of = environment(PQL_AS_OF=text).as_of
    assert as_of == parse_instant(text) == instant
    assert as_of.tzinfo is UTC


@given(st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.timezones() | st.none()))
def test_every_instant_that_python_writes_is_read_as_the_same_instant(instant):
    assert parse_instant(instant.isoformat()) == (
        instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)
    )


def test_settings_cannot_be_changed_after_they_were_read(environment):
    settings = environment()
    with pytest.raises(ValueError, match="frozen"):
        settings.dry_run = True


def test_the_address_of_a_webhook_is_a_secret_too(monkeypatch: pytest.MonkeyPatch):
    address = "https://hooks.example/token-in-the-path"
    monkeypatch.setenv("ENRICHMENT_WEBHOOK_URL", address)
    settings = read_settings()
    assert settings.sends_webhooks
    assert "token-in-the-path" not in repr(settings)
    monkeypatch.setenv("PQL_DRY_RUN", "true")
    assert not read_settings().sends_webhooks


def test_an_address_of_a_webhook_that_is_none_is_told_without_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ENRICHMENT_WEBHOOK_URL", "hooks.example/token-in-the-path")
    with pytest.raises(SettingsInvalid, match="ENRICHMENT_WEBHOOK_URL should begin with http") as told:
        read_settings()
    assert "token-in-the-path" not in str(told.value)
