"""What can go wrong in words that a user can act on; pages and the command line show these as they are."""


class CrmError(Exception):
    """Any expected failure; its text is a whole sentence that says what to correct."""


class NotFound(CrmError):
    """The record asked for is not there, or was deleted."""


class InvalidInput(CrmError):
    """A value breaks a rule; `field` names the input to mark, where there is one."""

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class Conflict(CrmError):
    """Somebody else changed the record since it was read; nothing was overwritten."""


class AlreadyDone(CrmError):
    """The same form was sent twice; the first time counts."""


class NotEnoughData(CrmError):
    """An analysis cannot be computed from so little; shown as advice, never as a zero."""


class Cancelled(CrmError):
    """The user stopped the work; what it had written is rolled back."""
