"""Who is leaving? The first answer: a few models compared on a later time, the proposed one scoring everybody."""

import hashlib
import json
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from crm import frames
from crm.analytics import prediction, snapshots
from crm.analytics.prediction import Model
from crm.analytics.prediction.reasons import compared_with, contributions, reasons
from crm.analytics.prediction.reasons import drivers as drivers_of
from crm.db import reads
from crm.errors import InvalidInput
from crm.jobs.churn.asking import USUAL_HORIZON, Asked, Label, ask, labels_of, proposed_of
from crm.jobs.churn.result import SILENCE, Leaving

PROPOSED = "proposed"
LISTED = 100  # those with most at stake: as many as a list shows get their reasons with the first answer
STAND_FOR_ALL = 2_000  # rows: what is usual is then known to a point or two


@reads("sales", "service", "surveys")
def run(session: Session, *, as_of: date, horizon_days: int | None = USUAL_HORIZON, leaving: str = SILENCE,
        positive: str = "", method: str = PROPOSED, settings: str = "", random_state: int = 0) -> Leaving:
    """Chances of leaving in the next `horizon_days` (None: as the customers' own rhythms propose), and how far to trust them.

    leaving: "silence" (no purchase), or a field of the customers that says it (a column of frames.customer_fields; ask
    `of_field` then, whose answer holds until a customer changes); positive: its content that means that somebody left, where
    usual words do not tell. method: "proposed" (the best of prediction.FIRST, the
    simplest where several are equally good), or one of prediction.METHODS. settings: of that model, as JSON. Raises
    NotEnoughData and InvalidInput with sentences that help.
    """
    asked = ask(session, as_of=as_of, horizon_days=horizon_days, leaving=leaving, positive=positive)
    methods, chosen = _methods(method, settings)
    answer = prediction.answer(asked.task, methods=methods, parameters=chosen, random_state=random_state)
    if asked.kind == "given":
        # The model has learned from these very customers; each is told by one that was made without him.
        answer = replace(answer, probability=answer.comparison.judged[answer.comparison.proposed].probability)
    return _result(asked, answer, as_of=as_of, leaving=leaving, positive=positive, random_state=random_state)


@reads("sales", "customers", "service", "surveys")
def of_field(session: Session, **how) -> Leaving:
    """`run` where a field of the customers says who left."""
    return run(session, **how)


@reads("customers")
def labels(session: Session) -> list[Label]:
    """The customers' own fields that may say who left."""
    return labels_of(frames.customer_fields(session))


@reads("sales")
def proposed_horizon(session: Session, *, as_of: date) -> snapshots.Horizon | None:
    """How many days to look ahead, as the customers' own rhythms propose; None where nobody has come twice."""
    return proposed_of(frames.orders(session, until=as_of), as_of=as_of)


def why(result: Leaving, *, customer_ids: tuple[int, ...]) -> tuple[np.ndarray, float, pd.DataFrame]:
    """What each column adds for these customers: (n, model.columns) log-odds, the mean log-odds that they start from, and
    reason_1..3 as codes."""
    added = contributions(result.model, result.features.loc[list(customer_ids)], result.background)
    base = float(np.mean(result.model.log_odds(compared_with(result.model, result.background))))
    return added, base, reasons(added, result.model.columns)


def drivers(result: Leaving) -> pd.DataFrame:
    """What moves the chances among customers who stand for all: see prediction.reasons.drivers."""
    return drivers_of(result.model, result.background)


def _methods(method: str, settings: str) -> tuple[tuple[str, ...], dict[str, dict] | None]:
    if method == PROPOSED:
        return prediction.FIRST, None
    if method not in prediction.METHODS or method == "rule":
        raise InvalidInput(f"There is no model “{method}”; choose “{PROPOSED}” or one of "
                           f"{', '.join(prediction.METHODS[1:])}.", field="method")
    try:
        chosen = json.loads(settings) if settings else {}
    except ValueError:
        raise InvalidInput("The settings of the model are written as JSON, such as {\"max_depth\": 3}.",
                           field="settings") from None
    return ("rule", method), {method: chosen} if chosen else None


def _result(asked: Asked, answer: prediction.Answer, *, as_of: date, leaving: str, positive: str,
            random_state: int) -> Leaving:
    scored = asked.known.assign(probability=answer.probability)
    scored["at_stake"] = scored["probability"] * scored["monetary_per_year"].clip(lower=0).fillna(0)
    features = asked.task.now.set_index(scored["customer_id"])
    order = np.lexsort((scored["customer_id"], -scored["probability"]))
    scored, features = scored.iloc[order].reset_index(drop=True), features.iloc[order]
    windows, model = asked.windows, answer.model
    result = Leaving(
        as_of=as_of, horizon_days=asked.horizon_days, leaving=leaving, kind=asked.kind, customers=scored, features=features,
        background=_background(features, ~scored["is_gone"].to_numpy(), random_state=random_state),
        comparison=answer.comparison, model=model, horizon=asked.horizon,
        test_cutoff=None if windows is None else windows.test_cutoff,
        train_cutoffs=() if windows is None else windows.train_cutoffs,
        refit_cutoffs=() if windows is None else windows.refit_cutoffs,
        n_customers_learned=len(np.unique(asked.task.learn.groups)),
        parameters={"horizon_days": asked.horizon_days, "leaving": leaving, "positive": positive, "method": model.method,
                    "settings": model.parameters, "columns": list(asked.columns), "left_out": asked.left_out,
                    "random_state": random_state},
        mark=_mark(scored, model, leaving, asked.horizon_days))
    return replace(result, customers=_with_reasons(result))


def _with_reasons(result: Leaving) -> pd.DataFrame:
    """The customers in the sequence of columns that is promised, with the reasons of those with most at stake."""
    customers = result.customers
    listed = result.present.nlargest(LISTED, "at_stake").index
    codes = np.full((len(customers), 3), None, dtype=object)
    if len(listed):
        _, _, found = why(result, customer_ids=tuple(customers.loc[listed, "customer_id"].tolist()))
        codes[listed] = found.to_numpy()
    first = ["customer_id", "probability", "days_silent", "usual_gap_days", "monetary_per_year", "is_gone", "at_stake"]
    return customers[first].assign(**{f"reason_{place + 1}": pd.Series(codes[:, place], dtype=object) for place in range(3)})


def _background(features: pd.DataFrame, is_present: np.ndarray, *, random_state: int) -> pd.DataFrame:
    present = np.flatnonzero(is_present) if is_present.any() else np.arange(len(features))
    if len(present) > STAND_FOR_ALL:
        present = np.sort(np.random.default_rng(random_state).choice(present, STAND_FOR_ALL, replace=False))
    return features.iloc[present].reset_index(drop=True)


def _mark(scored: pd.DataFrame, model: Model, leaving: str, horizon_days: int | None) -> str:
    told = hashlib.sha256(repr((leaving, horizon_days, model.method, sorted(model.parameters.items()))).encode())
    for column in ("customer_id", "probability"):
        told.update(scored[column].to_numpy().tobytes())
    return told.hexdigest()[:16]
