"""Read-only endpoints about the account: owners, pipelines, account details and API usage.

Sources: HubSpot docs: owners guide, pipelines, account information; recorded answers.
"""

from typing import Any

from .calls import Answer, Call
from .errors import Refusal, not_found, validation
from .limits import ACCOUNT_ZONE
from .object_types import CONTACTS, DEALS, object_type
from .owners import Owner
from .portal import Portal
from .properties import DEFAULT_STAMP
from .writes import deal_stages

OWNER_LIMIT = 500
OWNER_DEFAULT = 100
CONTACT_PIPELINE = "contacts-lifecycle-pipeline"


def read_owners(portal: Portal, call: Call) -> Answer:
    limit = call.number("limit", OWNER_DEFAULT, OWNER_LIMIT)
    after = call.query.get("after") or "0"
    if not after.isdecimal():
        raise validation(f"Invalid after '{after}'")
    email, archived = call.query.get("email"), call.flag("archived")
    found = [
        owner
        for owner in portal.owners.by_id.values()
        if owner.archived == archived and int(owner.id) > int(after) and email in (None, "", owner.email)
    ]
    body: dict[str, Any] = {"results": [owner.body() for owner in found[:limit]]}
    if len(found) > limit:
        last = found[limit - 1].id
        body["paging"] = {"next": {"after": last, "link": f"{call.base_url}{call.path}?limit={limit}&after={last}"}}
    return Answer(200, body)


def read_owner(portal: Portal, call: Call) -> Answer:
    """By `id`, which `hubspot_owner_id` takes, or by `userId`. An archived one only with `archived=true`."""
    by, wanted = call.query.get("idProperty", "id"), call.parts["id"]
    if by not in ("id", "userId"):
        raise validation(f"Invalid idProperty '{by}': must be id or userId")
    owner: Owner | None = portal.owners.by_id.get(wanted) if by == "id" else portal.owners.by_user_id(wanted)
    if owner is None or owner.archived != call.flag("archived"):
        raise not_found(wanted)
    return Answer(200, owner.body())


def _stage(stage_id: str, label: str, order: int, metadata: dict[str, str]) -> dict[str, Any]:
    return {
        "label": label,
        "displayOrder": order,
        "metadata": metadata,
        "id": stage_id,
        "createdAt": DEFAULT_STAMP,
        "updatedAt": DEFAULT_STAMP,
        "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT",
        "archived": False,
    }


def _pipeline(portal: Portal, call: Call) -> dict[str, Any]:
    kind = object_type(call.parts["type"])
    if kind is CONTACTS:
        options = portal.schema.options(CONTACTS, "lifecyclestage")
        stages = [
            _stage(
                option["value"],
                option["label"],
                order,
                {"isClosed": "true", "state": "CLOSED"}
                if option["value"] == "other"
                else {"isClosed": "false", "state": "OPEN"},
            )
            for order, option in enumerate(options)
        ]
        pipeline_id, label = CONTACT_PIPELINE, "Lifecycle Stage Pipeline"
    elif kind is DEALS:
        stages = [
            _stage(
                stage["id"],
                stage["label"],
                order,
                {"isClosed": str(stage["isClosed"]).lower(), "probability": stage["probability"]},
            )
            for order, stage in enumerate(deal_stages())
        ]
        pipeline_id, label = "default", "Sales Pipeline"
    else:
        raise Refusal(404, f"No pipelines for {kind.label}", "OBJECT_NOT_FOUND")
    wanted = call.parts.get("pipeline", pipeline_id)
    if wanted != pipeline_id:
        raise not_found(wanted)
    return {
        "label": label,
        "displayOrder": 0,
        "id": pipeline_id,
        "stages": stages,
        "createdAt": DEFAULT_STAMP,
        "updatedAt": DEFAULT_STAMP,
        "archived": False,
    }


def read_pipelines(portal: Portal, call: Call) -> Answer:
    return Answer(200, {"results": [_pipeline(portal, call)]})


def read_pipeline(portal: Portal, call: Call) -> Answer:
    return Answer(200, _pipeline(portal, call))


def read_stages(portal: Portal, call: Call) -> Answer:
    return Answer(200, {"results": _pipeline(portal, call)["stages"]})


def read_stage(portal: Portal, call: Call) -> Answer:
    wanted = call.parts["stage"]
    stage = next((stage for stage in _pipeline(portal, call)["stages"] if stage["id"] == wanted), None)
    if stage is None:
        raise not_found(wanted)
    return Answer(200, stage)


def read_account(portal: Portal, call: Call) -> Answer:
    """`uiDomain` is the sandbox itself, so that links to records lead to its page."""
    offset = portal.clock.now().astimezone(ACCOUNT_ZONE).utcoffset()
    minutes = int(offset.total_seconds() // 60) if offset else 0
    sign = "-" if minutes < 0 else "+"
    return Answer(
        200,
        {
            "portalId": portal.id,
            "accountType": "STANDARD",
            "timeZone": ACCOUNT_ZONE.key,
            "companyCurrency": "USD",
            "additionalCurrencies": [],
            "utcOffset": f"{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}",
            "utcOffsetMilliseconds": minutes * 60_000,
            "uiDomain": call.base_url.partition("://")[2],
            "dataHostingLocation": "na1",
        },
    )


def read_usage(portal: Portal, call: Call) -> Answer:
    return Answer(
        200,
        {
            "results": [
                {
                    "name": "private-apps-api-calls-daily",
                    "usageLimit": portal.settings.daily_limit,
                    "currentUsage": portal.limits.used_today(),
                    "collectedAt": portal.clock.stamp(),
                    "fetchStatus": "SUCCESS",
                    "resetsAt": portal.limits.resets_at(),
                }
            ]
        },
    )
