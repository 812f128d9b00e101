"""Tried out: do the questions foretell the overall score of forms that were kept aside, and which of them is missed the most?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from crm.analytics.satisfaction.regression import fit_logistic
from crm.errors import NotEnoughData

FEWEST_FORMS = 50  # ten for each fifth that is kept aside
FEWEST_OF_A_KIND = 10  # verdicts of either kind
FEWEST_FOR_TREES = 200  # below, boosted trees only learn the forms by heart
FOLDS = 5
ONE_SPLIT_FROM = 5_000  # forms; from here one split is enough, and of very many forms a sample
MOST_LEARNT, MOST_ASIDE = 15_000, 5_000  # R squared is then known to one or two per cent
SHUFFLED = 5_000  # answers tried out for each question: few forms are shuffled more often
MOST_REPEATS = 20
RIDGE = 1.0  # on standardised columns: hardly felt from a hundred forms on, and keeps copies of a question apart
GAPS = 0.01  # share of missing answers from which their absence is a piece of information of its own
Z = 1.959964


@dataclass(frozen=True, eq=False)
class TriedOut:
    """kind: "straight" (a weighted sum) or "curved" (boosted trees), whichever foretold better; skills: R squared of both on forms
    kept aside, NaN where not tried. skill, low, high: of the chosen one, its share of the spread foretold (1 all, 0 or below
    nothing), 95 % interval. auc, auc_low, auc_high: for a verdict, how often it ranks a contented form above a discontented one;
    None else. foretells: the interval of `skill` lies above 0. n: forms kept aside. table, a row a question, as given: item, loss
    (share of the spread no longer foretold once its answers are shuffled), low, high (95 %). covariance (items, items) of those
    losses.
    """

    kind: str
    skills: dict[str, float]
    skill: float
    low: float
    high: float
    auc: float | None
    auc_low: float | None
    auc_high: float | None
    foretells: bool
    n: int
    table: pd.DataFrame
    covariance: np.ndarray


def try_out(score: np.ndarray, overall: np.ndarray, items: list[str], *, verdict: bool, random_state: int) -> TriedOut:
    """Permutation importance (Breiman 2001; Fisher, Rudin & Dominici 2019) on forms that the model has not seen.

    score (n, items; NaN no answer), overall (n,), 0 or 1 for a verdict. Five folds, or one split of many forms. Intervals count
    each form once and hold for the models as fitted. Raises NotEnoughData below 50 forms or 10 of either verdict.
    """
    if len(score) < FEWEST_FORMS:
        raise NotEnoughData(f"Trying it out on forms kept aside needs at least {FEWEST_FORMS} forms; there are {len(score)}.")
    if verdict and min(overall.sum(), len(overall) - overall.sum()) < FEWEST_OF_A_KIND:
        raise NotEnoughData(f"Trying it out needs at least {FEWEST_OF_A_KIND} forms of either verdict; there are "
                            f"{int(overall.sum())} contented and {int(len(overall) - overall.sum())} other ones.")
    rng = np.random.default_rng(random_state)
    splits = _splits(len(score), rng)
    kinds = ["straight", *(["curved"] if len(score) >= FEWEST_FOR_TREES else [])]
    with _one_thread():
        return _tried(score, overall, items, splits, kinds, verdict=verdict, seed=random_state, rng=rng)


def _tried(score: np.ndarray, overall: np.ndarray, items: list[str], splits: list, kinds: list[str], *, verdict: bool, seed: int,
           rng: np.random.Generator) -> TriedOut:
    models = {kind: [_learn(kind, score[learnt], overall[learnt], verdict=verdict, seed=seed) for learnt, _ in splits]
              for kind in kinds}
    aside = np.concatenate([aside for _, aside in splits])
    target = overall[aside]
    base = np.concatenate([(overall[part] - overall[learnt].mean()) ** 2 for learnt, part in splits])
    foretold = {kind: np.concatenate([model(score[part]) for model, (_, part) in zip(models[kind], splits, strict=True)])
                for kind in kinds}
    skills = {kind: float(1 - ((target - said) ** 2).sum() / base.sum()) for kind, said in foretold.items()}
    kind = max(kinds, key=lambda one: skills[one])
    loss = (target - foretold[kind]) ** 2
    witness = (base - loss - skills[kind] * base) / base.mean()
    half = Z * witness.std(ddof=1) / np.sqrt(len(witness))
    missed = _missed(models[kind], score, overall, splits, foretold[kind], rng) / base.mean()
    covariance = np.cov(missed, rowvar=False).reshape(len(items), len(items)) / len(missed)
    reach = Z * np.sqrt(covariance.diagonal())
    mean = missed.mean(axis=0)
    auc = _auc(foretold[kind], target > 0) if verdict else (None, None, None)
    return TriedOut(kind, {name: skills.get(name, np.nan) for name in ("straight", "curved")}, skills[kind], float(skills[kind] - half),
                    float(skills[kind] + half), *auc, bool(skills[kind] - half > 0), len(aside),
                    pd.DataFrame({"item": items, "loss": mean, "low": mean - reach, "high": mean + reach}), covariance)


def _splits(count: int, rng: np.random.Generator) -> list[tuple[np.ndarray, np.ndarray]]:
    """Which forms are learnt from, and which are kept aside."""
    mixed = rng.permutation(count)
    if count >= ONE_SPLIT_FROM:
        aside = min(MOST_ASIDE, count // 3)
        return [(mixed[aside:aside + MOST_LEARNT], mixed[:aside])]
    parts = np.array_split(mixed, FOLDS)
    return [(np.concatenate([part for other, part in enumerate(parts) if other != place]), parts[place]) for place in range(FOLDS)]


def _learn(kind: str, score: np.ndarray, overall: np.ndarray, *, verdict: bool, seed: int):
    """A function from scores to the foretold overall score, or the chance of a contented verdict."""
    if verdict and overall.min() == overall.max():
        return lambda asked: np.full(len(asked), overall[0], dtype=float)
    return (_sum if kind == "straight" else _trees)(score, overall, verdict=verdict, seed=seed)


def _sum(score: np.ndarray, overall: np.ndarray, *, verdict: bool, seed: int):
    """Ridge regression, logistic for a verdict; a missing answer counts as the question's mean, and its absence by itself."""
    given = ~np.isnan(score)
    centre = np.where(given, score, 0).sum(axis=0, dtype=np.float64) / np.maximum(given.sum(axis=0), 1)
    gaps = (~given).mean(axis=0) >= GAPS

    def columns(asked: np.ndarray) -> np.ndarray:
        absent = np.isnan(asked)
        return np.column_stack([np.where(absent, centre, asked), absent[:, gaps]]).astype(np.float64)

    raw = columns(score)
    middle, spread = raw.mean(axis=0), raw.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)

    def design(asked: np.ndarray) -> np.ndarray:
        return np.column_stack([np.ones(len(asked)), (columns(asked) - middle) / spread])

    known = design(score)
    if verdict:
        estimate, _ = fit_logistic(known, overall, ridge=RIDGE)
        return lambda asked: 1 / (1 + np.exp(-np.clip(design(asked) @ estimate, -500, 500)))
    held = np.full(known.shape[1], RIDGE)
    held[0] = 0.0
    estimate = np.linalg.solve(known.T @ known + np.diag(held), known.T @ overall)
    return lambda asked: design(asked) @ estimate


def _trees(score: np.ndarray, overall: np.ndarray, *, verdict: bool, seed: int):
    """Boosted trees; a missing answer goes its own way in them."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    maker = HistGradientBoostingClassifier if verdict else HistGradientBoostingRegressor
    model = maker(max_iter=60, max_leaf_nodes=15, learning_rate=0.12, min_samples_leaf=min(20, len(score) // 10),
                  l2_regularization=1.0, early_stopping=False, random_state=seed)
    model.fit(score, overall > 0 if verdict else overall)
    return (lambda asked: model.predict_proba(asked)[:, 1]) if verdict else model.predict


def _missed(models: list, score: np.ndarray, overall: np.ndarray, splits: list, foretold: np.ndarray,
            rng: np.random.Generator) -> np.ndarray:
    """(forms kept aside, items): how much larger each form's squared error is with the question's answers shuffled."""
    repeats = int(np.clip(SHUFFLED // sum(len(part) for _, part in splits), 1, MOST_REPEATS))
    found, start = [], 0
    for model, (_, part) in zip(models, splits, strict=True):
        asked, count = score[part], score.shape[1]
        many = np.tile(asked, (count * repeats, 1))
        for place in range(count * repeats):
            rows = slice(place * len(part), (place + 1) * len(part))
            many[rows, place % count] = asked[rng.permutation(len(part)), place % count]
        wrong = (model(many).reshape(repeats, count, len(part)) - overall[part]) ** 2
        usual = (foretold[start:start + len(part)] - overall[part]) ** 2
        found.append((wrong.mean(axis=0) - usual).T)
        start += len(part)
    return np.concatenate(found)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Within it, scikit-learn's loops keep to one thread: for so few forms others only wait, and burn a busy computer's cores
    meanwhile (600 forms: 15 s of processor time instead of .5)."""
    with _thread_pools().limit(limits=1, user_api="openmp"):
        yield


@cache
def _thread_pools():
    """Of all packages, found once those that bring pools are loaded."""
    import sklearn.utils  # noqa: F401
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def _auc(said: np.ndarray, contented: np.ndarray) -> tuple[float, float, float]:
    """How often a contented form is ranked above another one, with its 95 % interval (DeLong, DeLong & Clarke-Pearson 1988)."""
    from scipy.stats import rankdata

    above, below = said[contented], said[~contented]
    every = rankdata(np.concatenate([above, below]))
    higher = (every[:len(above)] - rankdata(above)) / len(below)
    lower = 1 - (every[len(above):] - rankdata(below)) / len(above)
    auc = float(higher.mean())
    half = Z * np.sqrt(higher.var(ddof=1) / len(above) + lower.var(ddof=1) / len(below))
    return auc, float(max(auc - half, 0)), float(min(auc + half, 1))
