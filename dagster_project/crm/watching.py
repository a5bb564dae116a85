"""What HubSpot was read to hold in our own properties, kept small: a million records are read at once."""

from collections.abc import Collection, Sequence

import polars as pl

# So many records become columns at once; as lists of Python texts they take several times the room.
ROWS_AT_ONCE = 20_000


class Watched:
    """Takes our properties out of records as they are read; `table` has a row a record and a text column a property.

    Args:
        also_used: Properties that whoever reads the records needs to see there, too.
    """

    def __init__(self, properties: Sequence[str], also_used: Collection[str] = ()):
        self._properties = tuple(properties)
        self._dropped = set(properties) - set(also_used)
        self._frames: list[pl.DataFrame] = []
        self._rows: list[tuple[str | None, ...]] = []

    def take(self, record_id: str, held: dict[str, str | None]) -> dict[str, str | None]:
        """Note what a record holds of ours, and return its properties without what nobody else needs."""
        if not self._properties:
            return held
        # HubSpot answers a value that was cleared as an empty text.
        self._rows.append((record_id, *(held.get(name) or None for name in self._properties)))
        if len(self._rows) >= ROWS_AT_ONCE:
            self._pack()
        return {name: value for name, value in held.items() if name not in self._dropped}

    def table(self) -> pl.DataFrame:
        """Of a record that was met twice, what it held the last time."""
        self._pack()
        return pl.concat([self._empty(), *self._frames]).unique("hubspot_id", keep="last")

    def _pack(self) -> None:
        self._frames.append(pl.DataFrame(self._rows, schema=self._empty().schema, orient="row"))
        self._rows = []

    def _empty(self) -> pl.DataFrame:
        return pl.DataFrame(schema=dict.fromkeys(("hubspot_id", *self._properties), pl.String))
