"""Errors that name what is wrong and what to do about it: people see the message and no traceback."""

from dagster_project.crm.errors import CrmError
from dagster_project.engines.engine import EngineUnusable
from dagster_project.engines.only_here import OnlyOnDuckDB
from dagster_project.landing.places import PlacesInvalid
from dagster_project.outreach.owed import ActionsOutdated
from dagster_project.outreach.retrying import NothingToRetry
from dagster_project.outreach.slack import SlackRefused, SlackUnavailable
from dagster_project.privacy.erasing import CannotErase
from dagster_project.privacy.opt_outs import OptOutsInvalid
from dagster_project.publish.history import HistoryUnusable
from dagster_project.publish.previewing import CannotPreview
from dagster_project.publish.recomputing import CannotRecompute
from dagster_project.publish.snapshot import NothingPublished
from dagster_project.resources.dbt import BuildFailed
from dagster_project.resources.warehouse import WarehouseBusy, WarehouseUnusable
from dagster_project.rules.proposing import NothingProposed
from dagster_project.rules.reading import RulesInvalid
from dagster_project.settings import SettingsInvalid
from dagster_project.state.database import StateUnavailable
from dagster_project.state.moving import CannotMove
from dagster_project.state.rule_versions import NoRuleVersion

MENDABLE = (
    ActionsOutdated,
    BuildFailed,
    CannotErase,
    CannotMove,
    CannotPreview,
    CannotRecompute,
    CrmError,
    EngineUnusable,
    HistoryUnusable,
    NoRuleVersion,
    NothingProposed,
    NothingPublished,
    NothingToRetry,
    OnlyOnDuckDB,
    OptOutsInvalid,
    PlacesInvalid,
    RulesInvalid,
    SettingsInvalid,
    SlackRefused,
    SlackUnavailable,
    StateUnavailable,
    WarehouseBusy,
    WarehouseUnusable,
)
