"""A process that dies between two statements, or in the middle of one."""

import os
from pathlib import Path

from dagster_project.settings import PROJECT_DIR


class Died(BaseException):
    """The process is gone: nothing after this is carried out."""


class DyingConnection:
    """Carries out so many statements and then never another one, not even a rollback."""

    def __init__(self, connection, statements_left: int):
        self.connection = connection
        self.statements_left = statements_left

    def execute(self, *arguments):
        self._live()
        return self.connection.execute(*arguments)

    def sql(self, *arguments, **named):
        self._live()
        return self.connection.sql(*arguments, **named)

    def register(self, *arguments):
        self._live()
        return self.connection.register(*arguments)

    def unregister(self, *arguments):
        self._live()
        return self.connection.unregister(*arguments)

    def _live(self) -> None:
        if self.statements_left == 0:
            raise Died
        self.statements_left -= 1


class TellingConnection:
    """Prints a line before rows of events are written, so that another process knows when to kill this one."""

    def __init__(self, connection):
        self.connection = connection
        self.register, self.unregister = connection.register, connection.unregister

    def execute(self, statement, *arguments):
        if statement.startswith("insert into raw.product_events"):
            print("now", flush=True)
        return self.connection.execute(statement, *arguments)

    def sql(self, *arguments, **named):
        return self.connection.sql(*arguments, **named)


def finding_test_modules() -> dict[str, str]:
    """The environment of a process that imports the project and the modules beside this one."""
    return os.environ | {"PYTHONPATH": os.pathsep.join([str(PROJECT_DIR), str(Path(__file__).parent)])}
