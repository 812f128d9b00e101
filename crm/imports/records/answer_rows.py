"""How do a million answers reach the database quickly? As short rows beside their forms and items, joined there."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from itertools import repeat

import numpy as np
from sqlalchemy import Column, DateTime, Float, Integer, MetaData, Table, Text, delete, insert, literal, select
from sqlalchemy.orm import Session

from crm.db.bulk import insert_rows, reserve_ids
from crm.imports.records.plans import AnswerRows
from crm.imports.writing import moment_texts
from crm.models import SurveyAnswer

# What is the same in many answers (the form's customer and moment, the item's name and scale) goes in once; the database
# itself repeats it, in two thirds of the time that whole rows take.
_STAGING = MetaData()
_FORMS = Table(
    "import_forms", _STAGING, Column("line", Integer, primary_key=True, autoincrement=False),
    Column("customer_id", Integer), Column("response_code", Text), Column("answered_at", DateTime),
    prefixes=["TEMPORARY"])
_ITEMS = Table(
    "import_items", _STAGING, Column("place", Integer, primary_key=True, autoincrement=False), Column("metric", Text),
    Column("item", Text), Column("scale_min", Float), Column("scale_max", Float), prefixes=["TEMPORARY"])
_GIVEN = Table(
    "import_answers", _STAGING, Column("id", Integer, primary_key=True, autoincrement=False), Column("line", Integer),
    Column("place", Integer), Column("score", Float), Column("comment", Text), prefixes=["TEMPORARY"])


def write_answers(session: Session, rows: AnswerRows, customers: Mapping[int, int], *, source: str, batch_id: int,
                  stamp: datetime, portions: Callable[[int, str], Iterator[slice]]) -> None:
    """Insert all answers; `customers` gives the id of each key, `portions` cuts them and tells the progress."""
    answers, table = rows.answers, SurveyAnswer.__table__
    if not len(answers):
        return
    connection = session.connection()
    reserved = reserve_ids(session, table, len(answers))
    _STAGING.create_all(connection, checkfirst=False)
    _stage_forms(session, rows, customers)
    place = _stage_items(session, rows)
    joined = insert(table).from_select(
        ["id", "customer_id", "response_code", "metric", "item", "score", "scale_min", "scale_max", "comment",
         "answered_at", "source", "created_at", "import_batch_id"],
        select(_GIVEN.c.id, _FORMS.c.customer_id, _FORMS.c.response_code, _ITEMS.c.metric, _ITEMS.c.item, _GIVEN.c.score,
               _ITEMS.c.scale_min, _ITEMS.c.scale_max, _GIVEN.c.comment, _FORMS.c.answered_at, literal(source),
               literal(stamp, table.c.created_at.type), literal(batch_id))
        .join_from(_GIVEN, _FORMS, _FORMS.c.line == _GIVEN.c.line).join(_ITEMS, _ITEMS.c.place == _GIVEN.c.place)
        .order_by(_GIVEN.c.id),
        include_defaults=False)
    for portion in portions(len(answers), table.name):
        score = answers.score[portion].astype(object)
        score[np.isnan(answers.score[portion])] = None
        comment = answers.comment.at(portion)
        insert_rows(session, _GIVEN, ["id", "line", "place", "score", "comment"], zip(
            reserved[portion], answers.line[portion].tolist(), place[portion].tolist(), score.tolist(),
            comment.objects().tolist() if comment.given.any() else repeat(None), strict=False))
        connection.execute(joined)
        connection.execute(delete(_GIVEN))
    _STAGING.drop_all(connection, checkfirst=False)


def _stage_forms(session: Session, rows: AnswerRows, customers: Mapping[int, int]) -> None:
    lines = np.unique(rows.answers.line)
    owner = np.zeros(len(rows.answered_at), dtype="int64")
    owner[rows.answers.line] = rows.customer
    owners = (customers[key] if key else None for key in owner[lines].tolist())
    insert_rows(session, _FORMS, ["line", "customer_id", "response_code", "answered_at"], zip(
        lines.tolist(), owners, rows.response_code[lines].tolist(), moment_texts(rows.answered_at[lines]), strict=True))


def _stage_items(session: Session, rows: AnswerRows) -> np.ndarray:
    """For each answer the place of its item on its scale."""
    answers, width = rows.answers, len(rows.answers.scales)
    pairs, place = np.unique(answers.item.astype("int64") * width + answers.scale, return_inverse=True)
    insert_rows(session, _ITEMS, ["place", "metric", "item", "scale_min", "scale_max"], (
        (number, answers.scales[pair % width].metric, answers.items[pair // width], answers.scales[pair % width].low,
         answers.scales[pair % width].high) for number, pair in enumerate(pairs.tolist())))
    return place
