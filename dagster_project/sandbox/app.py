"""The routes of the sandbox, and nothing else."""

from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from . import (
    associations,
    batches,
    directory,
    event_definitions,
    events,
    lists,
    objects,
    page,
    property_endpoints,
    search,
    sequences,
)
from .control import Control
from .gateway import Gateway, Handler
from .limits import Budget
from .portal import Portal

OBJECTS = "/crm/objects/{version}/{type}"
PROPERTIES = "/crm/properties/{version}/{type}"
ASSOCIATIONS = "/crm/associations/{version}/{from_type}/{to_type}/batch"
PIPELINES = "/crm/pipelines/{version}/{type}"
SEQUENCES = "/automation/sequences/{version}"
LISTS = "/crm/lists/{version}"
EVENTS = "/events/custom/{version}/send"
DEFINITIONS = "/events/custom/{version}/event-definitions"

# The scope a token needs, which a `missing_scopes` fault names.
READ, WRITE = "crm.objects.{type}.read", "crm.objects.{type}.write"
SCHEMA_READ, SCHEMA_WRITE = "crm.schemas.{type}.read", "crm.schemas.{type}.write"
LINKS_READ, LINKS_WRITE = "crm.objects.{from_type}.read", "crm.objects.{from_type}.write"
OWNERS_READ, ACCOUNT = "crm.objects.owners.read", "oauth"
ENROLL, ENROLLMENTS_READ = "automation.sequences.enrollments.write", "automation.sequences.read"
LISTS_READ, LISTS_WRITE = "crm.lists.read", "crm.lists.write"
EVENTS_SEND = "analytics.behavioral_events.send"
EVENTS_DEFINE = "behavioral_events.event_definitions.read_write"

HUBSPOT: list[tuple[str, str, Handler, str]] = [
    ("POST", f"{OBJECTS}/batch/read", batches.read, READ),
    ("POST", f"{OBJECTS}/batch/create", batches.create, WRITE),
    ("POST", f"{OBJECTS}/batch/update", batches.update, WRITE),
    ("POST", f"{OBJECTS}/batch/upsert", batches.upsert, WRITE),
    ("POST", f"{OBJECTS}/batch/archive", batches.archive, WRITE),
    ("POST", f"{OBJECTS}/search", search.search, READ),
    ("POST", f"{OBJECTS}/merge", objects.merge, WRITE),
    ("POST", "/crm/objects/{version}/contacts/gdpr-delete", objects.gdpr_delete, "crm.objects.contacts.write"),
    ("GET", OBJECTS, objects.read_page, READ),
    ("POST", OBJECTS, objects.create, WRITE),
    ("GET", OBJECTS + "/{id}", objects.read, READ),
    ("PATCH", OBJECTS + "/{id}", objects.update, WRITE),
    ("DELETE", OBJECTS + "/{id}", objects.archive, WRITE),
    ("POST", f"{PROPERTIES}/batch/create", property_endpoints.batch_create, SCHEMA_WRITE),
    ("POST", f"{PROPERTIES}/batch/read", property_endpoints.batch_read, SCHEMA_READ),
    ("POST", f"{PROPERTIES}/batch/archive", property_endpoints.batch_archive, SCHEMA_WRITE),
    ("GET", f"{PROPERTIES}/groups", property_endpoints.read_groups, SCHEMA_READ),
    ("POST", f"{PROPERTIES}/groups", property_endpoints.create_group, SCHEMA_WRITE),
    ("GET", PROPERTIES + "/groups/{name}", property_endpoints.read_group, SCHEMA_READ),
    ("PATCH", PROPERTIES + "/groups/{name}", property_endpoints.update_group, SCHEMA_WRITE),
    ("GET", PROPERTIES, property_endpoints.read_all, SCHEMA_READ),
    ("POST", PROPERTIES, property_endpoints.create, SCHEMA_WRITE),
    ("GET", PROPERTIES + "/{name}", property_endpoints.read, SCHEMA_READ),
    ("PATCH", PROPERTIES + "/{name}", property_endpoints.update, SCHEMA_WRITE),
    ("DELETE", PROPERTIES + "/{name}", property_endpoints.archive, SCHEMA_WRITE),
    ("POST", f"{ASSOCIATIONS}/create", associations.create, LINKS_WRITE),
    ("POST", f"{ASSOCIATIONS}/associate/default", associations.create_default, LINKS_WRITE),
    ("POST", f"{ASSOCIATIONS}/read", associations.read, LINKS_READ),
    ("POST", f"{ASSOCIATIONS}/archive", associations.archive, LINKS_WRITE),
    ("GET", "/crm/owners/{version}", directory.read_owners, OWNERS_READ),
    ("GET", "/crm/owners/{version}/{id}", directory.read_owner, OWNERS_READ),
    ("GET", PIPELINES, directory.read_pipelines, SCHEMA_READ),
    ("GET", PIPELINES + "/{pipeline}", directory.read_pipeline, SCHEMA_READ),
    ("GET", PIPELINES + "/{pipeline}/stages", directory.read_stages, SCHEMA_READ),
    ("GET", PIPELINES + "/{pipeline}/stages/{stage}", directory.read_stage, SCHEMA_READ),
    ("GET", "/account-info/{version}/details", directory.read_account, ACCOUNT),
    ("GET", "/account-info/{version}/api-usage/daily/private-apps", directory.read_usage, ACCOUNT),
    ("GET", SEQUENCES, sequences.read_all, ENROLLMENTS_READ),
    ("POST", f"{SEQUENCES}/enrollments", sequences.enroll, ENROLL),
    ("GET", SEQUENCES + "/enrollments/contact/{id}", sequences.read_enrollment, ENROLLMENTS_READ),
    ("GET", SEQUENCES + "/{id}", sequences.read_one, ENROLLMENTS_READ),
    ("GET", DEFINITIONS, event_definitions.read_all, EVENTS_DEFINE),
    ("POST", DEFINITIONS, event_definitions.create, EVENTS_DEFINE),
    ("GET", DEFINITIONS + "/{name}", event_definitions.read, EVENTS_DEFINE),
    ("POST", DEFINITIONS + "/{name}/property", event_definitions.create_property, EVENTS_DEFINE),
    ("POST", LISTS, lists.create, LISTS_WRITE),
    ("POST", f"{LISTS}/search", lists.search, LISTS_READ),
    ("GET", LISTS + "/object-type-id/{type_id}/name/{name}", lists.read_by_name, LISTS_READ),
    ("GET", LISTS + "/{id}", lists.read, LISTS_READ),
    ("DELETE", LISTS + "/{id}", lists.delete, LISTS_WRITE),
    ("GET", LISTS + "/{id}/memberships", lists.read_members, LISTS_READ),
    ("PUT", LISTS + "/{id}/memberships/add", lists.add_members, LISTS_WRITE),
    ("PUT", LISTS + "/{id}/memberships/remove", lists.remove_members, LISTS_WRITE),
    ("PUT", LISTS + "/{id}/memberships/add-and-remove", lists.add_and_remove_members, LISTS_WRITE),
    ("POST", EVENTS, events.send, EVENTS_SEND),
    ("POST", f"{EVENTS}/batch", events.send_batch, EVENTS_SEND),
]


def _budget(path: str) -> Budget:
    if path.startswith(ASSOCIATIONS):
        return Budget.ASSOCIATIONS
    if path.startswith(EVENTS):
        return Budget.EVENTS
    return Budget.SEARCH if path.endswith("/search") else Budget.STANDARD


class WithoutTrailingSlash:
    """HubSpot's own client ends some paths in a slash; both forms are one path."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and len(scope["path"]) > 1 and scope["path"].endswith("/"):
            scope = {**scope, "path": scope["path"].rstrip("/") or "/"}
        await self._app(scope, receive, send)


def create_app(portal: Portal) -> ASGIApp:
    gateway, control = Gateway(portal), Control(portal)
    routes = [
        Route(
            path,
            gateway.hubspot(
                handler, scope, _budget(path), is_write=method != "GET" and scope.endswith(("write", "send"))
            ),
            methods=[method],
        )
        for method, path, handler, scope in HUBSPOT
    ]
    routes += [
        Route("/api/{method}", gateway.slack(), methods=["GET", "POST"]),
        Route("/webhook/{name}", gateway.webhook(), methods=["POST"]),
        Route("/_sandbox/health", control.health, methods=["GET"]),
        Route("/_sandbox/reset", control.reset, methods=["POST"]),
        Route("/_sandbox/requests", control.requests, methods=["GET"]),
        Route("/_sandbox/messages", control.messages, methods=["GET"]),
        Route("/_sandbox/faults", control.faults, methods=["GET", "POST", "DELETE"]),
        Route("/_sandbox/settings", control.settings, methods=["GET", "POST"]),
        Route("/", page.home(portal), methods=["GET"]),
        Route("/contacts/{portal_id}/record/{type}/{id}", page.record(portal), methods=["GET"]),
    ]
    app = Starlette(routes=routes, exception_handlers={404: gateway.not_found(), 405: gateway.not_found()})
    app.router.redirect_slashes = False
    return WithoutTrailingSlash(app)
