"""How does the owner want offers to be made? The method, what is left out, how mixed, at which prices; kept in the settings."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from crm.db import one_at_a_time
from crm.errors import InvalidInput
from crm.models import OFFER_QUESTIONS
from crm.services import audit, settings

SETTING = "offers"
MOST_DAYS = 3_650  # ten years: longer than any customer remembers what was bought
MOST_PRICE = 1e9  # of money: a slip of the keys, not a price
METHOD_LIMIT = 40  # characters
CATEGORY_LIMIT = 200  # categories
NEWCOMERS_BY = ("profile", "segment")  # people of the same kind, gender and age; members of the same saved segment
FIELDS = ("method_new", "parameters_new", "method_repeat", "parameters_repeat", "exclude_recent_days", "diversity", "price_low", "price_high", "categories", "newcomers_by")


@dataclass(frozen=True)
class OfferSettings:
    """The owner's choice; hashable, so that answers can be remembered by it.

    method_new, method_repeat: by which offers are made, None: the one that measured best; parameters_new, parameters_repeat:
    with which settings, as JSON, None: its usual ones. exclude_recent_days: what a
    customer bought within so many days is not offered again. diversity: 0 (only what suits best) .. 1 (as mixed as can
    be). price_low, price_high: money, None: no limit. categories: only these, () all. newcomers_by: whose favourites are
    offered to who bought nothing yet, of NEWCOMERS_BY.
    """

    method_new: str | None = None
    parameters_new: str | None = None
    method_repeat: str | None = None
    parameters_repeat: str | None = None
    # What was bought last week looks silly on a list. On two shops a list of five held what was bought next for 80 % and 79 % of
    # customers with nothing left out, for 74 % and 75 % with 14 days, for 64 % and 68 % with 30.
    exclude_recent_days: int = 14
    diversity: float = 0.0
    price_low: float | None = None
    price_high: float | None = None
    categories: tuple[str, ...] = ()
    newcomers_by: str = "profile"

    def method(self, question: str) -> str | None:
        """The owner's method for a question of OFFER_QUESTIONS; None: the one that measured best."""
        return self.method_new if question == "new" else self.method_repeat

    def parameters(self, question: str) -> dict | None:
        """The settings of the owner's method; None: its usual ones."""
        kept = self.parameters_new if question == "new" else self.parameters_repeat
        return None if kept is None else json.loads(kept)

    @property
    def is_narrowed(self) -> bool:
        """Whether some products are left out by price or category."""
        return self.price_low is not None or self.price_high is not None or bool(self.categories)


def read(session: Session) -> OfferSettings:
    """What the owner chose; what is usual where nothing was chosen."""
    kept = settings.read(session, SETTING) or {}
    known = {name: kept[name] for name in FIELDS if name in kept}
    return OfferSettings(**{**known, "categories": tuple(known.get("categories", ()))})


def change(session: Session, **changes) -> OfferSettings:
    """Keep these fields of OfferSettings and leave the others as they are; returns them all. Raises InvalidInput for one that
    is not there, days below 0, a price below 0 or a range that is upside down."""
    one_at_a_time(session, SETTING)
    before = read(session)
    unknown = set(changes) - set(FIELDS)
    if unknown:
        raise InvalidInput(f"Offers have no setting named {', '.join(sorted(unknown))}.")
    after = _checked(replace(before, **changes))
    if after != before:
        settings.write(session, SETTING, {name: list(after.categories) if name == "categories" else getattr(after, name)
                                          for name in FIELDS})
        audit.record(session, "company", None, SETTING, {
            name: (_plain(getattr(before, name)), _plain(getattr(after, name))) for name in FIELDS
            if getattr(before, name) != getattr(after, name)})
    return after


def use_method(session: Session, *, question: str, method: str | None, parameters: dict | None = None) -> OfferSettings:
    """Make offers by this method, with these settings, from now on; None: by the one that measures best."""
    if question not in OFFER_QUESTIONS:
        raise InvalidInput(f"“{question}” is no question; choose one of {', '.join(OFFER_QUESTIONS)}.", field="question")
    written = json.dumps(parameters, sort_keys=True) if method is not None and parameters else None
    return change(session, **{f"method_{question}": method, f"parameters_{question}": written})


def _checked(given: OfferSettings) -> OfferSettings:
    for method in (given.method_new, given.method_repeat):
        if method is not None and not (isinstance(method, str) and 0 < len(method) <= METHOD_LIMIT):
            raise InvalidInput("Choose a method by its name.", field="method")
    days = given.exclude_recent_days
    if days is None or days != int(days) or not 0 <= days <= MOST_DAYS:
        raise InvalidInput(f"Choose from 0 to {MOST_DAYS:,} whole days.", field="exclude_recent_days")
    if given.diversity is None or not 0 <= given.diversity <= 1:
        raise InvalidInput("How mixed the offers are lies between 0 and 1.", field="diversity")
    if given.newcomers_by not in NEWCOMERS_BY:
        raise InvalidInput(f"Choose one of {', '.join(NEWCOMERS_BY)}.", field="newcomers_by")
    for price, field in ((given.price_low, "price_low"), (given.price_high, "price_high")):
        if price is not None and not (math.isfinite(price) and 0 <= price <= MOST_PRICE):
            raise InvalidInput("A price is an amount of 0 or more; write it as a number.", field=field)
    if given.price_low is not None and given.price_high is not None and given.price_low > given.price_high:
        raise InvalidInput(f"The lowest price {given.price_low:,g} is above the highest {given.price_high:,g}; change one of "
                           "them.", field="price_low")
    return replace(given, exclude_recent_days=int(days), diversity=float(given.diversity),
                   price_low=_price(given.price_low), price_high=_price(given.price_high),
                   categories=_categories(given.categories))


def _price(price: float | None) -> float | None:
    return None if price is None else float(price)


def _categories(given: Sequence[str] | None) -> tuple[str, ...]:
    clean = tuple(sorted({text.strip() for text in given or () if text and text.strip()}))
    if len(clean) > CATEGORY_LIMIT:
        raise InvalidInput(f"{len(clean)} categories are chosen; at most {CATEGORY_LIMIT} can be kept.", field="categories")
    return clean


def _plain(content):
    return list(content) if isinstance(content, tuple) else content
