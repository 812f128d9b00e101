"""What do the checks look at? The records that are there, as of one day; what is asked twice is read once."""

from collections.abc import Collection, Iterator
from datetime import date, datetime, time, timedelta

import numpy as np
from sqlalchemy import ColumnElement, Select, Text, func, literal_column, select, true
from sqlalchemy.orm import Session

from crm.models import Base, Customer, Deal, Interaction, Order, OrderLine, Payment, Product, SurveyAnswer, Ticket

MODELS: dict[str, type[Base]] = {model.__tablename__: model for model in (
    Customer, Product, Order, OrderLine, Payment, Interaction, Ticket, SurveyAnswer, Deal)}
TABLES = tuple(MODELS)
EARLIEST = date(1990, 1, 1)  # no shop's own records are older; 1900 and 1970 are what programs write for "unknown"
IN_AT_ONCE = 5000  # texts in one question
ROWS_AT_ONCE = 500  # more at once set off the garbage collector, which walks the whole program

_NOTHING = literal_column("''", Text)  # no parameter: PostgreSQL would take two of them for two expressions
Pair = tuple[str, str]  # a text, and the one beside it


class Look:
    """One session and one day. `today` is the last day that is not the future."""

    def __init__(self, session: Session, today: date) -> None:
        self.session, self.today = session, today
        self._rows: dict[type[Base], int] = {}
        self._counts: dict[tuple, dict[Pair, int]] = {}
        self.lines: tuple[np.ndarray, ...] | None = None  # a million of them are read once, too

    @property
    def tomorrow(self) -> datetime:
        """The first moment that lies in the future."""
        return datetime.combine(self.today + timedelta(days=1), time.min)

    def rows(self, model: type[Base]) -> int:
        """How many records of a table are there."""
        if model not in self._rows:
            self._rows[model] = self.session.scalar(select(func.count()).select_from(model).where(there(model)))
        return self._rows[model]

    def counts(self, model: type[Base], name: str, beside: str | None = None) -> dict[Pair, int]:
        """{(text, text beside it, "" for none): records} of one column; records without a text are left out."""
        if (model, name, beside) not in self._counts:
            column = getattr(model, name)
            other = _NOTHING if beside is None else func.coalesce(getattr(model, beside), _NOTHING)
            rows = self.session.execute(select(column, other, func.count()).where(there(model), func.trim(column) != "")
                                        .group_by(*([column] if beside is None else [column, other])))
            self._counts[model, name, beside] = {(text, next_to): records for text, next_to, records in rows}
        return self._counts[model, name, beside]

    def texts(self, model: type[Base], names: tuple[str, ...]) -> Iterator[tuple]:
        """(id, the columns) of every record, by id."""
        result = self.session.connection().execute(
            select(model.id, *(getattr(model, name) for name in names)).where(there(model)).order_by(model.id))
        while rows := result.cursor.fetchmany(ROWS_AT_ONCE):
            yield from rows
        result.close()

    def having(self, model: type[Base], name: str, texts: Collection[str], *others: str) -> list[tuple]:
        """(id, text, other columns) of the records whose column holds one of the texts, by id."""
        column = getattr(model, name)
        query = select(model.id, column, *(getattr(model, other) for other in others)).where(there(model))
        if len(texts) > IN_AT_ONCE:
            wanted = set(texts)
            return [tuple(row) for row in self.session.execute(query.order_by(model.id)) if row[1] in wanted]
        return [tuple(row) for row in self.session.execute(query.where(column.in_(list(texts))).order_by(model.id))]

    def having_ids(self, model: type[Base], ids: Collection[int], *names: str) -> list[tuple]:
        """(id, columns) of the records of these ids that are there."""
        wanted, found = sorted(int(record_id) for record_id in ids), []
        for start in range(0, len(wanted), IN_AT_ONCE):
            found += self.session.execute(
                select(model.id, *(getattr(model, name) for name in names))
                .where(there(model), model.id.in_(wanted[start:start + IN_AT_ONCE])).order_by(model.id)).all()
        return [tuple(row) for row in found]

    def numbers(self, query: Select) -> list[np.ndarray]:
        """The query's columns as float64 arrays, piece by piece past the cost of a million row objects."""
        result = self.session.connection().execute(query)
        width = len(query.selected_columns)
        pieces: list[list[np.ndarray]] = [[np.empty(0)] for _ in range(width)]
        while rows := result.cursor.fetchmany(ROWS_AT_ONCE):
            for piece, cells in zip(pieces, zip(*rows, strict=True), strict=True):
                piece.append(np.array(cells, dtype=np.float64))
        result.close()
        return [np.concatenate(piece) for piece in pieces]


def there(model: type[Base]) -> ColumnElement[bool]:
    """The condition that a record was not deleted; a line goes with its order."""
    if model is OrderLine:
        # Few orders are deleted; joining a million lines with their orders would cost a second.
        return OrderLine.order_id.not_in(select(Order.id).where(Order.deleted_at.is_not(None)))
    return model.deleted_at.is_(None) if hasattr(model, "deleted_at") else true()
