"""Which columns are worth naming as a case's reasons? The strongest of what each one adds."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

MIN_REASON = 0.1  # in log-odds, about 2 points of probability: less is no reason to name
N_REASONS = 3  # what fits a line of a list


def reasons(contributions: np.ndarray, columns: tuple[str, ...], *, n: int = N_REASONS, minimum: float = MIN_REASON,
            together: Sequence[Sequence[str]] = ()) -> pd.DataFrame:
    """reason_1..n: "raises:days_silent", "lowers:purchase_days" ..., strongest first; None where too weak.

    contributions: (rows, columns) log-odds, as of `contributions`; columns: their names. together: columns that nearly follow
    from each other (importance.twins); they are one reason, see `pooled`.

    >>> reasons(np.array([[0.8, -0.2, 0.05]]), ("days_silent", "orders", "age")).to_dict("records")
    [{'reason_1': 'raises:days_silent', 'reason_2': 'lowers:orders', 'reason_3': None}]
    """
    contributions = pooled(contributions, columns, together=together)
    strength = np.abs(contributions)
    strongest = np.argsort(-strength, axis=1, kind="stable")[:, :n]
    rows = np.arange(len(contributions))
    raises = np.array([f"raises:{column}" for column in columns], dtype=object)
    lowers = np.array([f"lowers:{column}" for column in columns], dtype=object)
    named = {}
    for place in range(n):
        if place >= len(columns):
            named[f"reason_{place + 1}"] = np.full(len(rows), None, dtype=object)
            continue
        column = strongest[:, place]
        code = np.where(contributions[rows, column] > 0, raises[column], lowers[column])
        named[f"reason_{place + 1}"] = np.where(strength[rows, column] >= minimum, code, None)
    # As objects: pandas would turn None into a missing text of its own.
    return pd.DataFrame(named, dtype=object)


def pooled(contributions: np.ndarray, columns: tuple[str, ...], *, together: Sequence[Sequence[str]]) -> np.ndarray:
    """The same sums, each of the groups of columns `together` told by one of its columns: the one that adds most in the
    direction of all. Twins of a linear model take turns in sign ("a long contract raises, a high sum of bills lowers"), and
    only their sum says something.

    >>> pooled(np.array([[0.9, -0.3, 0.1]]), ("tenure", "bills", "age"), together=[("tenure", "bills")]).round(9)
    array([[0.6, 0. , 0.1]])
    """
    found = np.array(contributions, dtype=float)
    for group in together:
        places = np.array([columns.index(column) for column in group if column in columns], dtype=int)
        if len(places) < 2:
            continue
        part = np.asarray(contributions, dtype=float)[:, places]
        whole = part.sum(axis=1)
        teller = np.argmax(part * np.where(whole < 0, -1.0, 1.0)[:, None], axis=1)
        found[:, places] = 0.0
        found[np.arange(len(found)), places[teller]] = whole
    return found
