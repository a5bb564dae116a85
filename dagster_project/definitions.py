"""Table of contents: every asset, check, job, schedule, sensor and resource."""

import dagster as dg

from dagster_project.defs.act import actions_delivered, actions_given_up, retry_actions
from dagster_project.defs.alerts import failed_runs
from dagster_project.defs.associations import crm_associations_synced
from dagster_project.defs.automation import (
    act_job,
    audit_job,
    dashboard_job,
    hourly_dashboard,
    hourly_score,
    new_files_job,
    new_landing_files,
    owed_actions,
    quarterly_audit,
    score_job,
    sync_job,
    unsynced_changes,
    whole_job,
)
from dagster_project.defs.checks import every_event_name_is_in_the_taxonomy, somebody_can_take_every_handoff
from dagster_project.defs.concerned import concerned_marts
from dagster_project.defs.dashboard import dashboard
from dagster_project.defs.diff import crm_companies_changed, crm_contacts_changed
from dagster_project.defs.erase import erase_person
from dagster_project.defs.explain import explain_score
from dagster_project.defs.in_words import in_words
from dagster_project.defs.ingest import country_spellings, email_domains, hubspot, landing_assets, pipeline_memory
from dagster_project.defs.lists import crm_lists_synced
from dagster_project.defs.preview import preview_rules
from dagster_project.defs.progress import step_lines
from dagster_project.defs.replay import replay_quarantine
from dagster_project.defs.report import audit_of_rules, run_account
from dagster_project.defs.returns import crm_contacts_assigned, crm_contacts_returned
from dagster_project.defs.score_and_decide import published_marts, scored_and_decided
from dagster_project.defs.sync import crm_companies_synced, crm_contacts_synced, crm_properties
from dagster_project.defs.sync_events import crm_events_sent
from dagster_project.defs.undo import undo_sync_run
from dagster_project.resources.clock import Clock
from dagster_project.resources.dbt import Dbt
from dagster_project.resources.enrichment import Enrichment
from dagster_project.resources.hubspot import HubSpot
from dagster_project.resources.published import PublishedMarts
from dagster_project.resources.slack import SlackWorkspace
from dagster_project.resources.state import State
from dagster_project.resources.warehouse import Warehouse

defs = dg.Definitions(
    assets=dg.map_asset_specs(
        in_words,
        [
            *landing_assets,
            hubspot,
            pipeline_memory,
            email_domains,
            country_spellings,
            scored_and_decided,
            published_marts,
            crm_contacts_changed,
            crm_companies_changed,
            crm_properties,
            crm_companies_synced,
            crm_contacts_synced,
            crm_contacts_returned,
            crm_contacts_assigned,
            crm_associations_synced,
            crm_events_sent,
            crm_lists_synced,
            concerned_marts,
            actions_delivered,
            actions_given_up,
            run_account,
            audit_of_rules,
            dashboard,
        ],
    ),
    asset_checks=[every_event_name_is_in_the_taxonomy, somebody_can_take_every_handoff],
    jobs=[
        score_job,
        sync_job,
        new_files_job,
        act_job,
        whole_job,
        audit_job,
        dashboard_job,
        retry_actions,
        replay_quarantine,
        explain_score,
        preview_rules,
        undo_sync_run,
        erase_person,
    ],
    schedules=[hourly_score, quarterly_audit, hourly_dashboard],
    sensors=[new_landing_files, unsynced_changes, owed_actions, failed_runs],
    resources={
        "clock": Clock(),
        "dbt": Dbt(),
        "enrichment": Enrichment(),
        "hubspot": HubSpot(),
        "marts": PublishedMarts(),
        "slack": SlackWorkspace(),
        "state": State(),
        "warehouse": Warehouse(),
    },
    loggers={"console": dg.colored_console_logger, "step_lines": step_lines},
    # One process a run: importing Dagster and dbt anew in every step takes longer than most steps do.
    executor=dg.in_process_executor,
)
