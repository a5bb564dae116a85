"""Opening the state database: its schema is brought up to date first, once per process."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import URL, Engine, ExceptionContext, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, OperationalError, SQLAlchemyError

from dagster_project.state import postgres, sqlite
from dagster_project.state.postgres import POSTGRES

MIGRATIONS = Path(__file__).parent / "migrations"


class StateUnavailable(Exception):
    """The state database cannot be opened; the message names the place without its password."""


@cache
def open_state(url: str) -> Engine:
    """An engine on the state database, with the newest schema.

    Whoever uses the engine is told by a StateUnavailable, too, if a Postgres does not answer any more.

    Args:
        url: An SQLAlchemy URL; SQLite files get WAL mode and full durability, their folder is created.
    Raises:
        StateUnavailable: The URL is none, its driver is missing, or the database does not answer, is no state database
            or was written by a newer version.
    """
    address = _parsed(url)
    place = _shown(address)
    try:
        engine = _engine(address, place)
        if engine.dialect.name == "sqlite":
            sqlite.prepare(engine)
            if address.database:
                _make_room(Path(address.database), place)
        elif engine.dialect.name == POSTGRES:
            postgres.prepare(engine)
            event.listen(engine, "handle_error", lambda context: _unavailable(context, place), retval=True)
        _migrate(engine, place)
    except StateUnavailable as unavailable:
        # Without what the driver said, which may hold more than it should.
        raise unavailable from None
    except ImportError as error:
        raise StateUnavailable(f"The state database {place} needs a driver: {error}. {_driver(address)}") from None
    except CommandError as error:
        raise StateUnavailable(
            f"The state database {place} has a schema that this version does not know ({error}); use the version that "
            "wrote it, or a newer one; or give the state a database of its own."
        ) from None
    except (SQLAlchemyError, OSError) as error:
        problem = error.__cause__ or error
        said = postgres.in_words(problem) if address.get_backend_name() == POSTGRES else problem
        raise StateUnavailable(f"The state database {place} cannot be used: {said}") from None
    return engine


def place_of(url: str) -> str:
    """How a database is named to people: without its password and its options.

    Raises:
        StateUnavailable: It is no URL.
    """
    return _shown(_parsed(url))


def _shown(address: URL) -> str:
    return address.set(query={}).render_as_string(hide_password=True)


def _parsed(url: str) -> URL:
    try:
        # As providers write it, and SQLAlchemy does not.
        address = make_url(f"postgresql://{url.removeprefix('postgres://')}" if url.startswith("postgres://") else url)
    except (ArgumentError, ValueError):
        address = None
    # With a bare @ : or / in the password, a part of it would be taken for the host and be shown.
    if address is None or (address.host is not None and url.count("@") > 1):
        raise StateUnavailable(
            "PQL_STATE_URL is no SQLAlchemy URL such as postgresql+psycopg://user:password@host/database; signs like "
            "@ : / in the password are written %40 %3A %2F."
        )
    return address


def _engine(address: URL, place: str) -> Engine:
    options = postgres.options(address.query) if address.get_backend_name() == POSTGRES else {}
    try:
        # What was to be written, addresses of people too, is of no use in a log.
        return create_engine(address, hide_parameters=True, **options)
    except (TypeError, ValueError):
        # What the driver says would show the value, and so perhaps a secret.
        raise StateUnavailable(f"The state database {place} cannot be used: {postgres.WRONG_OPTION}") from None


def _driver(address: URL) -> str:
    if address.get_backend_name() == POSTGRES:
        return "The extra postgres brings it: make setup EXTRAS=postgres."
    return "Install it."


def _make_room(file: Path, place: str) -> None:
    if file.is_dir():
        raise StateUnavailable(
            f"The state database {place} is a folder; name a file in it, such as {file.name}/state.sqlite."
        )
    refuse_if_moved(file)
    file.parent.mkdir(parents=True, exist_ok=True)


def refuse_if_moved(file: Path) -> None:
    """Raises:
    StateUnavailable: What this SQLite file held is elsewhere by now, and it knows nothing of what was sent since.
    """
    marker = sqlite.moved_marker(file)
    if marker.exists():
        raise StateUnavailable(
            f"The state database {file} is not used any more: {marker.read_text(encoding='utf-8')}. Set PQL_STATE_URL. "
            f"Whoever wants the file back, without what was sent since, deletes {marker.name} beside it."
        )


def _unavailable(context: ExceptionContext, place: str) -> StateUnavailable | None:
    """In the place of what SQLAlchemy would say; None: let it say it."""
    # What comes of asking whether a connection still lives concerns nobody: it is replaced.
    is_answer = not context.is_disconnect and not isinstance(context.sqlalchemy_exception, OperationalError)
    if context.is_pre_ping or is_answer:
        return None
    return StateUnavailable(
        f"The state database {place} cannot be used: {postgres.in_words(context.original_exception)}"
    )


def _migrate(engine: Engine, place: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    newest = ScriptDirectory.from_config(config).get_current_head()
    # Two processes may open a fresh database at once; one migrates, the other waits for its turn.
    with engine.begin() as connection:
        if engine.dialect.name == POSTGRES and (encoding := postgres.encoding_of(connection)) != "UTF8":
            raise StateUnavailable(
                f"The state database {place} has the encoding {encoding}, which cannot hold every name; make one with "
                "createdb --encoding UTF8 --template template0."
            )
        if MigrationContext.configure(connection).get_current_revision() != newest:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
