"""What can go wrong with a thing that is to be sent once, by what follows from it; the same for every channel."""

from datetime import datetime


class SendingFailed(Exception):
    """Something was not sent, or perhaps was; the message says who must do what."""


class RefusedForGood(SendingFailed):
    """It was not sent, and no later try can succeed."""


class RefusedForNow(SendingFailed):
    """It was not sent; a later try succeeds once somebody has mended what the message names, or time has passed.

    `not_before`: earlier than this no try can succeed. `concerns_all`: nothing else gets through this channel either.
    """

    def __init__(self, message: str, *, not_before: datetime | None = None, concerns_all: bool = False):
        self.not_before = not_before
        self.concerns_all = concerns_all
        super().__init__(message)


class Unavailable(SendingFailed):
    """Nobody answers, or asks to wait for too long; nothing was sent."""


class AnswerLost(SendingFailed):
    """The request left and no answer came: whether it was carried out is not known."""
