"""The sources whose files can land; a further one is a module here and a name in `ALL`."""

from dagster_project.landing.contract import Contract, RawTable
from dagster_project.landing.sources.amplitude import AMPLITUDE
from dagster_project.landing.sources.mixpanel import MIXPANEL
from dagster_project.landing.sources.product import PRODUCT
from dagster_project.landing.sources.segment import SEGMENT

ALL = (PRODUCT, SEGMENT, MIXPANEL, AMPLITUDE)
SOURCES = tuple(source.name for source in ALL)
CONTRACTS: dict[tuple[str, str], Contract] = {
    (contract.source, contract.kind): contract for source in ALL for contract in source.contracts
}
LANDING_TABLES: tuple[RawTable, ...] = tuple(table for source in ALL for table in source.tables)


def kinds_of(source: str) -> tuple[str, ...]:
    """The kinds of files of a source, by the beginnings of their names."""
    return tuple(kind for name, kind in CONTRACTS if name == source)


def kinds_in(table: RawTable) -> tuple[str, tuple[str, ...]]:
    """The source that fills a raw table, and the kinds of its files that do."""
    found = [contract for contract in CONTRACTS.values() if contract.table == table]
    return found[0].source, tuple(contract.kind for contract in found)
