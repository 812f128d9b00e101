"""What drives it: from survey answers to batteries, careless forms, reliability, correlations and drivers in one answer."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.satisfaction import careless, correlations, drivers, forms, overall, reliability
from crm.errors import NotEnoughData


@dataclass(frozen=True, eq=False)
class Choice:
    """Something that can be chosen: key; of a battery its metric, number of items, forms, survey_id and first item; of an overall
    score how, metric, item and forms."""

    key: str
    metric: str
    item: str
    forms: int
    how: str = ""
    items: int = 0
    survey_id: int = 0


@dataclass(frozen=True, eq=False)
class Figures:
    """What leaving out careless forms may change: forms, alpha (None unknown), mean (of all the battery's scores), explained
    (R squared, None unknown), mend_first (None nothing, or unknown)."""

    forms: int
    mean: float
    alpha: float | None
    explained: float | None
    mend_first: str | None


@dataclass(frozen=True, eq=False)
class WhatDrives:
    """batteries, targets: what can be chosen (Choice), the chosen ones' keys are `battery` and `target` (None: nothing sums up the
    questions). items: of the battery (see forms.Battery), from the forms used. n_all: all its forms; n_used: those that count, one a
    known customer. careless: marks of all forms. is_left_out: whether careless ones are left out. with_all, without: figures with
    every form and without the careless ones; None where none is careless. reliability, correlations, drivers: None where
    the sentence of the same name with _missing says why.
    """

    batteries: tuple[Choice, ...]
    battery: str
    targets: tuple[Choice, ...]
    target: str | None
    metric: str
    items: pd.DataFrame
    scale_min: float
    scale_max: float
    n_all: int
    n_used: int
    answered_twice: int
    careless: careless.Careless
    is_left_out: bool
    with_all: Figures | None
    without: Figures | None
    reliability: reliability.Reliability | None
    reliability_missing: str | None
    correlations: correlations.Correlations | None
    correlations_missing: str | None
    drivers: drivers.Drivers | None
    drivers_missing: str | None
    as_of: dt.date


def explain(answers: pd.DataFrame, *, as_of: dt.date, battery: str | None = None, target: str | None = None,
            leave_out: bool = False, correlation: str = "pearson", random_state: int = 0) -> WhatDrives:
    """All about one battery of questions: do they belong together, which are answered alike, what goes with the overall score.

    answers: as crm.frames.answers. battery, target: keys of earlier choices; by default the battery with the most answers and
    the best overall score. leave_out: without careless forms. Of a known customer the newest form counts.

    Raises NotEnoughData where no form asks several questions, InvalidInput for choices that are not there.
    """
    batteries = forms.wide(answers, as_of=as_of)
    whole = forms.chosen(batteries, battery)
    marks = careless.mark(whole)
    every = whole.only(forms.latest_of_each(whole))
    cleaned = every
    if marks.careless.any() and not marks.careless.all():
        left = whole.only(~marks.careless)
        cleaned = left.only(forms.latest_of_each(left))
    used = cleaned if leave_out else every
    choices = overall.offered(used, answers, as_of=as_of)
    found, found_missing = _or_reason(lambda: drivers.find(used, overall.chosen(choices, target), random_state=random_state))
    together, together_missing = _or_reason(lambda: reliability.measure(used))
    score, names = used.score, list(used.items["item"])
    if found is not None and found.overall.how != "item":
        score = np.column_stack([score, found.overall.score])
        names = [*names, found.overall.item]
    alike, alike_missing = _or_reason(lambda: correlations.correlate(score, names, method=correlation))
    compared = (None, None)
    if cleaned is not every:
        key = None if found is None else found.overall.key
        other = every if leave_out else cleaned
        mine, theirs = _figures(used, together, found), _light(other, answers, key, as_of=as_of, random_state=random_state)
        compared = (theirs, mine) if leave_out else (mine, theirs)
    return WhatDrives(
        tuple(Choice(one.key, one.metric, str(one.items["item"].iloc[0]), len(one.forms), items=len(one.items),
                     survey_id=_usual(one.forms["survey_id"])) for one in batteries),
        whole.key,
        tuple(Choice(one.key, one.metric, one.item, int((~np.isnan(one.score)).sum()), how=one.how) for one in choices),
        None if found is None else found.overall.key, whole.metric, used.items, whole.scale_min, whole.scale_max, len(whole.forms),
        len(used.forms), whole.answered_twice, marks, leave_out, *compared, together, together_missing, alike, alike_missing,
        found, found_missing, as_of)


def _or_reason(ask):
    try:
        return ask(), None
    except NotEnoughData as problem:
        return None, str(problem)


def _light(battery: forms.Battery, answers: pd.DataFrame, key: str | None, *, as_of: dt.date, random_state: int) -> Figures:
    together, _ = _or_reason(lambda: reliability.measure(battery))
    found = None
    if key is not None:
        same = [one for one in overall.offered(battery, answers, as_of=as_of) if one.key == key]
        if same:
            found, _ = _or_reason(lambda: drivers.find(battery, same[0], thorough=False, random_state=random_state))
    return _figures(battery, together, found)


def _figures(battery: forms.Battery, together, found) -> Figures:
    return Figures(len(battery.forms), float(np.nanmean(battery.score)) if (~np.isnan(battery.score)).any() else float("nan"),
                   None if together is None else together.alpha, None if found is None else found.explained,
                   None if found is None else found.priorities.mend_first)


def _usual(survey_id: pd.Series) -> int:
    """The survey of most of the forms, 0 where most are of none."""
    found, times = np.unique(survey_id.to_numpy(), return_counts=True)
    return int(found[times.argmax()]) if len(found) else 0
