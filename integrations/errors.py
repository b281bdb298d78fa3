"""What a call to a platform may raise, named by what the caller must do. The docstring is the default message."""


class IntegrationError(Exception):
    """The platform could not be used."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (type(self).__doc__ or "").split("\n", maxsplit=1)[0])

    def __str__(self) -> str:
        return str(self.args[0])


class TryLater(IntegrationError):
    """The platform is busy or out of reach; the same call may work later.

    `after` is in seconds, as the platform said, or None. `may_have_acted` is true when a write was on its way
    and nobody knows whether it was done: then ask `found`, never send again blindly.
    """

    def __init__(self, message: str = "", *, after: float | None = None, may_have_acted: bool = False) -> None:
        super().__init__(message)
        self.after = after
        self.may_have_acted = may_have_acted


class Reconnect(IntegrationError):
    """The platform no longer lets us in; a person must connect the company again."""


class Refused(IntegrationError):
    """The platform refused; the message is for people and says why."""


class NotThere(Refused):
    """The record does not exist there (any more)."""


class Unsupported(IntegrationError):
    """The platform has nothing like that."""


class BadSignature(IntegrationError):
    """The delivery was not signed by the platform."""


class BadCursor(Refused):
    """The saved reading place cannot be understood; read this connection from the start again."""
