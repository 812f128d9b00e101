"""Which answers are new? Known by their form's number, the item and the product that is judged, if any; else by customer,
item, product, moment and score."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.imports import matching
from crm.imports.records import goods, people, references, values
from crm.imports.records.parsing import Records
from crm.imports.records.plans import AnswerRows, Planned
from crm.imports.records.references import Named
from crm.imports.records.surveys import Answers
from crm.imports.records.values import Values
from crm.models import SurveyAnswer

_REFERENCE = ("customer_code", "customer_name", "customer_email", "company")
_PROFILE = ("gender", "country")
_PRODUCT = ("product_code", "product_name")
_PARTITION = 50_000
_NO_SCORE = -1e300  # stands for "not applicable" where scores are compared
_TABLE = SurveyAnswer.__table__


def plan(session: Session, records: Records, *, source: str, on_known: str) -> Planned:
    """Match a file of answers with the records."""
    records = _with_customers(records)
    named = references.customers(session, records, by_company=True)
    products = references.products(session, records) if set(_PRODUCT) & set(records.fields) else None
    answers, code = records.answers, _field(records, "response_code")
    customer = named.key_of_line()
    product = np.zeros(len(records.rows), dtype="int64") if products is None else products.key_of_line()
    answered_at = _moments(records)
    coded = code.given[answers.line]
    known = np.zeros(len(answers), dtype=bool)
    known[coded] = _known_by_code(session, answers.at(coded), code, product, source)
    known[~coded] = _known_by_content(session, answers.at(~coded), customer, product, answered_at)
    fresh = answers.at(~known)
    part, compared, lines = people.plan_named(
        session, records, named, needed=_needed(named, fresh), on_known=on_known, profiles=True
    )
    lines[fresh.line] = True
    found = {"records_kept": compared.kept, "answers_known": int(known.sum())}
    parts = [part]
    if products is not None:
        parts.append(goods.plan_named(session, records, products, needed=_needed(products, fresh)))
        found["products_written_differently"] = products.differently
    return Planned(
        tuple(parts),
        lines,
        np.full(len(lines), None, dtype=object),
        found,
        answers=AnswerRows(fresh, customer[fresh.line], product[fresh.line], code.objects(), answered_at,
                           _field(records, "seconds_taken").objects()),
    )


def _needed(named: Named, fresh: Answers) -> np.ndarray:
    """Which of the records that the lines name have a new answer."""
    needed = np.zeros(len(named.keys) + 1, dtype=bool)
    needed[named.place[fresh.line]] = True  # lines that name none fall on the place behind the last
    return needed[:-1]


def _with_customers(records: Records) -> Records:
    """Where a file tells about people without naming them, the number of the form is the customer's code."""
    tells = set(_PROFILE) & set(records.fields) or records.customer_custom
    if set(_REFERENCE) & set(records.fields) or not tells or "response_code" not in records.fields:
        return records
    fields = records.fields | {"customer_code": records.fields["response_code"]}
    return Records(
        records.kind,
        records.rows,
        fields,
        records.custom,
        records.customer_custom,
        records.rejected,
        records.names,
        records.made_up,
        records.answers,
        records.found,
    )


def _field(records: Records, ours: str) -> Values:
    return records.fields.get(ours) or values.nothing(len(records.rows))


def _moments(records: Records) -> np.ndarray:
    moments = records.fields["answered_at"]
    return np.append(np.array(moments.different, dtype="datetime64[us]"), np.datetime64("NaT", "us"))[moments.codes]


def _known_by_code(session: Session, answers: Answers, code: Values, product: np.ndarray, source: str) -> np.ndarray:
    """Answers that are stored, or that an earlier line of the file gives."""
    if not len(answers):
        return np.zeros(0, dtype=bool)
    of_answer, judged = pd.factorize(product[answers.line])
    width, products = len(answers.items), len(judged)
    key = (code.codes[answers.line] * width + answers.item) * products + of_answer
    query = select(_TABLE.c.response_code, _TABLE.c.item, _TABLE.c.product_id).where(
        _TABLE.c.source == source, _TABLE.c.response_code.is_not(None)
    )
    codes, items, goods_of = _places(code.different), _places(answers.items), _places(judged.tolist())
    # What the file does not name has no place, and so no key.
    stored = [
        (codes[text] * width + items[item]) * products + goods_of[product_id or 0]
        for rows in _partitions(session, query)
        for text, item, product_id in rows
        if text in codes and item in items and (product_id or 0) in goods_of
    ]
    repeated = np.ones(len(key), dtype=bool)
    repeated[np.unique(key, return_index=True)[1]] = False
    return repeated | np.isin(key, np.array(stored, dtype="int64"))


def _known_by_content(
    session: Session, answers: Answers, customer: np.ndarray, product: np.ndarray, answered_at: np.ndarray
) -> np.ndarray:
    if not len(answers):
        return np.zeros(0, dtype=bool)
    moments = answered_at[answers.line]
    query = select(
        _TABLE.c.customer_id, _TABLE.c.product_id, _TABLE.c.item, _TABLE.c.answered_at, _TABLE.c.score
    ).where(_TABLE.c.answered_at.between(moments.min().item(), moments.max().item()))
    items = _places(answers.items)
    stored = [
        pd.DataFrame(
            {
                "customer": np.empty(0, "int64"),
                "product": np.empty(0, "int64"),
                "item": np.empty(0, "int64"),
                "at": np.empty(0, "int64"),
                "score": np.empty(0, "float64"),
            }
        )
    ]
    for rows in _partitions(session, query):
        owner, judged, item, moment, score = zip(*rows, strict=True)
        stored.append(
            pd.DataFrame(
                {
                    "customer": np.array([key or 0 for key in owner], dtype="int64"),
                    "product": np.array([key or 0 for key in judged], dtype="int64"),
                    "item": np.array([items.get(text, -1) for text in item], dtype="int64"),
                    "at": np.array(moment, dtype="datetime64[us]").astype("int64"),
                    "score": np.array([_NO_SCORE if given is None else given for given in score], dtype="float64"),
                }
            )
        )
    lines = pd.DataFrame(
        {
            "customer": customer[answers.line],
            "product": product[answers.line],
            "item": answers.item.astype("int64"),
            "at": moments.astype("int64"),
            "score": np.nan_to_num(answers.score, nan=_NO_SCORE),
        }
    )
    return matching.is_duplicate(lines, pd.concat(stored), by=["customer", "product", "item", "at", "score"])


def _partitions(session: Session, query):
    """The rows in portions: a million answers need not stand in memory at once."""
    result = session.connection().execute(query.execution_options(stream_results=True))
    try:
        yield from result.partitions(_PARTITION)
    finally:
        result.close()


def _places(texts) -> Mapping[str, int]:
    return {text: place for place, text in enumerate(texts)}
