"""What a delivery works with, from the environment: doors, calendars, words."""

from collections.abc import Callable
from datetime import datetime
from functools import cache

from dagster_project.crm.errors import CrmUnauthorised, CrmUnavailable
from dagster_project.crm.owners import read_active_owner
from dagster_project.outreach.act_run import ActRun, Door
from dagster_project.outreach.calendars import read_calendars
from dagster_project.outreach.channel import Channel
from dagster_project.outreach.hubspot_door import HubSpotDoor, told_generally
from dagster_project.outreach.messages import Writer, handoff_help
from dagster_project.outreach.sequence_channel import SequenceChannel
from dagster_project.outreach.slack_channel import slack_door
from dagster_project.outreach.task_channel import TaskChannel
from dagster_project.privacy.suppression import suppressed_now
from dagster_project.resources.enrichment import Enrichment
from dagster_project.resources.hubspot import HubSpot
from dagster_project.resources.published import PublishedMarts
from dagster_project.resources.slack import SlackWorkspace
from dagster_project.resources.state import State
from dagster_project.rules.book import read_rules
from dagster_project.settings import read_settings

NO_HUBSPOT = "nothing is written to HubSpot: HUBSPOT_ACCESS_TOKEN is not set, or PQL_DRY_RUN is"
NO_SLACK = "nothing is posted: SLACK_BOT_TOKEN is not set, or PQL_DRY_RUN is"
NO_WEBHOOK = "no webhook is sent: ENRICHMENT_WEBHOOK_URL is not set, or PQL_DRY_RUN is"


def act_run(
    marts: PublishedMarts,
    state: State,
    hubspot: HubSpot,
    slack: SlackWorkspace,
    enrichment: Enrichment,
    *,
    run_id: str,
    as_of: datetime,
    is_clock_set: bool,
) -> ActRun:
    """Raises:
    NothingPublished: There is no build yet.
    RulesInvalid, SettingsInvalid, OptOutsInvalid: Somebody must mend something first.
    """
    settings, engine = read_settings(), state.engine()
    book = read_rules(settings.rules_dir)
    calendars = read_calendars(book)
    writer = Writer(settings.rules_dir, calendars, as_of, handoff_help(book))

    @cache
    def door() -> HubSpotDoor:
        with told_generally():
            return HubSpotDoor(hubspot.connect(engine), settings.property_prefix)

    def of_hubspot(channel: Callable[[HubSpotDoor], Channel]) -> Door:
        return Door(None, NO_HUBSPOT) if hubspot.is_dry_run else Door(lambda: channel(door()))

    def record_url(record_id: str) -> str | None:
        """Nothing where HubSpot does not say which portal it is: being told in time is worth more than a link."""
        if hubspot.is_dry_run:
            return None
        try:
            return hubspot.portal(engine).contact_url(record_id)
        except (CrmUnavailable, CrmUnauthorised):
            return None

    return ActRun(
        marts.current().path("decide.actions"),
        engine,
        run_id,
        as_of,
        calendars,
        {
            "slack": Door(None, NO_SLACK) if slack.is_dry_run else Door(slack_door(slack.connect, writer)),
            "hubspot_task": of_hubspot(lambda found: TaskChannel(found, writer)),
            "sequence": of_hubspot(lambda found: SequenceChannel(found, writer, calendars)),
            "webhook": Door(None, NO_WEBHOOK) if enrichment.is_dry_run else Door(enrichment.connect),
        },
        owner_of=lambda owner_id: read_active_owner(hubspot.connect(engine), owner_id),
        record_url=record_url,
        is_clock_set=is_clock_set,
        suppressed=suppressed_now(settings, engine),
    )
