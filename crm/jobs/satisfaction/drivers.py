"""What drives satisfaction: batteries of questions, how they hang together, and what to mend first."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm import frames
from crm.analytics.satisfaction import what_drives as analysis
from crm.db import reads
from crm.models import Survey


@dataclass(frozen=True, eq=False)
class Driven:
    """What crm.analytics.satisfaction.what_drives found, and the surveys' own names: survey_id -> name."""

    found: analysis.WhatDrives
    surveys: dict[int, str]


@reads("surveys")
def run(session: Session, *, as_of: date, battery: str | None = None, target: str | None = None, leave_out: int = 0,
        correlation: str = "pearson", random_state: int = 0, among: np.ndarray | None = None) -> Driven:
    """The battery `battery` (by its key; None: the one with the most answers) and what goes with the overall score `target`;
    leave_out: 1 without careless forms. Only the answers of the customers `among` these ids where some are given."""
    answers = frames.answers(session, until=as_of)
    if among is not None:
        answers = answers[answers["customer_id"].isin(among)]
    found = analysis.explain(answers, as_of=as_of, battery=battery, target=target, leave_out=bool(leave_out),
                             correlation=correlation, random_state=random_state)
    return Driven(found, dict(tuple(row) for row in session.execute(select(Survey.id, Survey.name))))


def table(result: Driven) -> pd.DataFrame:
    """One row a question: item, given, not_applicable, outside_scale; item_total, alpha_without, reversed; and of those that
    were weighed place, place_sure, importance, performance (each with _low, _high), standardised, low, high, per_point,
    variance_inflation, loss_aside. What is not known is blank."""
    found = result.found
    rows = found.items
    if found.reliability is not None:
        rows = rows.merge(found.reliability.items[["item", "item_total", "alpha_without", "reversed"]], on="item", how="left")
    if found.drivers is not None:
        rows = rows.merge(found.drivers.best.table.drop(columns=["gain", "first"]), on="item", how="left")
        if found.drivers.regression is not None:
            rows = rows.merge(found.drivers.regression.table, on="item", how="left")
        if found.drivers.tried_out is not None:
            rows = rows.merge(found.drivers.tried_out.table[["item", "loss"]].rename(columns={"loss": "loss_aside"}), on="item",
                              how="left")
    return rows


def quality(result: Driven) -> dict:
    """The figures as plain values, tables as lists of rows."""
    found = result.found
    drivers, alpha = found.drivers, found.reliability
    tried = None if drivers is None else drivers.tried_out
    return {
        "battery": found.battery, "questions": len(found.items), "forms": found.n_all, "used": found.n_used,
        "straight": int(found.careless.straight.sum()), "doubtful": int(found.careless.doubtful.sum()),
        "speeders": int(found.careless.speeder.sum()), "careless_left_out": found.is_left_out,
        "alpha": None if alpha is None else {"alpha": alpha.alpha, "low": alpha.low, "high": alpha.high, "n": alpha.n},
        "alpha_missing": found.reliability_missing, "target": found.target, "drivers_missing": found.drivers_missing,
        "explained": None if drivers is None else drivers.explained,
        "importance": None if drivers is None else drivers.recommended,
        "mend_first": drivers.best.mend_first if drivers is not None and drivers.foretells is not False else None,
        "mend_first_is_sure": drivers.best.is_sure if drivers is not None and drivers.foretells is not False else None,
        "foretold": None if tried is None else {"kind": tried.kind, "skill": tried.skill, "low": tried.low, "high": tried.high,
                                                "auc": tried.auc, "foretells": tried.foretells, "n": tried.n},
        "questions_table": table(result).astype(object).where(lambda rows: rows.notna(), None).to_dict("records")}
