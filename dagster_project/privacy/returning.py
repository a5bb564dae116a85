"""Erased people do not come back: not with a file that lands later, and not with the copy of HubSpot."""

from dataclasses import replace

import duckdb

from dagster_project.crm.copied_objects import ADDITIONAL_EMAILS
from dagster_project.crm.copying import CrmCopy, SalesCopy
from dagster_project.privacy.columns import EMAIL_COLUMNS, USER_COLUMNS, described
from dagster_project.privacy.names import EMAIL, USER
from dagster_project.privacy.suppression import Suppressed


def without_erased(crm: CrmCopy, sales: SalesCopy, suppressed: Suppressed) -> tuple[CrmCopy, SalesCopy]:
    """What was read of HubSpot, without the contacts of erased people; HubSpot still holds them."""
    if not suppressed.erased:
        return crm, sales
    contacts = crm.objects["contacts"]
    theirs = {item["id"] for item in contacts.items if _is_erased(item, suppressed)}

    def is_theirs(row: dict) -> bool:
        ends = ((row["from_type"], row["from_id"]), (row["to_type"], row["to_id"]))
        return any(
            kind == "contacts" and (record_id in theirs or suppressed.why(hubspot_id=record_id) is not None)
            for kind, record_id in ends
        )

    kept = replace(contacts, items=[item for item in contacts.items if item["id"] not in theirs])
    pairs = [replace(pair, rows=[row for row in pair.rows if not is_theirs(row)]) for pair in sales.pairs]
    return replace(crm, objects=crm.objects | {"contacts": kept}), replace(sales, pairs=pairs)


def _is_erased(item: dict, suppressed: Suppressed) -> bool:
    held = item["properties"]
    addresses = f"{held.get('email') or ''};{held.get(ADDITIONAL_EMAILS) or ''}".split(";")
    only_erased = Suppressed(erased=suppressed.erased, salt=suppressed.salt)
    return only_erased.why(hubspot_id=item["id"]) is not None or any(
        only_erased.why(email=address) for address in addresses if address.strip()
    )


def drop_returned(connection: duckdb.DuckDBPyConnection, suppressed: Suppressed) -> dict[str, int]:
    """Delete rows of erased people that a file brought; how many there were of each table."""
    if not suppressed.erased:
        return {}
    dropped: dict[str, int] = {}
    hashes = {kind: [digest for known, digest in suppressed.erased if known == kind] for kind in (USER, EMAIL)}
    for table in _landed_tables(connection):
        columns = described(connection, table)
        for name in sorted(columns.keys() & (USER_COLUMNS | EMAIL_COLUMNS)):
            kind = EMAIL if name in EMAIL_COLUMNS else USER
            value = f"lower(trim({name}))" if kind == EMAIL else name
            # Each name is hashed once, however many rows it has.
            ((count,),) = connection.execute(
                f"delete from {table} where {name} in (select name from (select distinct {name} as name, {value} as "
                f"known_as from {table}) where sha256($salt || ':{kind}:' || known_as) in (select unnest($hashes)))",
                {"salt": suppressed.salt, "hashes": hashes[kind]},
            ).fetchall()
            if count:
                dropped[table] = dropped.get(table, 0) + count
    return dropped


def _landed_tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    rows = connection.sql(
        "select table_schema || '.' || table_name from information_schema.columns "
        "where table_schema = 'raw' and column_name = 'load_id' and table_name not in ('landing_files', 'quarantine') "
        "order by 1"
    ).fetchall()
    return [name for (name,) in rows]
