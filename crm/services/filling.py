"""Which numbers of customers are filled in for analyses, and how? A choice a field, kept in the settings."""

from sqlalchemy.orm import Session

from crm.db.revisions import note_change
from crm.errors import InvalidInput
from crm.models import Customer
from crm.services import audit, settings

SETTING = "filled_numbers"
METHODS = ("none", "mean", "median", "interpolation")
GROUPINGS = ("kind", "country", "region", "channel", "gender", "education")
NOTHING = {"method": "none", "by": None}


def choices(session: Session) -> dict[str, dict]:
    """{field: {"method": one of METHODS, "by": one of GROUPINGS or None}} of the fields that are filled in.

    A field is "birth_year", "yearly_income" or the name of a custom field after "custom.".
    """
    return dict(settings.read(session, SETTING, {}))


def choose(session: Session, field: str, *, method: str, by: str | None = None) -> None:
    """How analyses fill one field in from now on; the records stay as they are. Raises InvalidInput."""
    if method not in METHODS or by not in (None, *GROUPINGS):
        raise InvalidInput("Choose how the gaps are filled: not at all, by the mean, the median, or between neighbours in "
                           "time.", field="method")
    known = choices(session)
    before, after = known.get(field, NOTHING), {"method": method, "by": by if method in ("mean", "median") else None}
    if method == "none":
        after = NOTHING
        known.pop(field, None)
    else:
        known[field] = after
    if before != after:
        settings.write(session, SETTING, known)
        note_change(session, Customer.__table__)  # what analyses read of the customers is another now
        audit.record(session, "company", None, "filling", {field: (before["method"], after["method"])})
