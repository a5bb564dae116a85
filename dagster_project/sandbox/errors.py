"""What HubSpot says when it refuses: status codes and bodies.

Shape: `{status, message, correlationId, category?, subCategory?, errors?, context?, links?}`. The gateway adds the
correlation id. Sources: HubSpot docs: error handling, using object APIs; recorded error bodies in public client
libraries.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

PORTAL_ID = 44001234


class PropertyError(NamedTuple):
    """One property value HubSpot does not take."""

    name: str
    code: str
    message: str


class Refusal(Exception):
    """A request that is answered with an error, raised before anything has changed."""

    def __init__(
        self,
        status: int,
        message: str,
        category: str | None = None,
        *,
        sub_category: str | None = None,
        errors: Sequence[Mapping[str, Any]] = (),
        context: Mapping[str, Sequence[str]] | None = None,
        links: Mapping[str, str] | None = None,
        item_context: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.category = category
        self.sub_category = sub_category
        self.errors = list(errors)
        self.context = dict(context or {})
        self.links = dict(links or {})
        self._item_context = self.context | dict(item_context or {})

    def body(self) -> dict[str, Any]:
        """The body without its correlation id; empty fields are left out, as HubSpot leaves them out."""
        fields = {
            "status": "error",
            "message": self.message,
            "errors": self.errors,
            "context": self.context,
            "links": self.links,
            "category": self.category,
            "subCategory": self.sub_category,
        }
        return {name: value for name, value in fields.items() if value}

    def as_item(self, trace_id: str | None = None) -> dict[str, Any]:
        """The same refusal as one entry of a 207 answer: `{status, category, message, context}` and no more."""
        context = {"objectWriteTraceId": [trace_id], **self._item_context} if trace_id else self._item_context
        item = {"status": "error", "category": self.category, "subCategory": self.sub_category}
        return {name: value for name, value in item.items() if value} | {"message": self.message, "context": context}


def validation(message: str, **details: Any) -> Refusal:
    return Refusal(400, message, "VALIDATION_ERROR", **details)


def values_not_valid(errors: Iterable[PropertyError]) -> Refusal:
    """400 for property values. It names the properties but not the inputs they came from.

    `errors[]` is shorter than the list inside `message` when several inputs share a mistake, as recorded.
    """
    errors = list(errors)
    listed = [
        {
            "isValid": False,
            "message": error.message,
            "error": error.code,
            "name": error.name,
            "localizedErrorMessage": error.message,
            "portalId": PORTAL_ID,
        }
        for error in errors
    ]
    return validation(
        "Property values were not valid: " + json.dumps(listed, separators=(",", ":")),
        errors=[
            {"message": error.message, "code": error.code, "context": {"propertyName": [error.name]}}
            for error in dict.fromkeys(errors)
        ],
    )


def invalid_json(reason: str, line: int = 1, column: int = 1) -> Refusal:
    return Refusal(400, f"Invalid input JSON on line {line}, column {column}: {reason}")


def fields_not_set(*names: str) -> Refusal:
    return validation(
        f"Invalid input JSON on line 1, column 1. Some required fields were not set: [{', '.join(names)}]"
    )


def required_properties(*names: str) -> Refusal:
    return validation(
        f"Error creating record. Some required properties were not set.: [{', '.join(names)}]",
        errors=[{"message": "Some required properties were not set.", "context": {"properties": list(names)}}],
    )


def duplicate_ids(ids: Sequence[str]) -> Refusal:
    return validation(
        f"Duplicate IDs found in batch input: [{', '.join(ids)}]. IDs must be unique", context={"ids": list(ids)}
    )


def objects_not_found(label: str, ids: Sequence[str]) -> Refusal:
    """One entry for all missing ids of a batch, as recorded: `context.ids` lists them, no trace id does."""
    return Refusal(
        404,
        f"Could not get some {label} objects, they may be deleted or not exist. Check that ids are valid.",
        "OBJECT_NOT_FOUND",
        context={"ids": list(ids)},
    )


def not_found(record_id: str) -> Refusal:
    """404 for one record: a numeric id gets no category, a word gets one (both recorded)."""
    if record_id.isdigit():
        return Refusal(404, "resource not found")
    return Refusal(
        404,
        "Object not found.  objectId are usually numeric.",  # two spaces, as HubSpot sends it
        "OBJECT_NOT_FOUND",
        context={"id": [record_id]},
    )


def contact_exists(existing_id: str | None) -> Refusal:
    """409 for an e-mail address that is taken; two inputs of one batch with one new address have no id to name.

    Recorded: the id is in the message, and only as an item of a 207 also in `context.existingId`.
    """
    if existing_id is None:
        return Refusal(409, "Contact already exists", "CONFLICT")
    message = f"Contact already exists. Existing ID: {existing_id}"
    return Refusal(409, message, "CONFLICT", item_context={"existingId": [existing_id]})


def value_taken(label: str, name: str, value: str, record_id: str, holder_id: str, *, status: int = 400) -> Refusal:
    """A unique value that another record holds. The first id is the record being written, the second the holder.

    Recorded as 400 VALIDATION_ERROR for creates and updates; batch/upsert answers 409 for the whole batch.
    """
    message = (
        f"Cannot set PropertyValueCoordinates{{portalId={PORTAL_ID}, objectTypeId=ObjectTypeId{{legacyObjectType="
        f"{label}}}, propertyName={name}, value={value}}} on {record_id}. {holder_id} already has that value."
    )
    return Refusal(status, message, "CONFLICT" if status == 409 else "VALIDATION_ERROR")


def gdpr_deleted(email: str) -> Refusal:
    """400 for an address whose contact was deleted for good under the GDPR: no contact may have it again.

    That it is refused is documented; the words are not. The category is what HubSpot's imports call the same mistake
    (`PublicImportError.errorType` of the official client).
    """
    return Refusal(
        400,
        f"The contact with the email {email} was permanently deleted for GDPR compliance and cannot be created again.",
        "GDPR_BLACKLISTED_EMAIL",
    )


def not_unique(type_id: str, name: str) -> Refusal:
    return validation(f"Unable to perform update/upsert by non-unique {type_id} property {name}")


def unauthorized() -> Refusal:
    return Refusal(
        401,
        "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find more "
        "details at https://developers.hubspot.com/docs/methods/auth/oauth-overview",
        "INVALID_AUTHENTICATION",
    )


def missing_scopes(scopes: Sequence[str]) -> Refusal:
    link = "https://developers.hubspot.com/scopes"
    return Refusal(
        403,
        "This app hasn't been granted all required scopes to make this call. Read more about required scopes here: "
        f"{link}.",
        "MISSING_SCOPES",
        errors=[
            {
                "message": "One or more of the following scopes are required.",
                "context": {"requiredGranularScopes": list(scopes)},
            }
        ],
        links={"scopes": link},
    )
