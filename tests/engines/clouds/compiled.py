"""Compile every model for Snowflake and BigQuery, and read what comes out in the language of each.

Nobody answers: no relation is there, so that incremental models are compiled as they are built the first time. Run in
an environment that has dbt-core, dbt-snowflake, dbt-bigquery and sqlglot: `make test-snowflake`.
"""

import sys
from types import SimpleNamespace

from tests.engines.clouds.dbt_by_hand import invoked

AS_OF = "2026-11-20T09:00:00Z"


def main() -> int:
    wrong = 0
    for target in ("snowflake", "bigquery"):
        statements = compiled(target)
        unread = {name: why for name, sql in statements.items() if (why := unreadable(sql, target))}
        print(f"{target}: {len(statements)} models and tests compile; {len(unread)} of them cannot be read.")
        for name, why in unread.items():
            print(f"  {name}: {why}")
        wrong += len(unread) or not statements
    return 1 if wrong else 0


def compiled(target: str) -> dict[str, str]:
    """The SQL of each model and test, by name.

    Raises:
        SystemExit: One does not compile; the message says which.
    """
    answer_nothing(target)
    done = invoked(target, AS_OF, "compile", "--no-introspect", "--no-populate-cache")
    if not done.success:
        raise SystemExit(f"{target}: {done.exception or [result.message for result in done.result if result.message]}")
    nodes = [result.node for result in done.result]
    return {node.name: node.compiled_code for node in nodes if node.resource_type in ("model", "test")}


def answer_nothing(target: str) -> None:
    """No relation is there, and no connection is made."""
    if target == "snowflake":
        from dbt.adapters.snowflake import SnowflakeAdapter as Adapter
    else:
        from dbt.adapters.bigquery import BigQueryAdapter as Adapter
    from dbt.adapters.contracts.connection import ConnectionState

    def opened(connection):
        connection.handle, connection.state = SimpleNamespace(close=lambda: None), ConnectionState.OPEN
        return connection

    Adapter.ConnectionManager.open = staticmethod(opened)
    Adapter.get_relation = lambda *_, **__: None


def unreadable(sql: str, dialect: str) -> str | None:
    import sqlglot

    try:
        statements = sqlglot.parse(sql, dialect=dialect, error_level=sqlglot.ErrorLevel.RAISE)
    except sqlglot.errors.SqlglotError as error:
        return str(error).splitlines()[0]
    commands = [statement for statement in statements if isinstance(statement, sqlglot.exp.Command)]
    return "sqlglot takes it as it is, without reading it" if commands else None


if __name__ == "__main__":
    sys.exit(main())
