"""Small tables in the metadata of an asset, as the Dagster UI shows them."""

from collections.abc import Iterable, Mapping

import dagster as dg


def metadata_table(columns: Mapping[str, str], rows: Iterable[Mapping[str, str | int]]) -> dg.TableMetadataValue:
    """A table with these columns (name: Dagster's type); it shows its columns also where there is no row."""
    schema = dg.TableSchema([dg.TableColumn(name, type_name) for name, type_name in columns.items()])
    return dg.MetadataValue.table([dg.TableRecord(dict(row)) for row in rows], schema)
