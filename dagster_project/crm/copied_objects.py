"""Which object types of HubSpot are copied, with which properties, into which columns of which raw table."""

from collections.abc import Mapping
from dataclasses import dataclass, field

ADDITIONAL_EMAILS, MERGED_IDS, RECORD_ID = "hs_additional_emails", "hs_merged_object_ids", "hs_object_id"
OWNER, MODIFIED = "hubspot_owner_id", "hs_lastmodifieddate"
# `{column: property}` of facts whose properties the rules choose.
Facts = Mapping[str, str | None]
NO_FACTS: Facts = {}


@dataclass(frozen=True)
class CopiedObject:
    """One object type: its name in HubSpot's paths, and `{column: property}` of what this project uses of it.

    Args:
        columns: A column without a property stays empty.
        instants: Columns that hold instants; HubSpot answers those, like everything, as text.
        modified: The property that says when a record was last changed.
        row_type: What tells the rows of this type from others in a table that several types share.
        also_read: Properties that are asked for and become no column.
        watched: Our own properties: what HubSpot holds of them is compared with what it acknowledged.
    """

    name: str
    table: str
    columns: Mapping[str, str | None]
    instants: Mapping[str, str | None] = field(default_factory=dict)
    modified: str = MODIFIED
    row_type: Mapping[str, str] = field(default_factory=dict)
    also_read: tuple[str, ...] = ()
    watched: tuple[str, ...] = ()

    @property
    def properties(self) -> tuple[str, ...]:
        """What is asked for; nothing else leaves HubSpot."""
        return tuple(dict.fromkeys([*self.used, *self.watched]))

    @property
    def used(self) -> tuple[str, ...]:
        """What the rows are made of, and what tells when and into which they were changed."""
        named = (*self.columns.values(), *self.instants.values(), *self.also_read, self.modified)
        return tuple(name for name in named if name is not None)

    @property
    def fingerprint(self) -> str:
        """What a copy must have been made with, for its rows to be what would be read today."""
        held = {**self.columns, **self.instants}
        named = [f"{column}={name or ''}" for column, name in sorted(held.items())]
        return ",".join([*named, *sorted({*self.also_read, *self.watched})])


def contacts(
    key_property: str | None = None,
    facts: Facts = NO_FACTS,
    watched: tuple[str, ...] = (),
    handoff_time: str | None = None,
) -> CopiedObject:
    """Contacts with what is known of them in the properties that hold it, and our unique property, if we have one.

    Args:
        handoff_time: Our property that says when the contact was handed to sales, if we have one.
    """
    columns = {
        "email": "email",
        "first_name": "firstname",
        "last_name": "lastname",
        "job_title": "jobtitle",
        "country": "country",
        "lifecycle_stage": "lifecyclestage",
        "owner_id": OWNER,
        "enriched_job_title": None,
        "enriched_country": None,
        "original_source": "hs_analytics_source",
    }
    return CopiedObject(
        name="contacts",
        table="raw.hubspot_contacts",
        columns=columns | dict(facts) | {"user_id": key_property},
        instants={
            "last_email_open_at": "hs_email_last_open_date",
            "handoff_at": handoff_time,
            "became_sql_at": "hs_lifecyclestage_salesqualifiedlead_date",
        },
        modified="lastmodifieddate",
        also_read=(ADDITIONAL_EMAILS, MERGED_IDS),
        watched=watched,
    )


DEALS = CopiedObject(
    name="deals",
    table="raw.hubspot_deals",
    columns={
        "deal_name": "dealname",
        "stage": "dealstage",
        "pipeline": "pipeline",
        "amount": "amount",
        "owner_id": OWNER,
        "is_closed": "hs_is_closed",
        "is_closed_won": "hs_is_closed_won",
        "annual_amount": "hs_arr",
        "deal_type": "dealtype",
    },
    instants={
        "closes_at": "closedate",
        "created_at": "createdate",
        "last_modified_at": MODIFIED,
        "stage_entered_at": "hs_v2_date_entered_current_stage",
    },
    also_read=(MERGED_IDS,),
)


def companies(key_property: str | None, facts: Facts = NO_FACTS, watched: tuple[str, ...] = ()) -> CopiedObject:
    """Companies with our unique property, if we have one; a portal that does not have a property answers without it."""
    columns = {
        "name": "name",
        "domain": "domain",
        "employee_count": "numberofemployees",
        "industry": "industry",
        "country": "country",
        "enriched_employee_count": None,
        "enriched_industry": None,
        "enriched_country": None,
        "owner_id": OWNER,
    }
    return CopiedObject(
        name="companies",
        table="raw.hubspot_companies",
        columns=columns | dict(facts) | {"company_id": key_property},
        also_read=(MERGED_IDS,),
        watched=watched,
    )


def _engagement(name: str, status: str | None, done: str | None = None) -> CopiedObject:
    """
    Args:
        done: The property that says when it was done, where that is not its own time.
    """
    return CopiedObject(
        name=name,
        table="raw.hubspot_engagements",
        columns={"owner_id": OWNER, "status": status},
        instants={"occurred_at": "hs_timestamp", "last_modified_at": MODIFIED}
        | ({"completed_at": done} if done else {}),
        row_type={"engagement_type": name.removesuffix("s")},
    )


ENGAGEMENTS = (
    _engagement("calls", "hs_call_status"),
    _engagement("emails", "hs_email_status"),
    _engagement("meetings", "hs_meeting_outcome"),
    _engagement("notes", None),
    _engagement("tasks", "hs_task_status", "hs_task_completion_date"),
)
