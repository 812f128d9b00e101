"""What did the rows look like when the model was trained? Shares that are kept with it, as plain JSON."""

import numpy as np
import pandas as pd

from crm.errors import InvalidInput, NotEnoughData

BINS = 10  # by quantiles: the usual number for a stability index (Siddiqi 2006)
LEVELS_KEPT = 20  # of a text column, the most frequent; the rest as one
MIN_LEVEL = 0.005  # share: rarer levels belong to the rest, whose share can be told from chance
DIGITS = 6  # of shares


def profile(frame: pd.DataFrame, probability: np.ndarray, *, groups: np.ndarray | None = None) -> dict:
    """The shares of every column and of the scores, to compare later rows with; plain JSON, no row of it.

    Give the rows that the model scored first, not those it learned from: of those it is too sure. groups: (n,) whom a row is
    about, where somebody is in several; they count once for what chance does. Keys: rows, independent, columns (column ->
    part), score (part), expected (mean probability). A part: kind ("number": edges, each bin with its upper one; "flag";
    "text": levels), shares (of the bins or levels, for a text the others as well, and of the missing at the end), and of
    numbers middles (quantiles, for examples). Raises NotEnoughData for no rows, InvalidInput where the lengths differ.
    """
    probability = np.asarray(probability, dtype=float)
    if len(frame) == 0:
        raise NotEnoughData("A picture of the rows needs rows; there are none.")
    if len(frame) != len(probability):
        raise InvalidInput(f"There are {len(frame)} rows and {len(probability)} probabilities.")
    independent = len(frame) if groups is None else len(np.unique(groups))
    return {
        "rows": len(frame), "independent": int(independent),
        "columns": {str(column): _part(frame[column]) for column in frame.columns},
        "score": _part(pd.Series(probability)),
        "expected": float(np.mean(probability)),
    }


def kind(column: pd.Series) -> str:
    """"number", "flag" or "text"."""
    if pd.api.types.is_bool_dtype(column):
        return "flag"
    return "number" if pd.api.types.is_numeric_dtype(column) else "text"


def counts(part: dict, column: pd.Series) -> np.ndarray:
    """How many rows of `column` fall into each share of the part, the missing last."""
    missing = int(column.isna().sum())
    if part["kind"] == "text":
        known = column.dropna().astype(str).value_counts()
        found = [int(known.get(level, 0)) for level in part["levels"]]
        return np.array([*found, int(known.sum()) - sum(found), missing])
    edges = np.array([0.5] if part["kind"] == "flag" else part["edges"], dtype=float)
    numbers = column.to_numpy(dtype=float, na_value=np.nan)
    place = np.searchsorted(edges, numbers[~np.isnan(numbers)], side="left")
    return np.append(np.bincount(place, minlength=len(edges) + 1), missing)


def _part(column: pd.Series) -> dict:
    part: dict = {"kind": kind(column)}
    if part["kind"] == "text":
        known = column.dropna().astype(str).value_counts()
        common = known[known >= MIN_LEVEL * len(column)].index[:LEVELS_KEPT]
        part["levels"] = sorted(common.tolist())
    elif part["kind"] == "number":
        part |= _edges(column.to_numpy(dtype=float, na_value=np.nan))
    part["shares"] = [round(share, DIGITS) for share in (counts(part, column) / len(column)).tolist()]
    return part


def _edges(numbers: np.ndarray) -> dict:
    """Inner edges by quantiles: a value that many rows share has a bin of its own."""
    known = numbers[np.isfinite(numbers)]
    if len(known) == 0:
        return {"edges": [], "middles": []}
    quantiles = np.quantile(known, np.arange(1, BINS) / BINS, method="inverted_cdf")
    edges = np.unique(quantiles)
    if edges[-1] == known.max() and edges[-1] > known.min():
        edges = edges[:-1]  # nothing would lie above it
    if known.min() == known.max():
        # Always the same so far: lower, the same, higher.
        edges = np.array([np.nextafter(known[0], -np.inf), known[0]])
    middles = np.quantile(known, [0.05, 0.25, 0.5, 0.75, 0.95], method="inverted_cdf")
    return {"edges": edges.tolist(), "middles": middles.tolist()}
