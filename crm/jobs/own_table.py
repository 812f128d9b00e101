"""Your own table: the analyses on a table that is nobody's record; nothing is read from or written to a database."""

import pandas as pd

from crm.analytics import segments, trees


def groups(frame: pd.DataFrame, *, columns: tuple[str, ...], **how) -> segments.Groups:
    """The lines in groups; `how` as of crm.analytics.segments.find."""
    return segments.find(frame, columns=list(columns), **how)


def explain_groups(frame: pd.DataFrame, found: segments.Groups, *, columns: tuple[str, ...], names: dict[int, str],
                   method: str = "cart") -> trees.Explanation:
    """Rules that a person can read for the groups, told by these columns."""
    known = frame.iloc[found.rows]
    labels = pd.Series([names[label] for label in found.labels.tolist()], index=known.index, dtype="str")
    return trees.explain(known[list(columns)], labels, columns=list(columns), method=method)


def labelled(frame: pd.DataFrame, found: segments.Groups, names: dict[int, str]) -> pd.DataFrame:
    """The table as it came, with a column `group`; blank where a line was left out of the grouping."""
    group = pd.Series(None, index=frame.index, dtype="str")
    group.iloc[found.rows] = [names[label] for label in found.labels.tolist()]
    return with_column(frame, "group", group)


def with_column(frame: pd.DataFrame, title: str, content) -> pd.DataFrame:
    """The table as it came, with one column more, under a title that it does not have yet."""
    while title in frame:
        title += "_"
    # Read as numbers with decimals, for some may be missing; 19 is to leave as 19 again.
    whole = {name: frame[name].astype("Int64") for name in frame.columns
             if frame[name].dtype.kind == "f" and (frame[name].dropna() % 1 == 0).all()}
    return frame.assign(**whole, **{title: content})
