"""Comparing what is desired of made-up contacts with what HubSpot holds of them: how long, and in how much memory."""

import os
from pathlib import Path

import duckdb

from dagster_project.crm.changes import find_changes
from dagster_project.crm.property_map import MappedProperty, read_property_map
from dagster_project.rules.book import read_rules
from dagster_project.settings import SHIPPED_RULES_DIR
from tests.bench.apart import called
from tests.bench.made_up_contacts import desired_contacts
from tests.bench.measuring import compared

CONTACTS = int(os.environ.get("BENCH_CONTACTS", 1_000_000))
CHANGED_SHARE = 0.01
ALLOWED_SECONDS, ALLOWED_GIB = 1, 2
# Read with the module, so that the time of a diff is that of the diff.
CONTACTS_MAP = read_property_map(read_rules(SHIPPED_RULES_DIR), "zo_")["contacts"]


def bench_diff(folder: Path) -> None:
    """Ours beside a join of the two files that compares nothing; then once more alone, for its memory."""
    desired, ledger = folder / "after.parquet", folder / "ledger.parquet"
    desired_contacts(desired, CONTACTS, CHANGED_SHARE)
    acknowledged_contacts(folder / "before.parquet", ledger)
    count = len(CONTACTS_MAP.properties)
    name = f"diff {CONTACTS:,} contacts, {count} properties, 1 % changed"
    with duckdb.connect() as connection:
        query = f"select count(*) from '{desired}' join '{ledger}' using (hubspot_id)"
        compared(name, lambda: diff(desired, ledger), "bare join", lambda: connection.sql(query).fetchall())
    alone = called("tests.bench.diffing", "diff", desired, ledger)
    print(
        f"  alone, in a process of its own {alone.seconds:21.2f} s   peak {alone.peak_mib / 1024:.2f} GiB, "
        f"allowed {ALLOWED_SECONDS} s and {ALLOWED_GIB} GiB",
        flush=True,
    )


def diff(desired: Path | str, ledger: Path | str) -> None:
    changes = find_changes(Path(desired), Path(ledger), CONTACTS_MAP)
    assert changes.record_count == CONTACTS * CHANGED_SHARE, changes.record_count


def acknowledged_contacts(before: Path, ledger: Path) -> None:
    """The same contacts before any of them changed, as a folded ledger holds them: text, in the order of the ids."""
    desired_contacts(before, CONTACTS, 0)
    texts = ", ".join(f"{_text(property_)} as {property_.name}" for property_ in CONTACTS_MAP.properties)
    with duckdb.connect() as connection:
        connection.execute(
            f"copy (select hubspot_id, record_key, 1 as log_id, {texts} from '{before}' order by hubspot_id) "
            f"to '{ledger}' (format parquet)"
        )


def _text(mapped: MappedProperty) -> str:
    if mapped.value_type == "datetime":
        return f"strftime({mapped.source_column}, '%Y-%m-%dT%H:%M:%S.%g') || 'Z'"
    if mapped.value_type == "date":
        return f"strftime({mapped.source_column}, '%Y-%m-%d')"
    return f"cast({mapped.source_column} as varchar)"
