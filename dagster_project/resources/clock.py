"""The clock of a run: one instant for all of its steps."""

from datetime import UTC, datetime

import dagster as dg

from dagster_project.settings import SettingsInvalid, parse_instant, read_settings


class Clock(dg.ConfigurableResource):
    """What `as_of` is: what the launchpad or the schedule says, else PQL_AS_OF, else when the run was made."""

    as_of: str | None = None

    @property
    def is_set(self) -> bool:
        """Whether somebody gave `as_of`, so that it stands still while a run goes on."""
        return bool(self.as_of) or read_settings().as_of is not None

    def of_run(self, instance: dg.DagsterInstance, run_id: str) -> datetime:
        """An aware UTC datetime, the same for every step of a run.

        Raises:
            SettingsInvalid: `as_of` in the launchpad is no ISO 8601 instant.
        """
        if self.as_of:
            try:
                return parse_instant(self.as_of)
            except ValueError:
                raise SettingsInvalid(
                    f"as_of of the resource `clock` is {self.as_of!r} and should be an ISO 8601 instant such as "
                    "2026-11-20T09:00:00Z."
                ) from None
        configured = read_settings().as_of
        if configured is not None:
            return configured
        record = instance.get_run_record_by_id(run_id)
        return record.create_timestamp.astimezone(UTC) if record is not None else datetime.now(UTC)
