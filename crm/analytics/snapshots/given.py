"""Given: who has left, where a column of the customers' own fields says so?"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.snapshots.cutoffs import MIN_LEAVERS
from crm.analytics.snapshots.fields import labelled, shown, sorted_fields, usable_fields
from crm.errors import InvalidInput, NotEnoughData

YES = frozenset(("yes", "y", "true", "t", "1", "x", "ja", "oui", "sí", "si", "sim", "是", "有", "churned", "left", "former",
                 "cancelled", "canceled", "流失", "已流失"))
NO = frozenset(("no", "n", "false", "f", "0", "nein", "non", "não", "否", "无", "stayed", "active", "customer", "未流失"))
# A lead who never became a customer cannot leave
STAGES = ("customer", "former")
NAMED = 5  # contents that a sentence can hold


@dataclass(frozen=True, eq=False)
class Given:
    """One row a customer of whom the column says yes or no, by customer_id.

    frame: the other fields (float64, bool or str; missing stays missing). target: aligned bool, True: has left. groups:
    aligned customer_id. answered_by: the column that holds the label; positive: its contents that count as a yes; negative:
    the others. left_out: column -> why ("days", "stage", "too many values", "all alike"). unknown: customers of whom the
    column says nothing.
    """

    frame: pd.DataFrame
    target: np.ndarray
    groups: np.ndarray
    answered_by: str
    positive: tuple[str, ...]
    negative: tuple[str, ...]
    left_out: dict[str, str]
    unknown: int


def given(fields: pd.DataFrame, *, label: str, positive: str | None = None) -> Given:
    """Rows to learn from where `label` says at one moment who has left; no time, and so no later one to be tested on.

    fields: as frames.customer_fields gives them. positive: the content that means a yes, large or small letters alike; None:
    as usual words say it (Yes and No, 1 and 0, true and false, 是 and 否, the stage "former"). Orders are no features: who has
    left orders no more, so that they would know of it. Raises InvalidInput where the column is not there, holds days, or its
    contents are no usual words; NotEnoughData for fewer than 20 customers on one side.
    """
    if labelled(fields, label).dtype.kind == "M":
        raise InvalidInput(f"The field “{shown(label)}” holds days; choose it as the day on which customers ended, or choose a "
                           "field that says yes or no.", field="label")
    fields = sorted_fields(fields)
    if label == "stage":
        fields = fields[fields["stage"].isin(STAGES)].reset_index(drop=True)
    content = _contents(fields[label])
    known = content.notna().to_numpy()
    different = sorted(content[known].unique().tolist())
    if len(different) < 2:
        said = f"says “{different[0]}” of everybody" if different else "is empty"
        raise NotEnoughData(f"The field “{shown(label)}” {said}; it takes customers who left and customers who stayed.")
    yes = _positive(label, different, positive)
    target = content[known].isin(yes).to_numpy(dtype=bool)
    for count, what in ((target.sum(), "left"), ((~target).sum(), "stayed")):
        if count < MIN_LEAVERS:
            raise NotEnoughData(f"Churn needs {MIN_LEAVERS} customers who {what} by “{shown(label)}”; there are {count}.")
    frame, left_out = usable_fields(fields[known], label=label)
    return Given(
        frame=frame, target=target, groups=fields.loc[known, "customer_id"].to_numpy(dtype="int64"), answered_by=label,
        positive=tuple(yes), negative=tuple(text for text in different if text not in yes), left_out=left_out,
        unknown=int((~known).sum()),
    )


def _contents(column: pd.Series) -> pd.Series:
    """Every content as text, 1.0 as 1; missing stays missing."""
    if column.dtype.kind in "iuf":
        whole = column.dropna()
        texts = [str(int(each)) if float(each).is_integer() else str(each) for each in whole.tolist()]
        return pd.Series(texts, index=whole.index, dtype="str").reindex(column.index)
    texts = column.astype("str").where(column.notna()).str.strip()
    return texts.where(texts != "")


def _positive(label: str, different: list[str], positive: str | None) -> list[str]:
    """The contents that mean a yes."""
    if positive is not None:
        wanted = str(positive).strip().casefold()
        found = [text for text in different if text.casefold() == wanted]
        if not found:
            raise InvalidInput(f"Nobody has “{positive}” in the field “{shown(label)}”; it says {_listed(different)}.",
                               field="positive")
        if len(found) == len(different):
            raise NotEnoughData(f"The field “{shown(label)}” says “{positive}” of everybody; it takes customers who left and "
                                "customers who stayed.")
        return found
    yes = [text for text in different if text.casefold() in YES]
    if not yes or any(text.casefold() not in NO for text in different if text not in yes):
        raise InvalidInput(f"The field “{shown(label)}” says {_listed(different)}; choose which of them means that a customer "
                           "left.", field="positive")
    return yes


def _listed(different: list[str]) -> str:
    quoted = [f"“{text}”" for text in different[:NAMED]]
    if len(different) > NAMED:
        return f"{', '.join(quoted)} and {len(different) - NAMED} others"
    return " and ".join([", ".join(quoted[:-1]), quoted[-1]])
