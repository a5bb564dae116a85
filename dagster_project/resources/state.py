"""The state database and the folder of folded ledgers."""

from pathlib import Path

import dagster as dg
from sqlalchemy import Engine

from dagster_project.settings import read_settings
from dagster_project.state.database import open_state


class State(dg.ConfigurableResource):
    """What HubSpot and Slack acknowledged; opened on first use, with its schema brought up to date."""

    def engine(self) -> Engine:
        return open_state(read_settings().state_database_url)

    def folder(self) -> Path:
        return read_settings().state_dir
