"""Kept models: trained once, used on every later day; how do they score, and are they still right?

A model is kept with a picture of the rows it was made for. `score` gives every customer of a later day their chance, `watch`
compares that day with the picture and, once the horizon has passed, what happened since with what the model had said;
`compare` sets all kept models beside each other on that; `nightly` does it all for the models in use.
"""

import dataclasses
import datetime as dt
import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from crm import db, frames
from crm.analytics import snapshots
from crm.analytics.prediction import drift as drifting
from crm.analytics.prediction import stored as storing
from crm.analytics.prediction.evaluation import judge
from crm.analytics.prediction.results import Comparison
from crm.analytics.snapshots.windows import Window, Windows
from crm.db import reads
from crm.errors import CrmError, InvalidInput, NotEnoughData
from crm.services import kept_models, scores, settings
from crm.services.kept_models import KeptModel

# Under which name the scores of a purpose are saved: "churn" is what lists and customers show as the chance of leaving.
ANALYSES = {"leaving": "churn", "ending": "ending", "given": "given", "buying": "buying"}
TOLD = ("roc_auc", "brier", "calibration_error")  # of `compare`
FEWEST_JUDGED = 20  # customers on either side, as for learning


@dataclass(frozen=True, eq=False)
class Scored:
    """What a kept model says of everybody on a day. customers: customer_id, probability (0..1), the highest first. warnings:
    what speaks against using the model on these customers, a sentence each."""

    model: KeptModel
    as_of: dt.date
    customers: pd.DataFrame
    warnings: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Watched:
    """Does the model still fit? drift: of crm.analytics.prediction.drift, its outcomes those of the latest day since training
    whose horizon has passed (`cutoff`; None: there is none yet). known_from: the first day on which outcomes are known (None:
    what it foretells has no horizon)."""

    model: KeptModel
    as_of: dt.date
    drift: drifting.Drift
    cutoff: dt.date | None
    known_from: dt.date | None


@dataclass(frozen=True, eq=False)
class Night:
    """One promoted model's night: what it scored and how it fares, or `error`, the sentence that says why it could not."""

    model: KeptModel
    run_id: int | None = None
    customers: int = 0
    watched: Watched | None = None
    warnings: tuple[str, ...] = ()
    error: str | None = None


def keep(session: Session, *, name: str, purpose: str, model, comparison: Comparison, present: pd.DataFrame, as_of: dt.date,
         horizon_days: int | None = None, about: dict | None = None, promote: bool = False) -> int:
    """Keep a model and return its id; with `promote` it is the one in use from now on.

    model and comparison: of crm.analytics.prediction.answer. present: the rows that it scores on `as_of`, features alone
    (those who are gone already left out). about: what else is worth knowing, plain; "ending" and "given" need {"label": the
    field that they foretell} and, where usual words do not tell, {"positive": its yes}. Raises InvalidInput.
    """
    looked_at = present[list(model.columns)]
    content = storing.dump(model, profile=drifting.profile(looked_at, model.probability(looked_at)), about={"purpose": purpose})
    model_id = kept_models.keep(
        session, name=name, purpose=purpose, method=model.method, horizon_days=horizon_days, as_of=as_of, content=content,
        parameters=model.parameters, quality=quality(comparison, model.method),
        about={"columns": list(model.columns), "rows": comparison.n_learned, "customers": len(present), **(about or {})},
        versions=storing.read_about(content)["versions"])
    if promote:
        kept_models.promote(session, model_id, version=1)
    return model_id


def quality(comparison: Comparison, method: str) -> dict:
    """A model's figures on the rows that it had not seen, as plain values: each metric with _low and _high, rule_roc_auc,
    base_rate, n_tested, n_positive, n_learned, tested_on; beats_rule, difference_low and difference_high of the proposed."""
    judged, rule = comparison.judged[method], comparison.judged.get("rule")
    told = {row.metric + ending: content for row in judged.metrics.itertuples()
            for ending, content in (("", row.value), ("_low", row.low), ("_high", row.high))}
    told |= {field: getattr(comparison, field) for field in ("base_rate", "n_tested", "n_positive", "n_learned", "tested_on")}
    if rule is not None:
        told["rule_roc_auc"] = rule.value("roc_auc")
    if method == comparison.proposed:
        told |= {field: getattr(comparison, field) for field in ("beats_rule", "difference_low", "difference_high")}
    return told


@reads("sales", "customers", "service", "surveys")
def score(session: Session, *, model_id: int, as_of: dt.date) -> Scored:
    """Everybody's chance on `as_of` by the kept model. Raises NotFound, and InvalidInput where it cannot be opened or does
    not fit."""
    return _scored(_InUse(session, kept_models.get(session, model_id), as_of))


def save(session: Session, scored: Scored, *, is_nightly: bool = False, watched: Watched | None = None) -> int:
    """Keep the scores with the customers, under the purpose's analysis; returns the run's id."""
    model = scored.model
    parameters = {"model_id": model.id, "model_name": model.name, "method": model.method, "horizon_days": model.horizon_days,
                  "trained_as_of": model.as_of, "is_nightly": is_nightly}
    told = {"customers": len(scored.customers), "expected": float(scored.customers["probability"].mean()),
            "warnings": list(scored.warnings), **({} if watched is None else {"drift": drift_figures(watched)})}
    return scores.save(session, scored.customers.rename(columns={"probability": "number"}), analysis=ANALYSES[model.purpose],
                       as_of=scored.as_of, parameters=parameters, quality=told)


@reads("sales", "customers", "service", "surveys")
def watch(session: Session, *, model_id: int, as_of: dt.date) -> Watched:
    """How today's customers differ from those the model was kept with, and what came of what it said. Errors as of `score`."""
    return _watched(_InUse(session, kept_models.get(session, model_id), as_of))


@reads("sales", "customers", "service", "surveys")
def compare(session: Session, *, purpose: str, as_of: dt.date, model_ids: tuple[int, ...] | None = None,
            random_state: int = 0) -> pd.DataFrame:
    """The kept models of a purpose side by side, the one in use first, then the newest.

    One row a model: model_id, name, method, is_promoted, trained_on, horizon_days; roc_auc, brier, calibration_error on the
    later time of its own test; the same with _since on what has happened since (the latest day whose horizon has passed, the
    same customers for all models of one horizon), roc_auc_since_low and _high, customers_since, cutoff; known_from (the day
    from which on that can be told) and trouble (a sentence where the model cannot be used). NaN and None where nothing can be
    told yet. A page passes `model_ids`, so that a model kept since is a new question.
    """
    rows, happened = [], {}
    for model in kept_models.listing(session, purpose=purpose):
        if model_ids is None or model.id in model_ids:
            rows.append(_row(_InUse(session, model, as_of, happened), random_state=random_state))
    columns = ["model_id", "name", "method", "is_promoted", "trained_on", "horizon_days", *TOLD,
               *(f"{metric}_since" for metric in TOLD), "roc_auc_since_low", "roc_auc_since_high", "customers_since", "cutoff",
               "known_from", "trouble"]
    table = pd.DataFrame(rows, columns=columns)
    # As objects: pandas would turn None into a missing text or moment of its own.
    return table.assign(**{name: pd.Series([row[name] for row in rows], dtype=object)
                           for name in ("trained_on", "cutoff", "known_from", "trouble")})


def nightly(workspace: db.Workspace, *, as_of: dt.date | None = None,
            progress: Callable[[float, str], None] | None = None) -> list[Night]:
    """Score and watch with every promoted model, each in a transaction of its own; one that cannot leaves its sentence and
    stops no other. `as_of` None: today, or the last order's day where that is long ago."""
    with db.reading(workspace) as session:
        day = as_of or settings.as_of(session)
        used = [model for model in kept_models.listing(session) if model.is_promoted]
    nights = []
    for place, model in enumerate(used):
        if progress is not None:
            progress(place / len(used), model.name)
        nights.append(_night(workspace, model, day))
    if progress is not None:
        progress(1.0, "")
    return nights


def drift_figures(watched: Watched) -> dict:
    """What a watch found, as plain figures."""
    found = watched.drift
    outcomes = None if found.outcomes is None else dataclasses.asdict(found.outcomes)
    return {"verdict": found.verdict, "because": found.because, "score_psi": found.score_psi, "moved_most": found.moved_most,
            "expected_before": found.expected_before, "expected_now": found.expected_now, "outcomes": outcomes,
            "cutoff": watched.cutoff, "known_from": watched.known_from}


def _night(workspace: db.Workspace, model: KeptModel, as_of: dt.date) -> Night:
    try:
        with db.reading(workspace) as session:
            used = _InUse(session, model, as_of)
            scored = _scored(used)
            watched, warnings = _watched_or_why_not(used)
        scored = dataclasses.replace(scored, warnings=(*scored.warnings, *warnings))
        # Computed above without holding anybody up; writing takes a moment.
        with db.transaction(workspace) as session:
            run_id = save(session, scored, is_nightly=True, watched=watched)
            scores.thin_out(session, analysis=ANALYSES[model.purpose])
    except CrmError as error:
        return Night(model, error=str(error))
    except Exception:
        # The edge of one model's night: whatever it breaks on, the others are to have theirs. The log has the details.
        logging.getLogger(__name__).exception("A kept model failed")
        return Night(model, error="Something went wrong inside the program with this model; train it again. "
                                  "The log has the details.")
    return Night(model, run_id, len(scored.customers), watched, scored.warnings)


def _watched_or_why_not(used: "_InUse") -> tuple[Watched | None, tuple[str, ...]]:
    """Chances that cannot be compared with anything are worth saving all the same."""
    try:
        return _watched(used), ()
    except CrmError as error:
        return None, (str(error),)


class _InUse:
    """A kept model on a day: what is known of the customers, and what happened since it was trained; each worked out once.

    `happened` is shared by models that are compared: those of one horizon are judged on the same customers.
    """

    def __init__(self, session: Session, model: KeptModel, as_of: dt.date, happened: dict | None = None) -> None:
        self.session, self.model, self.as_of = session, model, as_of
        self._happened = {} if happened is None else happened

    @cached_property
    def stored(self) -> storing.Stored:
        return storing.load(kept_models.content(self.session, self.model.id))

    @cached_property
    def now(self) -> pd.DataFrame:
        """Everybody on `as_of`: customer_id, features, is_gone. Raises InvalidInput where the model looks at other columns."""
        frame = _NOW[self.model.purpose](self)
        missing = [column for column in self.stored.model.columns if column not in frame]
        if missing:
            # The sentence names what is missing; it comes first.
            raise InvalidInput(storing.fits(self.stored, frame)[0])
        if frame.empty:
            raise NotEnoughData("There is no customer with an order yet, so nobody can be scored.")
        return frame

    @cached_property
    def orders(self) -> pd.DataFrame:
        return frames.orders(self.session, until=self.as_of)

    @cached_property
    def ending(self) -> Windows:
        """What was known and what came where a day in a field tells who ended."""
        label = self.model.about.get("label")
        if label is None:
            raise InvalidInput("This model does not say which day it foretells; train it again.")
        return snapshots.ending(
            frames.customer_fields(self.session), self.orders, as_of=self.as_of, horizon_days=self.model.horizon_days,
            label=label, tickets=frames.tickets(self.session, until=self.as_of),
            answers=frames.answers(self.session, until=self.as_of))

    def features(self, cutoff: dt.date) -> pd.DataFrame:
        """What was known of the buyers at the end of that day, and is_gone. Empty tickets and answers are given too, so that
        a model that looks at them finds their columns."""
        return snapshots.on_day(self.orders, as_of=cutoff, horizon_days=self.model.horizon_days,
                                tickets=frames.tickets(self.session, until=self.as_of),
                                answers=frames.answers(self.session, until=self.as_of))

    @property
    def known_from(self) -> dt.date | None:
        days = self.model.horizon_days
        return None if days is None else self.model.as_of + dt.timedelta(days=days)

    @property
    def cutoff(self) -> dt.date | None:
        """The latest day since training whose horizon has passed."""
        if self.known_from is None or self.as_of < self.known_from:
            return None
        return self.as_of - dt.timedelta(days=self.model.horizon_days)

    @property
    def happened(self) -> Window | None:
        """What was known on the cutoff, and what came; None where it cannot be known yet."""
        if self.cutoff is None:
            return None
        key = (self.model.horizon_days, self.model.about.get("label"))
        if key not in self._happened:
            self._happened[key] = _HAPPENED[self.model.purpose](self)
        return self._happened[key]


def _bought(used: _InUse, frame: pd.DataFrame) -> np.ndarray:
    """Who ordered in the horizon after the cutoff."""
    day = used.orders["ordered_on"].to_numpy().astype("datetime64[D]")
    cutoff = np.datetime64(used.cutoff, "D")
    within = (day > cutoff) & (day <= cutoff + np.timedelta64(used.model.horizon_days, "D"))
    buyers = used.orders.loc[within & used.orders["is_purchase"].to_numpy(dtype=bool), "customer_id"]
    return frame["customer_id"].isin(buyers).to_numpy()


def _by_orders(used: _InUse, *, is_yes: Callable[[np.ndarray], np.ndarray]) -> Window:
    frame = used.features(used.cutoff)
    frame = frame[~frame["is_gone"]].reset_index(drop=True)
    return Window(frame, is_yes(_bought(used, frame)))


def _given(used: _InUse) -> pd.DataFrame:
    """The customers' own fields; who has left already by the field that the model learned from is gone."""
    fields, about = frames.customer_fields(used.session), used.model.about
    try:
        told = snapshots.given(fields, label=about.get("label", ""), positive=about.get("positive") or None)
    except CrmError:  # the field is no longer kept, or too few have left by it: whoever is there can be scored all the same
        return fields.assign(is_gone=False)
    return fields.assign(is_gone=fields["customer_id"].isin(told.groups[told.target]))


_NOW: dict[str, Callable[[_InUse], pd.DataFrame]] = {
    "leaving": lambda used: used.features(used.as_of), "buying": lambda used: used.features(used.as_of),
    "ending": lambda used: used.ending.now, "given": _given}
_HAPPENED: dict[str, Callable[[_InUse], Window | None]] = {
    "leaving": lambda used: _by_orders(used, is_yes=np.logical_not), "buying": lambda used: _by_orders(used, is_yes=np.asarray),
    "ending": lambda used: used.ending.test, "given": lambda used: None}


def _scored(used: _InUse) -> Scored:
    model = used.stored.model
    found = pd.DataFrame({"customer_id": used.now["customer_id"], "probability": model.probability(used.now[list(model.columns)])})
    present = used.now[~used.now["is_gone"]]
    return Scored(used.model, used.as_of, found.sort_values(["probability", "customer_id"], ascending=[False, True],
                                                            ignore_index=True),
                  tuple(storing.fits(used.stored, present[list(model.columns)])))


def _watched(used: _InUse) -> Watched:
    columns = list(used.stored.model.columns)
    present = used.now.loc[~used.now["is_gone"], columns]
    found = drifting.drift(used.stored.profile, present, used.stored.model.probability(present))
    happened = used.happened
    if happened is not None and len(happened.frame):
        past = happened.frame[columns]
        since = drifting.drift(used.stored.profile, past, used.stored.model.probability(past),
                               outcomes=np.asarray(happened.target, dtype=float))
        found = _with_outcomes(found, since)
    return Watched(used.model, used.as_of, found, used.cutoff, used.known_from)


def _with_outcomes(today: drifting.Drift, since: drifting.Drift) -> drifting.Drift:
    """Today's columns and scores with the outcomes of the earlier customers, who are the better witnesses."""
    if since.because == "outcomes":
        return dataclasses.replace(today, outcomes=since.outcomes, verdict=since.verdict, because="outcomes")
    is_proven = since.outcomes is not None and since.outcomes.verdict == "as_expected"
    verdict = "watch" if today.verdict == "moved" and is_proven else today.verdict
    return dataclasses.replace(today, outcomes=since.outcomes, verdict=verdict)


def _row(used: _InUse, *, random_state: int) -> dict:
    model = used.model
    row = {"model_id": model.id, "name": model.name, "method": model.method, "is_promoted": model.is_promoted,
           "trained_on": model.as_of, "horizon_days": model.horizon_days, "cutoff": None, "known_from": used.known_from,
           "trouble": None, **{metric: model.quality.get(metric) for metric in TOLD}}
    try:
        stored, happened = used.stored, used.happened
        if happened is None or min(happened.target.sum(), (~happened.target).sum()) < FEWEST_JUDGED:
            return row
        judged = judge(happened.target, stored.model.probability(happened.frame[list(stored.model.columns)]),
                       groups=happened.frame["customer_id"].to_numpy(), method=model.method, parameters=model.parameters,
                       learned_base_rate=model.quality.get("base_rate") or 0.5, random_state=random_state)
    except CrmError as error:
        return {**row, "trouble": str(error)}
    auc = judged.metrics.set_index("metric").loc["roc_auc"]
    return {**row, **{f"{metric}_since": judged.value(metric) for metric in TOLD}, "roc_auc_since_low": auc["low"],
            "roc_auc_since_high": auc["high"], "customers_since": len(happened.target), "cutoff": used.cutoff}
