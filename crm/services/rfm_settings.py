"""Where does the owner draw the borders of the RFM marks, and what are the groups called? Kept in the settings."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from crm.db import one_at_a_time
from crm.db.revisions import note_change
from crm.errors import Conflict, InvalidInput
from crm.models import Customer
from crm.services import audit, settings
from crm.services.search import fold

SETTING = "rfm"
BORDERS = 4  # between five marks
NAME_LIMIT = 40  # characters: what fits beside a bar


@dataclass(frozen=True)
class Rfm:
    """The owner's choice; hashable, so that answers can be remembered by it.

    recency_days: at most so many days since the last order for 5, 4, 3 and 2 marks; orders, money: from so many orders, so
    much net spend on for 2, 3, 4 and 5 marks. All rising; None: by fair fifths of the customers. names: (group, the
    owner's name of it) of the groups that have one.
    """

    recency_days: tuple[float, ...] | None = None
    orders: tuple[float, ...] | None = None
    money: tuple[float, ...] | None = None
    names: tuple[tuple[str, str], ...] = ()

    @property
    def cuts(self) -> tuple[tuple[float, ...] | None, ...]:
        """The borders as analyses take them: recency_days, orders, money."""
        return self.recency_days, self.orders, self.money

    def called(self, group: str) -> str:
        """What the owner calls a group."""
        return dict(self.names).get(group, group)


def read(session: Session) -> Rfm:
    """The owner's choice; fifths and the program's own names where nothing was chosen."""
    kept = settings.read(session, SETTING) or {}
    return Rfm(*(None if kept.get(name) is None else tuple(kept[name]) for name in ("recency_days", "orders", "money")),
               names=tuple(sorted(kept.get("names", {}).items())))


def checked(*, recency_days: Sequence[float] | None = None, orders: Sequence[float] | None = None,
            money: Sequence[float] | None = None, names: Mapping[str, str] | None = None) -> Rfm:
    """The choice, tidied; `names` is {group: name} of all groups. Raises InvalidInput for borders that do not rise, an
    empty name or one that two groups have."""
    return Rfm(
        _rising(recency_days, "days since the last order", at_least=0, whole=True, field="recency_days"),
        _rising(orders, "orders", at_least=1, whole=True, field="orders"),
        _rising(money, "money", at_least=0, whole=False, field="money"), names=_names(names or {}))


def save(session: Session, choice: Rfm, *, seen: Rfm) -> None:
    """Keep a choice that `checked` made. `seen` is the one that was shown; raises Conflict where it is another by now."""
    one_at_a_time(session, "rfm settings")
    before = read(session)
    if before != seen:
        raise Conflict("The borders or names were changed in the meantime, perhaps by you in another window. "
                       "Nothing was overwritten; look at them as they are now and make your change again.")
    if before == choice:
        return
    kept = {name: None if getattr(choice, name) is None else list(getattr(choice, name))
            for name in ("recency_days", "orders", "money")}
    settings.write(session, SETTING, {**kept, "names": dict(choice.names)})
    note_change(session, Customer.__table__)  # in which group a customer is has changed, though no record has
    audit.record(session, "company", None, "rfm", {
        **{name: (_plain(getattr(before, name)), _plain(getattr(choice, name))) for name in kept
           if getattr(before, name) != getattr(choice, name)},
        **({"names": (dict(before.names), dict(choice.names))} if before.names != choice.names else {})})


def _rising(borders: Sequence[float] | None, what: str, *, at_least: float, whole: bool,
            field: str) -> tuple[float, ...] | None:
    if borders is None:
        return None
    if len(borders) != BORDERS or any(border is None or not math.isfinite(border) for border in borders):
        raise InvalidInput(f"Five marks need four borders of {what}; give every one a number.", field=field)
    if any(border < at_least or (whole and border != int(border)) for border in borders):
        kind = "whole numbers" if whole else "numbers"
        raise InvalidInput(f"The borders of {what} are {kind} of {at_least} or more.", field=field)
    if any(low >= high for low, high in zip(borders, borders[1:], strict=False)):
        written = ", ".join(f"{border:,g}" for border in borders)
        raise InvalidInput(f"The borders of {what} must rise from one to the next; {written} do not.", field=field)
    return tuple(int(border) if whole else float(border) for border in borders)


def _names(given: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    clean = {group: " ".join((name or "").split()) for group, name in given.items()}
    taken: dict[str, str] = {}
    for group, name in clean.items():
        if not name:
            raise InvalidInput(f"The group “{group}” needs a name.", field="names")
        if len(name) > NAME_LIMIT:
            raise InvalidInput(f"The name “{name[:NAME_LIMIT]}…” is {len(name)} characters long; at most {NAME_LIMIT} are "
                               "allowed.", field="names")
        if fold(name) in taken:
            raise InvalidInput(f"Two groups are called “{name}”; give each a name of its own.", field="names")
        taken[fold(name)] = group
    for group, name in clean.items():
        # Lists and colours of older results would say one group and mean the other.
        if any(fold(name) == fold(other) for other in clean if other != group):
            raise InvalidInput(f"“{name}” is how the program calls another group; choose a name that is not taken.",
                               field="names")
    return tuple(sorted((group, name) for group, name in clean.items() if name != group))


def _plain(borders: tuple[float, ...] | None) -> list[float] | None:
    return None if borders is None else list(borders)
