"""Which columns are worth moving for this case, and how far can each be moved?"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from crm.analytics.prediction.what_if.changing import NO_RULES, Rules, curve

N_CONTROLS = 5  # as many as fit beside a result
INNER = (0.05, 0.95)  # of the rows: beyond it the model has seen few cases and says little
LEVELS_OFFERED = 30  # of a text column, the most frequent
STEPS_TRIED = 9  # over the range, to see how much a column can move
STEPS = 50  # of a slider: finer ones cannot be hit with a thumb
MIN_SWING = 0.005  # half a point of probability: what moves less need not be offered
MIN_MISSING = 0.01  # share of the rows: so rarely missing needs no "not known"


@dataclass(frozen=True)
class Control:
    """A column that can be moved. kind: "number", "flag" or "text". own: the case's value, None where it is not known.
    low, high, step: of a number, the case's own within them. options: levels of a text, the case's own among them.
    may_be_missing: "not known" is a choice. swing: by how much the probability can be moved (0..1)."""

    column: str
    kind: str
    own: object
    low: float = float("nan")
    high: float = float("nan")
    step: float = float("nan")
    options: tuple[str, ...] = ()
    may_be_missing: bool = False
    swing: float = 0.0

    def values(self, n: int) -> list:
        """At most about `n` values over the range, in sequence, for a curve."""
        if self.kind == "flag":
            return [False, True]
        if self.kind == "text":
            return list(self.options)
        if self.step >= 1 and (self.high - self.low) / self.step <= 2 * n:
            grid = np.arange(self.low, self.high + self.step / 2, self.step)
        else:
            grid = np.linspace(self.low, self.high, n)
        own = [] if self.own is None else [float(self.own)]
        return np.unique(np.append(grid, own)).tolist()


def controls(model, row: pd.DataFrame, background: pd.DataFrame, *, n: int = N_CONTROLS,
             rules: Rules = NO_RULES) -> tuple[Control, ...]:
    """The `n` columns that can move the model's answer to `row` (one row) most, each moved alone within what is usual in
    `background` (from the 5th to the 95th of a hundred rows), the strongest first. What follows from another of the model's
    columns is not offered beside it."""
    columns = [column for column in model.columns if not any(
        other in model.columns for other in rules.follows_from.get(column, ()))]
    found = []
    for column in columns:
        control = _control(column, row[column].iloc[0], background[column])
        if control is None:
            continue
        tried = control.values(STEPS_TRIED) + ([None] if control.may_be_missing else [])
        said = curve(model, row, column, tried, rules=rules)["probability"]
        swing = float(said.max() - said.min())
        if swing >= MIN_SWING:
            found.append(replace(control, swing=swing))
    return tuple(sorted(found, key=lambda control: -control.swing)[:n])


def _control(column: str, own, seen: pd.Series) -> Control | None:
    """How this column can be moved; None where there is only one value."""
    own = None if own is None or own != own else own
    often_missing = own is None or float(seen.isna().mean()) >= MIN_MISSING
    if pd.api.types.is_bool_dtype(seen):
        return Control(column, "flag", bool(own)) if seen.nunique() > 1 or bool(seen.any()) != bool(own) else None
    if pd.api.types.is_datetime64_any_dtype(seen):
        return None  # a day among the columns says when, not what
    if not pd.api.types.is_numeric_dtype(seen):
        options = list(seen.dropna().astype(str).value_counts().index[:LEVELS_OFFERED])
        if own is not None and own not in options:
            options.append(str(own))
        if len(options) + often_missing < 2:
            return None
        return Control(column, "text", own, options=tuple(options), may_be_missing=often_missing)
    numbers = seen.to_numpy(dtype=float)
    numbers = numbers[np.isfinite(numbers)]
    if len(numbers) == 0:
        return None
    low, high = np.quantile(numbers, INNER).tolist()
    if own is not None:
        low, high = min(low, float(own)), max(high, float(own))
    if low == high:
        # Nearly always the same: the whole range rather than none.
        low, high = float(numbers.min()), float(numbers.max())
    if low == high and not (own is None or often_missing):
        return None
    is_whole = bool((numbers == np.rint(numbers)).all()) and (own is None or float(own).is_integer())
    low, high, step = _steps(low, high, is_whole)
    own = None if own is None else float(own)
    return Control(column, "number", own, low=low, high=high, step=step, may_be_missing=often_missing)


def _steps(low: float, high: float, is_whole: bool) -> tuple[float, float, float]:
    """The range to whole steps of a size that people count in: 1, 2 or 5 times a power of ten.

    >>> _steps(3.0, 97.0, True), _steps(0.12, 0.93, False)
    ((2.0, 98.0, 2.0), (0.12, 0.94, 0.02))
    """
    wide = max(high - low, 1e-9) / STEPS
    power = 10.0 ** np.floor(np.log10(wide))
    step = float(next(times * power for times in (1, 2, 5, 10) if times * power >= wide * (1 - 1e-9)))
    if is_whole:
        step = max(1.0, step)
    digits = max(0, -int(np.floor(np.log10(step))))
    return (round(float(np.floor(low / step + 1e-9) * step), digits), round(float(np.ceil(high / step - 1e-9) * step), digits),
            round(step, digits))
