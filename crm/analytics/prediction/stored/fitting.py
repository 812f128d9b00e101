"""Does a model that was kept still fit this table?"""

from collections.abc import Callable

import pandas as pd

from crm.analytics.prediction.drift.profiles import counts, kind
from crm.analytics.prediction.stored.files import Stored

NAMED = 4  # columns in one sentence
NEW_WORDS_FROM = 0.1  # share of the lines: so many words that the model never saw leave it guessing
MORE_MISSING_FROM = 0.25  # share of the lines more than when it was trained
KINDS = {"number": "numbers", "flag": "yes or no", "text": "words"}


def fits(stored: Stored, frame: pd.DataFrame, *, label: Callable[[str], str] = str) -> list[str]:
    """What speaks against using the model for `frame`, a sentence each; empty where nothing does. label: column -> its word."""
    parts = {column: stored.profile.get("columns", {}).get(column) for column in stored.model.columns}
    missing = [column for column in parts if column not in frame]
    found = []
    if len(missing) == 1:
        found.append(f"The model looks at “{label(missing[0])}”, which is not in this table.")
    elif missing:
        more = f" and {len(missing) - NAMED} more" if len(missing) > NAMED else ""
        names = ", ".join(f"“{label(column)}”" for column in missing[:NAMED])
        found.append(f"The model looks at {len(missing)} columns that are not in this table: {names}{more}.")
    for column, part in parts.items():
        if part is not None and column in frame and len(frame):
            found += _of_column(label(column), part, frame[column])
    return found


def _of_column(name: str, part: dict, column: pd.Series) -> list[str]:
    missing, before = float(column.isna().mean()), part["shares"][-1]
    if missing == 1 and before < 1:
        return [f"“{name}” is empty here; when the model was trained, it was known for {_share(1 - before)} of the lines."]
    if kind(column) != part["kind"]:
        return [f"“{name}” held {KINDS[part['kind']]} when the model was trained; here it holds {KINDS[kind(column)]}."]
    if missing - before >= MORE_MISSING_FROM:
        return [f"“{name}” is missing in {_share(missing)} of the lines; when the model was trained, in {_share(before)}."]
    if part["kind"] == "text":
        now = counts(part, column)
        new = now[-2] / max(now[:-1].sum(), 1)
        was = part["shares"][-2] / max(1 - before, 1e-9)
        if new - was >= NEW_WORDS_FROM:
            return [f"{_share(new)} of the lines have words in “{name}” that were rare or unknown when the model was trained."]
    return []


def _share(part: float) -> str:
    return f"{part * 100:.0f} %"
