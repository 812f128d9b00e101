"""How is wrong data mended? Each fix is shown first, changes nothing else than was shown, and can be taken back."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import pandas as pd
from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from crm.db import reads
from crm.errors import Conflict, InvalidInput
from crm.models import (
    GROUPS,
    Base,
    Correction,
    Customer,
    Deal,
    Interaction,
    Order,
    Payment,
    RecordChange,
    SurveyAnswer,
    Ticket,
)
from crm.models.base import now
from crm.money import UNITS
from crm.services import audit, changes, settings
from crm.services.quality import CHECKS, outliers, texts
from crm.services.quality.look import EARLIEST, IN_AT_ONCE, MODELS, Look
from crm.services.search import search_text

SHOWN = 100  # rows of a preview; more nobody reads one by one
SEARCHED = ("name", "company", "email", "phone", "code")  # what a customer's search text is made from
SHIPPED_WITHIN_DAYS = 365  # a day and month that change places make a year at most


@dataclass(frozen=True)
class Preview:
    """`rows`: the first changes: id, record (what it is called), field, old, new, as texts; `total`: all changes,
    of `records` records; `mark` names exactly these changes: `apply` makes no others."""

    rows: pd.DataFrame
    total: int
    records: int
    mark: str


@dataclass(frozen=True)
class _Day:
    """A wrong day: day and month change places where that `fits`; else it is emptied where it may be empty."""

    model: type[Base]
    column: str
    beside: str | None = None
    fits: Callable[[date | datetime, date | datetime | None], bool] = lambda moment, beside: True


def fixable(code: str) -> bool:
    """Whether this finding's records can be mended here."""
    return code in _FIXES


@reads(*GROUPS)
def first_mendable(session: Session, *, codes: Sequence[str]) -> str | None:
    """The first of these findings of which something can be mended here; None where none is."""
    look = Look(session, settings.today(session))
    return next((code for code in codes if code in _FIXES and len(_proposals(look, code))), None)


def preview(session: Session, code: str, *, limit: int = SHOWN) -> Preview:
    """What `apply` would change, the first `limit` changes of it. Raises InvalidInput for a finding without a fix."""
    look = Look(session, settings.today(session))
    found = _proposals(look, code)
    shown = found.head(limit)
    called = _called(look, _model(code), shown["id"].unique().tolist())
    rows = pd.DataFrame({"id": shown["id"], "record": shown["id"].map(called), "field": shown["field"],
                         "old": [_text(field, cell) for field, cell in zip(shown["field"], shown["old"], strict=True)],
                         "new": [_text(field, cell) for field, cell in zip(shown["field"], shown["new"], strict=True)]})
    return Preview(rows.reset_index(drop=True), len(found), found["id"].nunique(), _mark(found))


def apply(session: Session, code: str, *, only_ids: Sequence[int] | None = None, mark: str | None = None) -> int:
    """Make the changes of the preview, or those of `only_ids` alone; returns the correction's id.

    Everything is looked at anew, and a value that somebody changed meanwhile is not overwritten. Raises Conflict where
    `mark` says that other changes were shown, or a value changed under our hands; InvalidInput where nothing is left.
    """
    found = _proposals(Look(session, settings.today(session)), code)
    if mark is not None and mark != _mark(found):
        raise Conflict("The records changed since these changes were shown. Nothing was mended; look at them again.")
    if only_ids is not None:
        found = found[found["id"].isin(list(only_ids))]
    if found.empty:
        raise InvalidInput("There is nothing left to mend here.")
    model, records = _model(code), int(found["id"].nunique())
    correction_id = changes.begin_correction(session, "fix", {"code": code, "records": records, "changes": len(found)})
    before: dict[int, dict] = {}
    after: dict[int, dict] = {}
    for field, ours in found.groupby("field", sort=True):
        _write(session, model, field, ours)
        for record_id, old, new in zip(ours["id"].tolist(), ours["old"], ours["new"], strict=True):
            before.setdefault(record_id, {})[field] = _plain(old)
            after.setdefault(record_id, {})[field] = _plain(new)
    changes.record(session, [(model.__tablename__, record_id, before[record_id], after[record_id])
                             for record_id in before], correction_id=correction_id)
    _search_again(session, model, set(before), set(found["field"]))
    audit.record(session, "correction", correction_id, "mended", {code: (None, records)})
    return correction_id


def take_back(session: Session, correction_id: int) -> changes.TakenBack:
    """Put back what a fix changed; what somebody edited since stays and is told. Raises NotFound and InvalidInput."""
    done = changes.undo_correction(session, correction_id)
    touched = session.execute(select(RecordChange.record_id, RecordChange.before).where(
        RecordChange.correction_id == correction_id, RecordChange.table_name == Customer.__tablename__)).all()
    _search_again(session, Customer, {row.record_id for row in touched}, {name for row in touched for name in row.before})
    audit.record(session, "correction", correction_id, "taken back")
    return done


def done_before(session: Session, *, limit: int = 20) -> pd.DataFrame:
    """The fixes, the newest first: correction_id, code, records, created_at (UTC), is_undone."""
    rows = session.execute(select(Correction.id, Correction.details, Correction.created_at, Correction.status)
                           .where(Correction.kind == "fix").order_by(Correction.id.desc()).limit(limit)).all()
    return pd.DataFrame([(row.id, row.details.get("code", ""), int(row.details.get("records", 0)), row.created_at,
                          row.status == "undone") for row in rows],
                        columns=["correction_id", "code", "records", "created_at", "is_undone"])


def _proposals(look: Look, code: str) -> pd.DataFrame:
    """Every change of a fix, by id and field: id, field (column), old and new as the database holds them."""
    if code not in _FIXES:
        raise InvalidInput("This cannot be mended here; open the record and correct it there.")
    return _FIXES[code](look)


def _write(session: Session, model: type[Base], field: str, ours: pd.DataFrame) -> None:
    table = model.__table__
    versioned = {"version": table.c.version + 1, "updated_at": now()} if "version" in table.c else {}
    # The old value is a condition: what another transaction changed in between is not overwritten.
    statement = (update(table).where(table.c.id == bindparam("of_id"), table.c[field] == bindparam("was"))
                 .values(**{field: bindparam("becomes")}, **versioned))
    written = session.connection().execute(statement, [
        {"of_id": record_id, "was": old, "becomes": new}
        for record_id, old, new in zip(ours["id"].tolist(), ours["old"], ours["new"], strict=True)])
    if written.rowcount != len(ours):
        raise Conflict("Somebody changed a record while it was being mended. Nothing was mended; look at it again.")


def _search_again(session: Session, model: type[Base], ids: set[int], fields: set[str]) -> None:
    """Searches find a customer under the mended name; the text is made from the record and needs no way back."""
    if model is not Customer or not fields & set(SEARCHED):
        return
    wanted, table = sorted(ids), Customer.__table__
    for start in range(0, len(wanted), IN_AT_ONCE):
        rows = session.execute(select(Customer.id, *(getattr(Customer, name) for name in SEARCHED)).where(
            Customer.id.in_(wanted[start:start + IN_AT_ONCE]))).all()
        session.connection().execute(
            update(table).where(table.c.id == bindparam("of_id")).values(search_text=bindparam("becomes")),
            [{"of_id": row.id, "becomes": search_text(**{name: getattr(row, name) for name in SEARCHED})}
             for row in rows])


def _of_texts(rule: texts.Rule) -> Callable[[Look], pd.DataFrame]:
    return lambda look: texts.proposals(look, rule, mended=True)


def _of_days(code: str, day: _Day) -> Callable[[Look], pd.DataFrame]:
    def proposals(look: Look) -> pd.DataFrame:
        check = CHECKS[code]
        column = getattr(day.model, day.column)
        query = select(day.model.id, column, *((getattr(day.model, day.beside),) if day.beside else ()))
        conditions = [check.wrong(look)] + ([] if check.among is None else [check.among])
        alive = [day.model.deleted_at.is_(None)] if hasattr(day.model, "deleted_at") else []
        rows = [(row[0], day.column, row[1], _swapped(row[1], row[2] if day.beside else None, day, look.today))
                for row in look.session.execute(query.where(*alive, *conditions).order_by(day.model.id))]
        may_be_empty = day.model.__table__.c[day.column].nullable
        return _frame([row for row in rows if row[3] is not None or may_be_empty])

    return proposals


def _swapped(wrong: date | datetime, beside: date | datetime | None, day: _Day, today: date):
    """Day and month in each other's places, where that makes a day that can be right; else None."""
    if wrong.day > 12 or wrong.day == wrong.month:
        return None
    other = wrong.replace(month=wrong.day, day=wrong.month)
    return other if EARLIEST <= _as_day(other) <= today and day.fits(other, beside) else None


def _as_day(moment: date | datetime) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


def _emptied_years(look: Look) -> pd.DataFrame:
    check = CHECKS["customers.birth_year"]
    rows = look.session.execute(select(Customer.id, Customer.birth_year).where(
        Customer.deleted_at.is_(None), check.among, check.wrong(look)).order_by(Customer.id))
    return _frame([(record_id, "birth_year", year, None) for record_id, year in rows])


def _right_totals(look: Look) -> pd.DataFrame:
    found = outliers.wrong_totals(look).records
    held = {row[0]: row[1:] for row in look.having_ids(Order, found["id"].tolist(), "net_amount_e4",
                                                       "charged_amount_e4")}
    rows = []
    for record_id, net_e4, charged_e4 in found[["id", "net_e4", "charged_e4"]].itertuples(index=False):
        for field, old, new in zip(("net_amount_e4", "charged_amount_e4"), held[record_id], (net_e4, charged_e4),
                                   strict=True):
            if old != new:
                rows.append((record_id, field, old, int(new)))
    return _frame(rows)


def _frame(rows: list[tuple]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["id", "field", "old", "new"])
    # Python's own days, numbers and None: pandas would make moments and NaN of them.
    return frame.assign(old=pd.Series([row[2] for row in rows], dtype=object, index=frame.index),
                        new=pd.Series([row[3] for row in rows], dtype=object, index=frame.index))


def _mark(found: pd.DataFrame) -> str:
    return hashlib.sha256("\n".join(map(repr, found.itertuples(index=False, name=None))).encode()).hexdigest()


def _model(code: str) -> type[Base]:
    return MODELS[code.partition(".")[0]]


def _called(look: Look, model: type[Base], ids: list[int]) -> dict[int, str]:
    name = next(name for name in ("name", "number", "subject", "title", "item", "code", "id") if hasattr(model, name))
    return {record_id: str(text) for record_id, text in look.having_ids(model, ids, name)}


def _text(field: str, cell) -> str:
    if cell is None:
        return ""
    if field.endswith("_e4"):
        return f"{cell / UNITS:,.2f}"
    return f"{cell:%Y-%m-%d}" if isinstance(cell, (date, datetime)) else str(cell)


def _plain(cell):
    return cell.isoformat() if isinstance(cell, (date, datetime)) else cell


def _after(moment, beside) -> bool:
    return beside is None or moment >= beside


def _before(moment, beside) -> bool:
    return beside is None or moment <= beside


def _shipped(moment, ordered) -> bool:
    return 0 <= (_as_day(moment) - _as_day(ordered)).days <= SHIPPED_WITHIN_DAYS


_DAYS = {
    "customers.since_on": _Day(Customer, "since_on"),
    "orders.ordered_at": _Day(Order, "ordered_at"),
    "orders.shipped_at": _Day(Order, "shipped_at", "ordered_at", _shipped),
    "orders.shipped_before_ordered": _Day(Order, "shipped_at", "ordered_at", _shipped),
    "payments.paid_on": _Day(Payment, "paid_on"),
    "payments.due_on": _Day(Payment, "due_on", "paid_on"),
    "interactions.happened_at": _Day(Interaction, "happened_at"),
    "tickets.opened_at": _Day(Ticket, "opened_at", "first_answered_at", _before),
    "tickets.first_answered_at": _Day(Ticket, "first_answered_at", "opened_at", _after),
    "tickets.resolved_at": _Day(Ticket, "resolved_at", "opened_at", _after),
    "survey_answers.answered_at": _Day(SurveyAnswer, "answered_at"),
    "deals.opened_on": _Day(Deal, "opened_on"),
    "deals.closed_on": _Day(Deal, "closed_on", "opened_on", _after),
}
_FIXES: dict[str, Callable[[Look], pd.DataFrame]] = {
    # A phone number that cannot be one is not guessed at.
    **{code: _of_texts(rule) for code, rule in texts.RULES.items() if code != "customers.phone"},
    **{code: _of_days(code, day) for code, day in _DAYS.items()},
    "customers.birth_year": _emptied_years,
    "orders.totals": _right_totals,
}
