"""A process that dies between two statements."""


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
