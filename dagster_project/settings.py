"""The one reader of environment variables."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PROJECT_DIR = Path(__file__).resolve().parents[1]
DBT_PROJECT_DIR = PROJECT_DIR / "dbt_project"
SHIPPED_RULES_DIR = PROJECT_DIR / "seeds" / "rules"
SAMPLE_DIR = PROJECT_DIR / "seeds" / "sample"

PUBLIC_HUBSPOT_URL = "https://api.hubapi.com"
PUBLIC_SLACK_URL = "https://slack.com/api/"
SQLITE_FILE = "sqlite:///"
# Their values are never repeated: secrets, and addresses, where a token is easily put by mistake.
UNSPOKEN = ("TOKEN", "SECRET", "URL")


class SettingsInvalid(Exception):
    """An environment variable cannot be used; the message names it and says what is allowed."""


def parse_instant(text: str) -> datetime:
    """An ISO 8601 instant as an aware UTC datetime; without a zone it is taken as UTC.

    Raises:
        ValueError: The text is no ISO 8601 date or date and time.
    """
    instant = datetime.fromisoformat(text.strip())
    try:
        return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
    except OverflowError:
        raise ValueError("the instant lies outside the years 1 to 9999 in UTC") from None


def _instant(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return parse_instant(value)
    except ValueError:
        raise ValueError("should be an ISO 8601 instant such as 2026-11-20T09:00:00Z") from None


def _from_project_dir(value: object) -> object:
    """Relative paths hang on the project folder, so that every process of a run means the same file."""
    if not isinstance(value, str | Path):
        return value
    try:
        return PROJECT_DIR / Path(value).expanduser()
    except RuntimeError:
        raise ValueError("should be a path; ~ is the home folder of a user who exists") from None


def _one_word(value: object) -> object:
    """A token as it can stand in an HTTP header; whatever is sent as a header and cannot be is shown by the error."""
    if not isinstance(value, str):
        return value
    word = value.strip()
    if not (word.isascii() and word.isprintable()) or " " in word:
        raise ValueError("should be one word of letters, digits and signs, without blanks or line breaks")
    return word or None


def _state_url(value: object) -> object:
    """A relative SQLite path hangs on the project folder, as every other path does."""
    if not isinstance(value, str):
        return value
    path = value.removeprefix(SQLITE_FILE)
    is_relative = value.startswith(SQLITE_FILE) and path and not path.startswith(("/", ":memory:", "file:"))
    return f"{SQLITE_FILE}{PROJECT_DIR / path}" if is_relative else value


def _json_object(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        found = json.loads(value)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise ValueError('should be a JSON object such as {"product": {"schema": "app"}}')
    return found


ProjectPath = Annotated[Path, BeforeValidator(_from_project_dir)]
Token = Annotated[SecretStr | None, BeforeValidator(_one_word)]
StateUrl = Annotated[SecretStr | None, BeforeValidator(_state_url)]
JsonObject = Annotated[dict[str, Any] | None, NoDecode, BeforeValidator(_json_object)]


class Settings(BaseSettings):
    """What the environment says. Secrets stay `SecretStr`, so that no log, metadata or error shows them."""

    model_config = SettingsConfigDict(env_prefix="PQL_", env_ignore_empty=True, extra="ignore", frozen=True)

    data_dir: ProjectPath = PROJECT_DIR / "data"
    rules_dir: ProjectPath = SHIPPED_RULES_DIR
    suppressed_dir: ProjectPath | None = None
    state_url: StateUrl = None
    as_of: Annotated[datetime | None, BeforeValidator(_instant)] = None
    property_prefix: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*_$")] = "zo_"
    dry_run: bool = False
    # Which of the outputs in dbt_project/profiles.yml builds the models.
    target: Literal["duckdb", "spark", "spark_thrift", "postgres"] = "duckdb"
    # Where Spark reads landing files, if not in the data folder: a URL that Hadoop can read, such as s3a://bucket/landing.
    landing_url: str | None = None
    # In place of the var of that name in dbt_project.yml.
    in_warehouse: JsonObject = None
    max_quarantined_pct: Annotated[float, Field(ge=0, le=100)] = 5
    # What a build may keep in memory; what is larger goes to disk for a while.
    warehouse_memory: Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+)? ?(MB|GB|TB|MiB|GiB|TiB)$")] = "6GB"
    alert_channel: Annotated[str, Field(pattern=r"^#[a-z0-9_-]+$")] = "#pql-alerts"
    sandbox_port: Annotated[int, Field(ge=0, le=65535)] = 8765

    hubspot_access_token: Token = Field(None, validation_alias="HUBSPOT_ACCESS_TOKEN")
    hubspot_base_url: str | None = Field(None, validation_alias="HUBSPOT_BASE_URL")
    slack_bot_token: Token = Field(None, validation_alias="SLACK_BOT_TOKEN")
    slack_base_url: str | None = Field(None, validation_alias="SLACK_BASE_URL")
    # An address may hold a token of its own.
    enrichment_webhook_url: Token = Field(None, validation_alias="ENRICHMENT_WEBHOOK_URL")
    enrichment_webhook_secret: Token = Field(None, validation_alias="ENRICHMENT_WEBHOOK_SECRET")

    @field_validator("hubspot_base_url", "slack_base_url")
    @classmethod
    def _is_http(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("http://", "https://")):
            raise ValueError("should begin with http:// or https://")
        return value

    @field_validator("enrichment_webhook_url")
    @classmethod
    def _is_secret_http(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            cls._is_http(value.get_secret_value())
        return value

    @property
    def landing_dir(self) -> Path:
        return self.data_dir / "landing"

    @property
    def warehouse_path(self) -> Path:
        return self.data_dir / "warehouse.duckdb"

    @property
    def published_dir(self) -> Path:
        return self.data_dir / "published"

    @property
    def parts_dir(self) -> Path:
        return self.data_dir / "parts"

    @property
    def reports_dir(self) -> Path:
        """Where the dashboard lies."""
        return self.data_dir / "reports"

    @property
    def state_dir(self) -> Path:
        return self.data_dir / "state"

    @property
    def opt_outs_dir(self) -> Path:
        """Where people keep the files that say who opted out."""
        return self.suppressed_dir or self.data_dir / "suppressed"

    @property
    def state_database_url(self) -> str:
        """SQLAlchemy URL of the state database; may hold a password, so never print it."""
        if self.state_url is not None:
            return self.state_url.get_secret_value()
        return f"sqlite:///{self.state_dir / 'state.sqlite'}"

    @property
    def sends_to_hubspot(self) -> bool:
        """False: a dry run. Without a token and a base URL there is nobody to send to."""
        return not self.dry_run and (self.hubspot_access_token is not None or self.hubspot_base_url is not None)

    @property
    def sends_to_slack(self) -> bool:
        return not self.dry_run and (self.slack_bot_token is not None or self.slack_base_url is not None)

    @property
    def sends_webhooks(self) -> bool:
        return not self.dry_run and self.enrichment_webhook_url is not None


def read_settings() -> Settings:
    """The settings of this moment.

    Raises:
        SettingsInvalid: A variable holds something else than it may; the value of a secret is not repeated.
    """
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsInvalid("\n".join(_explain(problem) for problem in error.errors())) from None


def _explain(problem: dict) -> str:
    name = str(problem["loc"][0])
    variable = name if name.isupper() else f"PQL_{name.upper()}"
    found = "" if any(word in variable for word in UNSPOKEN) else f" is {problem['input']!r} and"
    return f"The environment variable {variable}{found} {_allowed(problem)}."


def _allowed(problem: dict) -> str:
    match problem["type"]:
        case "bool_parsing":
            return "should be true or false"
        case "int_parsing":
            return "should be a whole number"
        case "float_parsing":
            return "should be a number"
        case _:
            return problem["msg"].removeprefix("Value error, ").removeprefix("Input ").removeprefix("String ")
