"""How is a customer found, in any script and case? One casefolded text a customer, searched word by word."""

import re
import unicodedata
from collections.abc import Iterable

from sqlalchemy import ColumnElement, and_

from crm.models import Customer

_NOT_DIGITS = re.compile(r"\D+")
_PHONE_LIKE = re.compile(r"[\d\s()+./-]{3,}")


def search_text(*, name: str | None, company: str | None = None, email: str | None = None, code: str | None = None,
                phone: str | None = None) -> str:
    """What a search looks through: the words casefolded, the phone as bare digits.

    >>> search_text(name="Zoë STRASSE", phone="+49 (0)30-12", code="C7")
    'zoë strasse c7 4903012'
    """
    digits = _NOT_DIGITS.sub("", phone or "")
    return " ".join(part for part in (*map(fold, (name, company, email, code)), digits) if part)


def fold(text: str | None) -> str:
    """Casefolded, in one Unicode form, blanks collapsed: equal for what people take as equal."""
    return " ".join(unicodedata.normalize("NFKC", text or "").casefold().split())


def matches(query: str) -> ColumnElement[bool]:
    """The condition that every word of the query occurs in the customer's text; a phone may be written as one likes."""
    whole = fold(query)
    words: Iterable[str] = whole.split()
    if _PHONE_LIKE.fullmatch(whole):
        # A national number starts with a 0 that the international form leaves out.
        digits = _NOT_DIGITS.sub("", whole)
        words = [digits.lstrip("0") or digits]
    return and_(True, *(Customer.search_text.contains(word, autoescape=True) for word in words if word))
