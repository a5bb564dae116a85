"""Everything one sandbox holds: a HubSpot portal, a Slack workspace and a webhook receiver on one state file."""

import random
from pathlib import Path
from typing import Any

from . import sequence_list
from .clock import Clock
from .errors import PORTAL_ID
from .faults import Faults
from .limits import HubSpotLimits, SlackLimits
from .links import Links
from .owners import Owners
from .properties import Schema
from .records import Records
from .requestlog import RequestLog
from .settings import Settings
from .state import Store
from .workspace import Workspace


class Portal:
    """The parts and what they share. Use it inside `store.transaction()`."""

    id = PORTAL_ID

    def __init__(self, path: Path, settings: Settings | None = None, clock: Clock | None = None) -> None:
        self.settings = settings or Settings()
        self.clock = clock or Clock()
        self.faults = Faults()
        self.store = Store(path)
        self.owners = Owners(self.store, self.clock)
        self.schema = Schema(self.store, self.clock, lambda owner_id: self.owners.is_active(owner_id))
        self.records = Records(self.store, self.clock, self.schema)
        self.links = Links(self.store, self.clock, self.records)
        self.limits = HubSpotLimits(self.settings, self.clock, self.store)
        self.slack_limits = SlackLimits(self.settings, self.clock)
        self.workspace = Workspace(self.store, self.clock)
        self.requests = RequestLog(self.store, self.clock)
        self.store.after_rollback.append(self._reload)
        self.apply_settings()

    def _reload(self) -> None:
        """Bring what is held in memory back to what the file holds. Owners come first: values refer to them."""
        for part in (self.owners, self.schema, self.records, self.links, self.limits, self.workspace, self.requests):
            part.load()

    def apply_settings(self, **changes: Any) -> None:
        self.settings.change(changes)
        self.records.search_lag_seconds = self.settings.search_lag_seconds
        if "shuffle_seed" in changes or not hasattr(self, "_random"):
            self._random = random.Random(self.settings.shuffle_seed)

    def gdpr_deleted_emails(self) -> set[str]:
        """The addresses of contacts that were deleted under the GDPR."""
        return set(self.store.meta("gdpr_deleted_emails", []))

    def block_emails(self, emails: list[str]) -> None:
        self.store.set_meta("gdpr_deleted_emails", sorted(self.gdpr_deleted_emails().union(emails)))

    def shuffled(self, results: list[Any]) -> list[Any]:
        """Another order than the inputs', as HubSpot answers batches; the same one in every run."""
        order = list(results)
        self._random.shuffle(order)
        if len(order) > 1 and all(one is other for one, other in zip(order, results, strict=True)):
            order.append(order.pop(0))
        return order

    def reset(self) -> None:
        """Empty the sandbox; settings and the clock stay, faults go."""
        self.store.clear()
        self._reload()
        self.slack_limits.load()
        self.faults.clear()
        self.ensure_defaults()
        self._random = random.Random(self.settings.shuffle_seed)

    def ensure_defaults(self) -> None:
        """What there is without a seed: a few channels in Slack and a few sequences."""
        self.workspace.ensure_defaults()
        sequence_list.ensure_defaults(self.store, self.clock)

    def close(self) -> None:
        self.store.close()
