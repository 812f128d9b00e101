"""How do a million answers reach the database quickly? As three numbers each, joined there with what they stand for."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

import numpy as np
import pandas as pd
from sqlalchemy import Column, DateTime, Float, Integer, MetaData, Table, Text, delete, insert, literal, select
from sqlalchemy.orm import Session

from crm.db.bulk import insert_rows, reserve_ids
from crm.imports.records import merging, values
from crm.imports.records.plans import AnswerRows
from crm.imports.records.surveys import Answers
from crm.imports.writing import moment_texts
from crm.models import SurveyAnswer

# What is the same in many answers goes in once: the form with its customer, its product and moment, and what can be said (an item,
# its scale, a score). The database itself repeats it, in half the time that whole rows take.
_STAGING = MetaData()
_FORMS = Table(
    "import_forms",
    _STAGING,
    Column("line", Integer, primary_key=True, autoincrement=False),
    Column("customer_id", Integer),
    Column("product_id", Integer),
    Column("response_code", Text),
    Column("answered_at", DateTime),
    Column("seconds_taken", Float),
    prefixes=["TEMPORARY"],
)
_SAID = Table(
    "import_said",
    _STAGING,
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("metric", Text),
    Column("item", Text),
    Column("score", Float),
    Column("scale_min", Float),
    Column("scale_max", Float),
    Column("comment", Text),
    prefixes=["TEMPORARY"],
)
_GIVEN = Table(
    "import_answers",
    _STAGING,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("line", Integer),
    Column("place", Integer),
    prefixes=["TEMPORARY"],
)
_OF_FORM, _OF_SAID = ("customer_id", "product_id", "response_code", "answered_at", "seconds_taken"), tuple(_SAID.c.keys())[1:]


def write_answers(
    session: Session,
    rows: AnswerRows,
    customers: Mapping[int, int],
    products: Mapping[int, int],
    *,
    source: str,
    batch_id: int,
    stamp: datetime,
    portions: Callable[[int, str], Iterator[slice]],
) -> None:
    """Insert all answers; `customers` and `products` give the id of each key, `portions` cuts them and tells the progress."""
    answers, table = rows.answers, SurveyAnswer.__table__
    if not len(answers):
        return
    connection = session.connection()
    reserved = reserve_ids(session, table, len(answers))
    _STAGING.create_all(connection, checkfirst=False)
    _stage_forms(session, rows, customers, products)
    place = _stage_said(session, rows.answers)
    joined = insert(table).from_select(
        ["id", *_OF_FORM, *_OF_SAID, "source", "created_at", "import_batch_id"],
        select(
            _GIVEN.c.id,
            *(_FORMS.c[name] for name in _OF_FORM),
            *(_SAID.c[name] for name in _OF_SAID),
            literal(source),
            literal(stamp, table.c.created_at.type),
            literal(batch_id),
        )
        .join_from(_GIVEN, _FORMS, _FORMS.c.line == _GIVEN.c.line)
        .join(_SAID, _SAID.c.place == _GIVEN.c.place)
        .order_by(_GIVEN.c.id),
        include_defaults=False,
    )
    for portion in portions(len(answers), table.name):
        insert_rows(
            session,
            _GIVEN,
            ["id", "line", "place"],
            zip(reserved[portion], answers.line[portion].tolist(), place[portion].tolist(), strict=True),
        )
        connection.execute(joined)
        connection.execute(delete(_GIVEN))
    _STAGING.drop_all(connection, checkfirst=False)


def _stage_forms(
    session: Session, rows: AnswerRows, customers: Mapping[int, int], products: Mapping[int, int]
) -> None:
    lines = np.unique(rows.answers.line)
    named = []
    for key_of_answer, ids in ((rows.customer, customers), (rows.product, products)):
        key = np.zeros(len(rows.answered_at), dtype="int64")
        key[rows.answers.line] = key_of_answer
        named.append([ids[one] if one else None for one in key[lines].tolist()])
    insert_rows(
        session,
        _FORMS,
        ["line", *_OF_FORM],
        zip(
            lines.tolist(),
            *named,
            rows.response_code[lines].tolist(),
            moment_texts(rows.answered_at[lines]),
            rows.seconds_taken[lines].tolist(),
            strict=True,
        ),
    )


def _stage_said(session: Session, answers: Answers) -> np.ndarray:
    """For each answer the place of what it says."""
    comment = answers.comment
    place = values.places_of(
        values.of(answers.item, range(len(answers.items))),
        values.of(answers.scale, range(len(answers.scales))),
        values.of(*pd.factorize(answers.score)),
        comment,
    )
    first = merging.first_lines(place, int(place.max()) + 1)
    scales = [answers.scales[scale] for scale in answers.scale[first]]
    insert_rows(
        session,
        _SAID,
        ["place", *_OF_SAID],
        zip(
            range(len(first)),
            (scale.metric for scale in scales),
            (answers.items[item] for item in answers.item[first]),
            (None if score != score else score for score in answers.score[first].tolist()),
            (scale.low for scale in scales),
            (scale.high for scale in scales),
            comment.at(first).objects().tolist(),
            strict=True,
        ),
    )
    return place
