"""Contacts as they are to be synced, all of them in a sandbox that was empty before."""

from pathlib import Path

import duckdb

# The first contact of an empty sandbox.
FIRST_RECORD_ID = 1001


def desired_contacts(path: Path, count: int, changed_share: float = 1.0) -> None:
    """A `decide.crm_contacts_desired`; the scores of a share of them are one higher than those of the others."""
    with duckdb.connect() as connection:
        connection.execute(
            f"""
            copy (
                select 'u' || i as record_key, 'u' || i as user_id,
                    cast({FIRST_RECORD_ID} + i as varchar) as hubspot_id,
                    'identity' as matched_by,
                    'u' || i || '@bench.example' as contact_email, 'activated' as activation_status,
                    cast((i + case when i < {count * changed_share} then 1 else 0 end) % 101 as integer) as pql_score,
                    cast(i % 51 as integer) as fit_score, cast(i % 91 as integer) as combined_score,
                    'Report created +' || i % 40 || '; 5+ logins in 7 days +10' as score_reasons,
                    timestamp '2026-11-01' + to_seconds(i % 1000000) as last_active_at,
                    cast(null as timestamp) as handoff_at, cast(null as varchar) as lifecycle_stage,
                    cast(null as varchar) as owner_id, 'normal' as sales_priority,
                    case when i % 10 = 0 then 30 end as dormant_for_days,
                    case when i % 4 = 0 then 'nurture;used_key_feature' end as segments, i % 3 = 0 as is_habitual,
                    timestamp '2026-10-01' + to_hours(i % 1000) as activated_at
                from range({count}) as numbers(i)
            ) to '{path}' (format parquet)
            """
        )


def seed_contacts(folder: Path, count: int) -> None:
    """The same ones as a seed of the sandbox, in the order of their ids."""
    folder.mkdir(parents=True)
    addresses = "\n".join(f"u{number}@bench.example" for number in range(count))
    (folder / "contacts.csv").write_text(f"email\n{addresses}\n", encoding="utf-8")
