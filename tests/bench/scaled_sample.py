"""The sample company many times over: other people at other companies who did the same."""

import csv
from pathlib import Path

import duckdb

from dagster_project.settings import SAMPLE_DIR

LANDING, CRM = SAMPLE_DIR / "landing" / "product", SAMPLE_DIR / "crm"
EVENT_COLUMNS = ("event_id", "user_id", "email", "company_id", "event_type", "timestamp", "received_at", "properties")
# Of people and companies; owners and Slack stay as they are.
MULTIPLIED = {"contacts.csv": ("email", "hs_additional_emails", "company_domain"), "companies.csv": ("domain",)}


def sample_users() -> int:
    with (LANDING / "users.csv").open(encoding="utf-8", newline="") as stream:
        return len({row["user_id"] for row in csv.DictReader(stream)})


def write_landing(folder: Path, copies: int) -> dict[str, int]:
    """Landing files with copies of the sample; how many rows each has, without lines that are no rows."""
    folder.mkdir(parents=True)
    with duckdb.connect() as connection:
        connection.execute(f"create table copies as select range::varchar as copy from range({copies})")
        connection.execute(_SCALED)
        return {
            "events": _write(connection, folder, "events", _events(), ("user_id", "event_id", "company_id")),
            "users": _write(connection, folder, "users", f"read_csv('{LANDING}/users.csv', all_varchar = true)"),
            "companies": _write(
                connection, folder, "companies", f"read_csv('{LANDING}/companies.csv', all_varchar = true)"
            ),
        }


def write_crm(folder: Path, copies: int) -> None:
    """A seed of the sandbox to go with it."""
    folder.mkdir(parents=True)
    with duckdb.connect() as connection:
        connection.execute(f"create table copies as select range::varchar as copy from range({copies})")
        connection.execute(_SCALED)
        for file in sorted(CRM.iterdir()):
            columns = MULTIPLIED.get(file.name)
            if columns is None:
                (folder / file.name).write_bytes(file.read_bytes())
                continue
            scaled = ", ".join(f"scaled_email({name}, copy) as {name}" for name in columns)
            connection.execute(
                f"copy (select rows.* replace ({scaled}) from read_csv('{file}', all_varchar = true) as rows, copies "
                f"order by copy) to '{folder / file.name}' (header)"
            )


# Copy 0 is the sample itself. A company has a domain of its own in each copy, and a private address another name.
_SCALED = """
create macro scaled_id(id, copy) as case when copy = '0' then id else id || '_' || copy end;
create macro scaled_email(email, copy) as case
    when copy = '0' then email
    when email like '%.example%' then replace(email, '.example', copy || '.example')
    else replace(email, '@', copy || '@')
end;
"""


def _events() -> str:
    columns = ", ".join(f"cast({name} as varchar) as {name}" for name in EVENT_COLUMNS)
    as_text = ", ".join(f"{name}: 'varchar'" for name in EVENT_COLUMNS)
    parts = [
        f"select {columns} from read_parquet('{LANDING}/events*.parquet', union_by_name = true)",
        f"select {columns} from read_csv('{LANDING}/events*.csv', all_varchar = true, union_by_name = true)",
        f"select {columns} from read_json('{LANDING}/events*.jsonl', columns = {{{as_text}}}, ignore_errors = true)",
    ]
    rows = " union all ".join(parts)
    return f"(select * from ({rows}) where try_cast(timestamp as timestamptz) is not null and user_id is not null)"


def _write(connection: duckdb.DuckDBPyConnection, folder: Path, name: str, rows: str, ids: tuple[str, ...] = ()) -> int:
    described = [column for column, *_ in connection.sql(f"describe select * from {rows}").fetchall()]
    keys = [column for column in described if column in ids or column in ("user_id", "company_id")]
    scaled = [f"scaled_id({column}, copy) as {column}" for column in keys]
    scaled += [f"scaled_email({column}, copy) as {column}" for column in described if column in ("email", "domain")]
    file = folder / f"{name}.parquet"
    connection.execute(
        f"copy (select rows.* replace ({', '.join(scaled)}) from {rows} as rows, copies) to '{file}' (format parquet)"
    )
    ((count,),) = connection.sql(f"select count(*) from '{file}'").fetchall()
    return count
