"""The moments of a sync, so that a test can end it, or let something else happen, at any one of them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from crm_world import door
from sqlalchemy import Engine, event

from dagster_project.crm.transport import Answer, HubSpotApi


class CutOff(BaseException):
    """The process ended here; nothing that the code does about errors may happen any more."""


class WatchedDoor(HubSpotApi):
    """Tells of every call, before it leaves and after its answer came: `before batch/update`, `after batch/update`."""

    def __init__(self, *arguments: Any, on_moment: Callable[[str], None], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._on_moment = on_moment

    def call(self, method: str, path: str, **options: Any) -> Answer:
        name = "/".join(path.split("/")[-2:])
        self._on_moment(f"before {name}")
        answer = super().call(method, path, **options)
        self._on_moment(f"after {name}")
        return answer


def watched_door(url: str, on_moment: Callable[[str], None]) -> HubSpotApi:
    return door(url, kind=WatchedDoor, on_moment=on_moment)


class Moments:
    """Counts the moments of a sync and cuts it off at one of them; whatever it still tries then fails as well."""

    def __init__(self, cut_at: int | None = None) -> None:
        self.cut_at = cut_at
        self.names: list[str] = []

    @property
    def is_cut(self) -> bool:
        return self.cut_at is not None and len(self.names) > self.cut_at

    def __call__(self, name: str) -> None:
        if not self.is_cut:
            self.names.append(name)
        if self.is_cut:
            raise CutOff(name)

    @contextmanager
    def of(self, engine: Engine) -> Iterator[None]:
        """Also those just before something is committed to the state database."""

        def before_commit(_connection: Any) -> None:
            self("before commit")

        event.listen(engine, "commit", before_commit)
        try:
            yield
        finally:
            event.remove(engine, "commit", before_commit)


def at(moment: str, action: Callable[[], Any]) -> Callable[[str], None]:
    """Do something once, at the first moment with this name."""
    done: list[str] = []

    def on_moment(name: str) -> None:
        if name == moment and not done:
            done.append(name)
            action()

    return on_moment
