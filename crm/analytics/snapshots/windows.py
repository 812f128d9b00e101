"""Past days on which it is known what was known then and what came after: to learn from, and a later one to be tested on."""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True, eq=False)
class Window:
    """Rows of one or several cutoffs. frame: customer_id (int64), cutoff (datetime64[s], the last day that counted), then the
    features; target: aligned, bool or float64 (NaN: not known). A customer has one row a cutoff."""

    frame: pd.DataFrame
    target: np.ndarray


@dataclass(frozen=True, eq=False)
class Windows:
    """Everything that a prediction about customers starts from.

    target: "leaves" (no purchase in the `horizon_days` after the cutoff), "buys" (a purchase in them), "spend" (net money
    spent in them), "next_order" (amount of the first purchase after the cutoff, of those who buy within the horizon),
    "ends" (a day recorded with the customer lies in them).
    train, test: the test's cutoff is `horizon_days` before as_of; no label of train reaches beyond the test's cutoff. refit:
    the latest rows whose outcome is known by as_of, for the model that is used. now: customer_id, the same features on as_of,
    and is_gone (bool: silent for a year or the horizon, where that is longer, or with "ends" ended by then; no part of train,
    test and refit).
    columns: the features that models look at. scales: column -> "root" | "log" | "capped" | "plain". rule: the column that
    the simple rule sorts by (highest first), None where there is none.
    """

    target: str
    as_of: dt.date
    horizon_days: int
    train: Window
    test: Window
    refit: Window
    now: pd.DataFrame
    columns: tuple[str, ...]
    scales: dict[str, str]
    rule: str | None
    test_cutoff: dt.date
    train_cutoffs: tuple[dt.date, ...]
    refit_cutoffs: tuple[dt.date, ...]
