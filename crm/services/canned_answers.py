"""Which texts are sent again and again, and how does one read once the names are filled in?"""

import re

import pandas as pd
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from crm.db import one_at_a_time
from crm.errors import Conflict, InvalidInput, NotFound
from crm.models import TICKET_KINDS, CannedAnswer
from crm.models.base import now
from crm.services import audit

TITLE_LIMIT = 100  # characters
BODY_LIMIT = 20_000
PLACEHOLDERS = ("customer", "ticket", "order")
_PLACEHOLDER = re.compile(r"\{(" + "|".join(PLACEHOLDERS) + r")\}")
_LIKE_ONE = re.compile(r"\{ *([^\W\d_]{1,20}) *\}")  # a word in braces; other braces are text
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def listing(session: Session, *, kind: str | None = None) -> pd.DataFrame:
    """All canned answers by title, or those for tickets of a kind and for all kinds: id, version, title, body, kind (None: all)."""
    columns = (CannedAnswer.id, CannedAnswer.version, CannedAnswer.title, CannedAnswer.body, CannedAnswer.kind)
    wanted = [] if kind is None else [or_(CannedAnswer.kind == kind, CannedAnswer.kind.is_(None))]
    rows = session.execute(select(*columns).where(CannedAnswer.deleted_at.is_(None), *wanted)
                           .order_by(func.lower(CannedAnswer.title), CannedAnswer.id)).all()
    return pd.DataFrame(rows, columns=[column.key for column in columns]).astype({"kind": object})


def create(session: Session, *, title: str, body: str, kind: str | None = None) -> int:
    """Add one and return its id. Raises InvalidInput for an empty or too long text, a title that is there already, and a word
    in braces that stands for nothing."""
    answer = CannedAnswer(**_clean({"title": title, "body": body, "kind": kind}))
    _check_title(session, answer.title, 0)
    session.add(answer)
    session.flush()
    audit.record(session, "canned_answer", answer.id, "created", {"title": (None, answer.title)})
    return answer.id


def update(session: Session, answer_id: int, *, version: int, **changes) -> int:
    """Change title, body or kind and return the new version. Raises Conflict, NotFound, and InvalidInput as `create` does."""
    answer = _existing(session, answer_id, version)
    unknown = set(changes) - {"title", "body", "kind"}
    if unknown:
        raise InvalidInput(f"Canned answers have no field named {', '.join(sorted(unknown))}.")
    clean = _clean(changes)
    noted = {name: (getattr(answer, name), content) for name, content in clean.items() if getattr(answer, name) != content}
    if "title" in noted:
        _check_title(session, clean["title"], answer_id)
    if noted:
        for name, (_, content) in noted.items():
            setattr(answer, name, content)
        _touch(session, answer, "updated", noted)
    return answer.version


def delete(session: Session, answer_id: int, *, version: int) -> None:
    """Take it off the list; `restore` brings it back. Raises Conflict and NotFound."""
    answer = _existing(session, answer_id, version)
    answer.deleted_at = now()
    _touch(session, answer, "deleted", {})


def restore(session: Session, answer_id: int) -> None:
    """Bring a deleted one back; one that is there stays as it is. Raises NotFound, and InvalidInput where another one has its
    title now."""
    answer = session.get(CannedAnswer, answer_id, with_for_update=True, populate_existing=True)
    if answer is None:
        raise NotFound("This canned answer is not there any more.")
    if answer.deleted_at is not None:
        _check_title(session, answer.title, answer_id)
        answer.deleted_at = None
        _touch(session, answer, "restored", {})


def fill(text: str, *, customer: str | None = None, ticket: str | None = None, order: str | None = None) -> str:
    """The text with {customer}, {ticket} and {order} replaced; what is not known stays as it is written, so that it is seen
    before it is sent (see `unfilled`). What is filled in is not read again: a customer may be called {order}.

    >>> fill("Dear {customer}, about {ticket}: {order} is on its way.", customer="Zoë", ticket="T7")
    'Dear Zoë, about T7: {order} is on its way.'
    """
    known = {"customer": customer, "ticket": ticket, "order": order}
    return _PLACEHOLDER.sub(lambda found: known[found[1]] or found[0], text)


def unfilled(text: str) -> tuple[str, ...]:
    """The placeholders that still stand in a text, each once.

    >>> unfilled("Dear Zoë, {order} and {order}")
    ('order',)
    """
    return tuple(dict.fromkeys(_PLACEHOLDER.findall(text)))


def _existing(session: Session, answer_id: int, version: int) -> CannedAnswer:
    answer = session.get(CannedAnswer, answer_id, with_for_update=True, populate_existing=True)
    if answer is None or answer.deleted_at is not None:
        raise NotFound("This canned answer is not there any more; it may have been deleted in another window.")
    if answer.version != version:
        raise Conflict("Somebody changed this canned answer in the meantime, perhaps you in another window. "
                       "Nothing was overwritten; look at the new text and make your change again.")
    return answer


def _touch(session: Session, answer: CannedAnswer, action: str, noted: dict) -> None:
    answer.version += 1
    answer.updated_at = now()
    audit.record(session, "canned_answer", answer.id, action, noted)


def _check_title(session: Session, title: str, own_id: int) -> None:
    one_at_a_time(session, "canned answers")
    if session.scalar(select(CannedAnswer.id).where(CannedAnswer.title == title, CannedAnswer.deleted_at.is_(None),
                                                    CannedAnswer.id != own_id).limit(1)) is not None:
        raise InvalidInput(f"There is a canned answer titled “{title}” already; choose another title.", field="title")


def _clean(given: dict) -> dict:
    clean = {name: _CONTROL.sub("", content or "").strip() for name, content in given.items() if name != "kind"}
    if "title" in clean:
        clean["title"] = " ".join(clean["title"].split())
    for name, limit, missing in (("title", TITLE_LIMIT, "Give the answer a title, by which you find it."),
                                 ("body", BODY_LIMIT, "Write the text of the answer.")):
        if name in clean and not clean[name]:
            raise InvalidInput(missing, field=name)
        if len(clean.get(name, "")) > limit:
            raise InvalidInput(f"The {name} is {len(clean[name]):,} characters long; at most {limit:,} are allowed.", field=name)
    strange = [word for word in _LIKE_ONE.findall(clean.get("body", "")) if word not in PLACEHOLDERS]
    if strange:
        raise InvalidInput(f"“{{{strange[0]}}}” stands for nothing; use {', '.join(f'{{{name}}}' for name in PLACEHOLDERS)}.", field="body")
    if "kind" in given:
        if given["kind"] is not None and given["kind"] not in TICKET_KINDS:
            raise InvalidInput(f"“{given['kind']}” is no kind of ticket; choose one of {', '.join(TICKET_KINDS)}, or none.", field="kind")
        clean["kind"] = given["kind"]
    return clean
