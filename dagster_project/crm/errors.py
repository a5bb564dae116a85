"""What can go wrong between us and HubSpot, by what the caller can do about it."""


class CrmError(Exception):
    """Any failure of a call to HubSpot. Messages never hold the token."""


class CrmRefused(CrmError):
    """HubSpot answered that this request is wrong; sending it again would be answered the same.

    `errors` are HubSpot's own items, each with `message` and, where HubSpot says it, `context`.
    """

    def __init__(
        self, status: int, category: str, message: str, errors: list[dict] | None = None, context: dict | None = None
    ):
        self.status = status
        self.category = category
        self.hubspot_message = message
        self.errors = errors or []
        self.context = context or {}
        super().__init__(f"HubSpot refused the request ({status} {category}): {message}")


class CrmUnauthorised(CrmError):
    """The token is missing, wrong, or lacks a scope; a person must act."""


class CrmScopeMissing(CrmUnauthorised):
    """The token is good and may not do this; the message names the scopes that HubSpot named."""


class CrmUnavailable(CrmError):
    """HubSpot kept answering 429 or 5xx, or did not answer; a later run may succeed."""


class DailyLimitReached(CrmUnavailable):
    """The portal's calls of the day are used up; nothing helps before its midnight."""


class CrmAnswerLost(CrmError):
    """The request left and no answer came: whether it was carried out is not known, and repeating it is not safe."""


class CrmCalledOff(CrmError):
    """The caller gave the call up while it waited for its turn."""
