"""What makes an amount more or less? The formula's coefficients, with how far each may be off, in words that can be read."""

from dataclasses import replace

import numpy as np
import pandas as pd

from crm.analytics.prediction.amounts.checks import check
from crm.analytics.prediction.amounts.design import Design, Term, design
from crm.analytics.prediction.amounts.models import FORMULAS, learnable
from crm.analytics.prediction.columns import MISSING
from crm.analytics.prediction.sampling import in_fixed_order, sample, take
from crm.analytics.prediction.task import Rows
from crm.errors import InvalidInput

Z_95 = 1.96  # two-sided, normal
MOST_ROWS = 100_000  # intervals then are so narrow that more rows change no sentence
QUARTILES = (0.25, 0.75)
FEW = 10.0  # things that are counted up to about ten change by one; a sum of money or a share changes by no such step
TWINS = 1e-8  # of the largest: a direction with less spread than that tells the columns in it no more apart


def coefficients(rows: Rows, *, method: str, scales: dict[str, str] | None = None, random_state: int = 0) -> pd.DataFrame:
    """One row a number of the formula, numbers and yes/no first as in the table, then texts: column, level (None for a number or a
    yes, "(missing)" for not known, "(others)" for the rare ones), reference (what a level is set against), scale, coefficient,
    low, high (95 %, robust to cases of one customer being alike; Liang & Zeger 1986), change, from_value, to_value, effect,
    effect_low, effect_high.

    effect: what the amount changes by when the column alone changes as `change` says: "one_more" (of what is counted), "doubled",
    "quartiles" (from the lower to the upper quartile; where these are equal, from the middle to the highest hundredth), "yes" (against no), "known" (missing against known), "level" (against the
    reference). Poisson and Gamma: a share (0.1 is 10 % more); linear: in the unit of the amount. It says what goes together, not
    what would come of changing it.
    """
    if method not in FORMULAS:
        raise InvalidInput(f"Only a formula has coefficients; choose one of {', '.join(FORMULAS)}.", field="method")
    rows = in_fixed_order(rows)[0]
    check(rows, of="to learn from")
    rows = take(rows, sample(rows, most_rows=MOST_ROWS, random_state=random_state))
    amounts = learnable(rows.target, method=method)
    seen = _without_twins(design(rows.frame, scales=dict.fromkeys(rows.frame.columns, "plain") if method == "linear" else scales),
                          rows.frame)
    if not seen.terms:
        return pd.DataFrame(columns=COLUMNS)
    matrix = seen.matrix(rows.frame)
    found, error = _fitted(matrix, amounts, rows.groups, method)
    table = [_row(term, coefficient, off, rows.frame, values, is_share=method != "linear")
             for term, coefficient, off, values in zip(seen.terms, found, error, matrix.T, strict=True)]
    return pd.DataFrame(table, columns=COLUMNS)


COLUMNS = ["column", "level", "reference", "scale", "coefficient", "low", "high", "change", "from_value", "to_value", "effect",
           "effect_low", "effect_high"]


def _fitted(matrix: np.ndarray, amounts: np.ndarray, groups: np.ndarray, method: str) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients and their group-robust standard errors, on the scale of the matrix."""
    import warnings

    import statsmodels.api as sm
    from statsmodels.tools.sm_exceptions import DomainWarning

    means, deviations = matrix.mean(axis=0), matrix.std(axis=0)
    scaled = np.column_stack([np.ones(len(matrix)), (matrix - means) / deviations])
    unit = np.abs(amounts).mean() or 1.0
    place = np.unique(groups, return_inverse=True)[1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DomainWarning)  # the logarithm is what makes an effect a share, for Gamma too
        if method == "linear":
            model = sm.OLS(amounts / unit, scaled)
        else:
            family = sm.families.Poisson() if method == "poisson" else sm.families.Gamma(sm.families.links.Log())
            model = sm.GLM(amounts / unit, scaled, family=family)
        fitted = model.fit(cov_type="cluster", cov_kwds={"groups": place})
    back = (unit if method == "linear" else 1.0) / deviations
    return fitted.params[1:] * back, fitted.bse[1:] * back


def _without_twins(seen: Design, frame: pd.DataFrame) -> Design:
    """Without numbers that follow from those before them (equal columns, levels that lie within others): each of two twins alone
    would have no coefficient of its own."""
    matrix = seen.matrix(frame)
    kept: list[int] = []
    basis = np.empty((len(matrix), 0))
    for place in range(matrix.shape[1]):
        column = matrix[:, place] - matrix[:, place].mean()
        size = np.linalg.norm(column)
        if size == 0:
            continue
        rest = column - basis @ (basis.T @ column)
        rest -= basis @ (basis.T @ rest)  # twice is enough (Giraud, Langou & Rozloznik 2005)
        if np.linalg.norm(rest) > np.sqrt(TWINS) * size:
            basis = np.column_stack([basis, rest / np.linalg.norm(rest)])
            kept.append(place)
    return replace(seen, terms=tuple(seen.terms[place] for place in kept))


def _row(term: Term, coefficient: float, error: float, frame: pd.DataFrame, values: np.ndarray, *, is_share: bool) -> tuple:
    ends = (coefficient, coefficient - Z_95 * error, coefficient + Z_95 * error)
    change, from_value, to_value, step = _change(term, frame)
    effects = sorted(np.expm1(np.clip(end * step, -50, 50)) if is_share else end * step for end in ends[1:])
    effect = np.expm1(np.clip(ends[0] * step, -50, 50)) if is_share else ends[0] * step
    return (term.column.name, term.level, term.reference, term.column.scale, *ends, change, from_value, to_value, effect, *effects)


def _change(term: Term, frame: pd.DataFrame) -> tuple[str, float, float, float]:
    """In which words a change is told, from where to where, and how much that is on the model's scale."""
    nan = float("nan")
    if term.level is not None:
        return ("known" if term.level == MISSING and term.reference is None else "level"), nan, nan, 1.0
    if term.column.kind == "bool":
        return "yes", nan, nan, 1.0
    number = term.column.numbers(frame)
    low, high = np.nanquantile(number, QUARTILES)
    if term.column.scale == "plain" and high - low <= FEW and _is_whole(number):
        return "one_more", nan, nan, 1.0
    if term.column.scale == "log" and low >= 1.0:
        # log1p: exact for large figures, and told at the lower quartile for small ones
        return "doubled", float(low), float(2 * low), float(np.log1p(2 * low) - np.log1p(low))
    if low == high:  # most are alike: from these to the highest
        low, high = (float(end) for end in np.nanquantile(number, (0.5, 0.99)))
    if low == high:
        low, high = float(np.nanmin(number)), float(np.nanmax(number))
    step = term.seen(np.array([low, high]))
    return "quartiles", float(low), float(high), float(step[1] - step[0])


def _is_whole(number: np.ndarray) -> bool:
    known = number[np.isfinite(number)]
    return bool((known == np.rint(known)).all())
