"""Drivers: which questions go with the overall score, and what is worth mending first?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.satisfaction import priorities, regression, shares, trying_out
from crm.analytics.satisfaction.forms import Battery
from crm.analytics.satisfaction.overall import Overall
from crm.errors import NotEnoughData

FEWEST_FORMS = 30  # complete, with an overall score
FORMS_AN_ITEM = 5  # complete forms for each question; below, a regression follows the noise
SELDOM = 0.5  # a question answered on fewer of the forms would cost more of them than it explains
COPY = 1e-6  # what is left of a question once the others are known; below, it says the same as they do
COLLINEAR = 5.0  # variance inflation from which single coefficients should not be read
CURVED = 0.05  # R squared on forms kept aside that a model which bends must be better by, before shares that do not are doubted


@dataclass(frozen=True, eq=False)
class Drivers:
    """What goes with an overall score, from `n` complete forms of `n_forms` with that score.

    left_out: item, reason ("seldom", "constant", "copy"). direction (items,): correlation with the overall score. shares:
    relative weights and their redraws. explained, explained_low, explained_high: R squared of the questions together, 0 to 1.
    regression: None where `regression_missing` says why. tried_out: None where `tried_out_missing` says why. priorities: by
    the shares; priorities_tried: by the losses on forms kept aside, None without. collinear: questions whose coefficients
    overlap too much (variance inflation above 5). mean: of the overall score.
    """

    overall: Overall
    items: tuple[str, ...]
    n: int
    n_forms: int
    mean: float
    left_out: pd.DataFrame
    direction: np.ndarray
    explained: float
    explained_low: float
    explained_high: float
    regression: regression.Regression | None
    regression_missing: str | None
    tried_out: trying_out.TriedOut | None
    tried_out_missing: str | None
    priorities: priorities.Priorities
    priorities_tried: priorities.Priorities | None
    collinear: tuple[str, ...]

    @property
    def foretells(self) -> bool | None:
        """Whether the questions foretell the overall score of forms kept aside; None where that could not be tried."""
        return None if self.tried_out is None else self.tried_out.foretells

    @property
    def recommended(self) -> str:
        """"shares", or "tried_out" where effects are so far from straight that shares would miss them."""
        if self.tried_out is None or self.tried_out.kind != "curved":
            return "shares"
        skills = self.tried_out.skills
        return "tried_out" if skills["curved"] - max(skills["straight"], 0) >= CURVED else "shares"

    @property
    def best(self) -> priorities.Priorities:
        """The priorities by the recommended importance."""
        return self.priorities if self.recommended == "shares" else self.priorities_tried


def find(battery: Battery, overall: Overall, *, thorough: bool = True, random_state: int = 0) -> Drivers:
    """The drivers of `overall` among the battery's questions; its forms are independent of each other (see
    forms.latest_of_each).

    thorough: also the regression, and models tried out on forms kept aside. Raises NotEnoughData with too few complete forms or
    questions, or where all overall scores are equal.
    """
    items = [item for item in battery.items["item"] if not (overall.how == "item" and item == overall.item)]
    columns = [place for place, item in enumerate(battery.items["item"]) if item in items]
    there = ~np.isnan(overall.score)
    score, target = battery.score[there][:, columns], overall.score[there]
    if overall.is_verdict:
        target = (target - overall.low) / (overall.high - overall.low)
    if len(target) and target.min() == target.max():
        raise NotEnoughData(f"All {len(target)} overall scores are equal, so that nothing can be told of what drives them.")
    used, left_out = _usable(score, items)
    names, score = [items[place] for place in used], score[:, used]
    complete = ~np.isnan(score).any(axis=1)
    n = int(complete.sum())
    needed = max(FEWEST_FORMS, FORMS_AN_ITEM * len(names))
    if len(names) < 2:
        raise NotEnoughData(f"What drives satisfaction needs at least 2 questions whose scores differ, beside the overall one; there "
                            f"are {len(names)}.")
    if n < needed:
        raise NotEnoughData(f"What drives satisfaction needs {needed} forms that answer all of {len(names)} questions and the "
                            f"overall one; there are {n}.")
    if target[complete].min() == target[complete].max():
        raise NotEnoughData(f"All overall scores of the {n} complete forms are equal, so that nothing can be told of what drives them.")
    contented = int(target[complete].sum())
    if overall.is_verdict and min(contented, n - contented) < trying_out.FEWEST_OF_A_KIND:
        raise NotEnoughData(f"What drives a verdict needs at least {trying_out.FEWEST_OF_A_KIND} forms of either kind; there are {contented} "
                            f"contented and {n - contented} other ones.")
    everyone = battery.score[:, columns][:, used]
    drawn = shares.redraw(everyone, _as_target(overall), random_state=random_state)
    low, high = np.quantile(drawn.explained_drawn, [0.025, 0.975])
    against = drawn.direction_high < 0
    scale = {"scale_min": battery.scale_min, "scale_max": battery.scale_max}
    fit, fit_missing, tried, tried_missing = None, None, None, None
    if thorough:
        try:
            fit = regression.regress(score[complete].astype(np.float64), target[complete], names, verdict=overall.is_verdict)
        except NotEnoughData as problem:
            fit_missing = str(problem)
        try:
            tried = trying_out.try_out(score, target, names, verdict=overall.is_verdict, random_state=random_state)
        except NotEnoughData as problem:
            tried_missing = str(problem)
    inflated = () if fit is None else tuple(fit.table.loc[fit.table["variance_inflation"] > COLLINEAR, "item"])
    return Drivers(
        overall, tuple(names), n, len(target), float(overall.score[there].mean()), left_out, drawn.direction, drawn.explained,
        float(low), float(high), fit, fit_missing, tried, tried_missing,
        priorities.place(names, importance=drawn.importance, performance=drawn.performance, importance_drawn=drawn.importance_drawn,
                         performance_drawn=drawn.performance_drawn, against=against, **scale),
        None if tried is None else _by_trial(names, tried, drawn, against, scale, random_state), inflated)


def _as_target(overall: Overall) -> np.ndarray:
    return (overall.score - overall.low) / (overall.high - overall.low) if overall.is_verdict else overall.score


def _by_trial(names: list[str], tried: trying_out.TriedOut, drawn: shares.Redrawn, against: np.ndarray, scale: dict,
              random_state: int) -> priorities.Priorities:
    """The same with the losses on forms kept aside as importance, redrawn from their own spread."""
    loss = tried.table["loss"].to_numpy()
    rng = np.random.default_rng(random_state)
    size, axes = np.linalg.eigh(tried.covariance)
    noise = rng.standard_normal((len(drawn.performance_drawn), len(names))) * np.sqrt(np.maximum(size, 0)) @ axes.T
    return priorities.place(names, importance=loss, performance=drawn.performance, importance_drawn=loss + noise,
                            performance_drawn=drawn.performance_drawn, against=against, **scale)


def _usable(score: np.ndarray, items: list[str]) -> tuple[list[int], pd.DataFrame]:
    """Places of the questions that can be told apart, and why the others cannot."""
    given = ~np.isnan(score)
    share = given.mean(axis=0) if len(score) else np.zeros(len(items))
    lowest = np.where(given, score, np.inf).min(axis=0, initial=np.inf)
    highest = np.where(given, score, -np.inf).max(axis=0, initial=-np.inf)
    reason = np.where(share < SELDOM, "seldom", np.where(lowest < highest, "", "constant")).astype(object)
    used = _scarcest_off(given, np.flatnonzero(reason == "").tolist(), reason)
    rows = score[given[:, used].all(axis=1)][:, used].astype(np.float64)
    rows -= rows.mean(axis=0) if len(rows) else 0.0
    for place, why in zip(used, _untellable(rows.T @ rows), strict=True):
        reason[place] = why
    out = [(items[place], why) for place, why in enumerate(reason) if why]
    return np.flatnonzero(reason == "").tolist(), pd.DataFrame(out, columns=["item", "reason"])


def _scarcest_off(given: np.ndarray, used: list[int], reason: np.ndarray) -> list[int]:
    """Without the question with the most gaps as long as too few forms answer all of them; `reason` is told."""
    while len(used) > 2 and given[:, used].all(axis=1).sum() < max(FEWEST_FORMS, FORMS_AN_ITEM * len(used)):
        scarcest = min(used, key=lambda place: given[:, place].sum())
        if given[:, scarcest].all():
            break  # gaps are not the reason
        used = [place for place in used if place != scarcest]
        reason[scarcest] = "seldom"
    return used


def _untellable(product: np.ndarray) -> list[str]:
    """Why a question cannot be told from those before it, "" where it can; from the products of centred columns.

    Gauss' elimination: what is left on the diagonal is the spread that the kept ones do not tell.
    """
    left, spread, found = product.copy(), product.diagonal().copy(), []
    for place in range(len(left)):
        if spread[place] <= 0:
            found.append("constant")
        elif left[place, place] < COPY * spread[place]:
            found.append("copy")
        else:
            found.append("")
            left -= np.outer(left[:, place], left[place]) / left[place, place]
    return found
