"""How good is the data? Every check on every table, six scores a table, one in all."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from sqlalchemy import ColumnElement, case, func, or_, select
from sqlalchemy.orm import Session

from crm.db import reads
from crm.errors import NotEnoughData
from crm.services.quality import conditions, freshness, outliers, repeats, texts
from crm.services.quality.check import DIMENSIONS, MISSED, Check
from crm.services.quality.look import MODELS, TABLES, Look, there

CHECKS: dict[str, Check] = {check.code: check for check in (
    *conditions.checks(), *texts.checks(), *repeats.checks(), *outliers.checks())}
_CHECK_COLUMNS = ["code", "table", "dimension", "harm", "records", "looked_at"]
STALE_BELOW = 50.0  # the newest record is twice as old as the usual gap: worth a finding


# What each table's checks look at; a cached answer holds until one of these changes.
_READS = {
    "customers": ("customers", "sales"), "products": ("sales",), "orders": ("customers", "sales"), "order_lines": ("sales",),
    "payments": ("sales",), "interactions": ("service",), "tickets": ("sales", "service"),
    "survey_answers": ("service", "surveys"), "deals": ("work",),
}


@dataclass(frozen=True)
class TableQuality:
    """One table: its rows, its scores by dimension (None: nothing to judge), its checks as in Quality."""

    table: str
    rows: int
    scores: dict[str, float | None]
    checks: pd.DataFrame
    freshness: freshness.Freshness | None


@dataclass(frozen=True)
class Quality:
    """`scores`: index table; rows, the six dimensions 0..100 (NaN: nothing to judge), overall (NaN without rows).

    `checks`: one row a check that had something to look at: code, table, dimension, harm (3 figures are wrong because of
    it, 2 analyses or letters miss it, 1 looks), records (that break it), looked_at.
    `findings`: those with records, the worst first; an outdated table is among them (code "<table>.outdated").
    `freshness`: by table. `overall`: the mean of the tables' scores, 0..100.
    """

    scores: pd.DataFrame
    checks: pd.DataFrame
    findings: pd.DataFrame
    freshness: dict[str, freshness.Freshness]
    overall: float


def measure(session: Session, *, today: date) -> Quality:
    """Look at all tables; see `together`."""
    return together([EXAMINE[table](session, table=table, today=today) for table in TABLES])


def together(tables: Iterable[TableQuality]) -> Quality:
    """The answers of EXAMINE as one. Completeness is the share of the fields that matter that are filled in; freshness see
    there; the other scores are the share of records that break no rule of that dimension. A table's score is the mean of
    its dimensions, the whole the mean of the tables; a table without rows has none.

    Raises NotEnoughData where there is no record at all.
    """
    tables = list(tables)
    if not any(table.rows for table in tables):
        raise NotEnoughData("Data quality needs records to look at; there are 0 so far. "
                            "Add a customer, or bring in a file.")
    scores = pd.DataFrame.from_dict({table.table: table.scores for table in tables}, orient="index",
                                    columns=DIMENSIONS).reindex(TABLES).astype(float)
    scores = scores.assign(overall=scores.mean(axis=1), rows=pd.Series({table.table: table.rows for table in tables}))
    checks = pd.concat([table.checks for table in tables if table.rows], ignore_index=True)
    fresh = {table.table: table.freshness for table in tables if table.freshness is not None}
    return Quality(scores[["rows", *DIMENSIONS, "overall"]], checks, _findings(checks, scores), fresh,
                   float(scores["overall"].mean()))


def _examiner(groups: tuple[str, ...]) -> Callable[..., TableQuality]:
    @reads(*groups)
    def examine(session: Session, *, table: str, today: date) -> TableQuality:
        look = Look(session, today)
        rows, fresh = look.rows(MODELS[table]), freshness.measure(look, table)
        done, wrong_ids = _run(look, table, [check for check in CHECKS.values() if check.table == table]) if rows else ({}, {})
        checks = [(check.code, table, check.dimension, check.harm, records, looked_at)
                  for check, (records, looked_at) in done.items() if looked_at]
        return TableQuality(table, rows, _scores(look, table, rows, done, wrong_ids, fresh),
                            pd.DataFrame(checks, columns=_CHECK_COLUMNS), fresh)

    return examine


# One question a table, so that a mended customer makes no order line be looked at again: (session, *, table, today).
EXAMINE = {table: _examiner(groups) for table, groups in _READS.items()}


def _run(look: Look, table: str, checks: list[Check]) -> tuple[dict[Check, tuple[int, int]], dict[Check, np.ndarray]]:
    """Each check's (wrong records, records looked at), and the ids of those that Python found."""
    done, wrong_ids = {}, {}
    by_database = [check for check in checks if check.wrong is not None]
    wanted: list[ColumnElement] = []
    for check in by_database:
        wrong, among = check.wrong(look), check.among
        both = wrong if among is None else among & wrong
        wanted += [func.sum(case((both, 1), else_=0)), func.count() if among is None else func.sum(case((among, 1), else_=0))]
    if wanted:
        model = MODELS[table]
        counts = look.session.execute(select(*wanted).select_from(model).where(there(model))).one()
        done = {check: (int(counts[2 * place] or 0), int(counts[2 * place + 1] or 0))
                for place, check in enumerate(by_database)}
    for check in (check for check in checks if check.find is not None):
        result = check.find(look)
        wrong_ids[check] = result.records["id"].to_numpy()
        done[check] = len(result.records), result.looked_at
    return {check: done[check] for check in checks}, wrong_ids


def _scores(look: Look, table: str, rows: int, done: dict[Check, tuple[int, int]], wrong_ids: dict[Check, np.ndarray],
            fresh: freshness.Freshness | None) -> dict[str, float | None]:
    scores: dict[str, float | None] = {}
    for dimension in DIMENSIONS:
        ours = {check: counts for check, counts in done.items() if check.dimension == dimension and counts[1]}
        if dimension == "freshness":
            scores[dimension] = fresh.score if fresh is not None and rows else None
        elif not ours:
            scores[dimension] = None
        elif dimension == "completeness":
            missing, cells = (sum(column) for column in zip(*ours.values(), strict=True))
            scores[dimension] = 100.0 * (1 - missing / cells)
        else:
            scores[dimension] = 100.0 * (1 - _wrong_records(look, table, ours, wrong_ids) / rows)
    return scores


def _wrong_records(look: Look, table: str, ours: dict[Check, tuple[int, int]], wrong_ids: dict[Check, np.ndarray]) -> int:
    """How many records break at least one of the rules: who breaks three is one record."""
    broken = [check for check, (records, _) in ours.items() if records]
    if len(broken) <= 1:
        return sum(ours[check][0] for check in broken)
    found_by_python = [wrong_ids[check] for check in broken if check in wrong_ids]
    by_database = [check.wrong(look) if check.among is None else check.among & check.wrong(look)
                   for check in broken if check not in wrong_ids]
    model = MODELS[table]
    if by_database:
        ids = look.session.scalars(select(model.id).where(there(model), or_(*by_database))).all()
        found_by_python.append(np.array(ids, dtype=np.int64))
    return len(np.unique(np.concatenate(found_by_python)))


def _findings(checks: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """Ordered by what they spoil, then by the share of records that they concern."""
    outdated = [(f"{table}.outdated", table, "freshness", MISSED, 1, 1)
                for table, score in scores["freshness"].items() if score < STALE_BELOW and table != "order_lines"]
    found_so_far = checks[checks["records"] > 0]
    findings = pd.concat([found_so_far, pd.DataFrame(outdated, columns=checks.columns)], ignore_index=True)
    share = findings["records"] / findings["looked_at"].clip(lower=1)
    sequence = pd.DataFrame({"harm": -findings["harm"], "share": -share, "code": findings["code"]}).sort_values(
        ["harm", "share", "code"]).index
    return findings.loc[sequence].reset_index(drop=True)
