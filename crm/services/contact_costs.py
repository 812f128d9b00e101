"""What does a contact cost, how often does it help, and what is a kept customer worth? Asked once, kept in the settings."""

import math
from dataclasses import dataclass

from sqlalchemy.orm import Session

from crm.db import one_at_a_time
from crm.errors import Conflict, InvalidInput
from crm.services import audit, settings

SETTING = "contact_costs"
MOST = 1e9  # of money: a slip of the keys, not a price
FIELDS = ("cost", "success_rate", "kept_share", "kept_amount")


@dataclass(frozen=True)
class ContactCosts:
    """The owner's own figures; hashable.

    cost: money a contact (a call, a letter), >= 0. success_rate: 0..1 of those who would leave stay because of it.
    kept_share: 0..1 of a kept customer's spend of a year that remains with the owner. kept_amount: money that a kept
    customer is worth, the same for all; None: each by what he or she spends a year. is_assumed: nobody has said so yet.
    """

    cost: float = 5.0  # some minutes on the telephone, or a letter with a voucher
    success_rate: float = 0.1  # what win-back letters and calls of small shops bring at best; the page says it is assumed
    kept_share: float = 0.5  # goods and postage are about half of the price in retail
    kept_amount: float | None = None
    is_assumed: bool = True


def read(session: Session) -> ContactCosts:
    """What the owner said, else what is assumed until then."""
    kept = settings.read(session, SETTING)
    if kept is None:
        return ContactCosts()
    return ContactCosts(**{name: kept[name] for name in FIELDS if name in kept}, is_assumed=False)


def checked(*, cost: float | None, success_rate: float | None, kept_share: float | None,
            kept_amount: float | None = None) -> ContactCosts:
    """The owner's figures. Raises InvalidInput for an amount below 0 or too large, and for a share outside 0..1."""
    _amount(cost, "A contact", field="cost")
    if kept_amount is not None:
        _amount(kept_amount, "A kept customer", field="kept_amount")
    for share, what, field in ((success_rate, "How often a contact works", "success_rate"),
                               (kept_share, "What remains with you", "kept_share")):
        if share is None or not math.isfinite(share) or not 0 <= share <= 1:
            raise InvalidInput(f"{what} is a share; choose 0 % to 100 %.", field=field)
    return ContactCosts(float(cost), float(success_rate), float(kept_share),
                        None if kept_amount is None else float(kept_amount), is_assumed=False)


def save(session: Session, costs: ContactCosts, *, seen: ContactCosts) -> None:
    """Keep figures that `checked` made. `seen` are those that were shown; raises Conflict where they are others by now."""
    one_at_a_time(session, SETTING)
    before = read(session)
    if before != seen:
        raise Conflict("What a contact costs was changed in the meantime, perhaps by you in another window. Nothing was "
                       "overwritten; look at the figures as they are now and make your change again.")
    if before == costs:
        return
    settings.write(session, SETTING, {name: getattr(costs, name) for name in FIELDS})
    audit.record(session, "company", None, SETTING, {
        name: (None if before.is_assumed else getattr(before, name), getattr(costs, name)) for name in FIELDS
        if before.is_assumed or getattr(before, name) != getattr(costs, name)})


def _amount(amount: float | None, what: str, *, field: str) -> None:
    if amount is None or not math.isfinite(amount) or not 0 <= amount <= MOST:
        verb = "costs" if field == "cost" else "is worth"
        raise InvalidInput(f"{what} {verb} an amount of 0 or more; write it as a number.", field=field)
