"""Which record of HubSpot each of our records is, as far as syncs know by now."""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from dagster_project.state.chunking import chunks
from dagster_project.state.tables import identities


def known_record_ids(connection: Connection, object_type: str, record_keys: Sequence[str]) -> dict[str, str]:
    """HubSpot ids by key, of those that HubSpot holds: also of records that a sync made since the snapshot."""
    known = identities.c
    query = select(known.record_key, known.hubspot_id).where(known.object_type == object_type)
    return {
        key: hubspot_id
        for some in chunks(record_keys)
        for key, hubspot_id in connection.execute(query.where(known.record_key.in_(some)))
    }
