"""Fields: which of the customers' own fields may tell something, without telling what came later?"""

import numpy as np
import pandas as pd

from crm.errors import InvalidInput

CUSTOM = "custom."
# A customer's stage follows the leaving ("former") and never the other way round.
FOLLOWS_LEAVING = ("stage",)
MOST_LEVELS = 50  # words of a column; with more, each says little, and some say who it is


def usable_fields(fields: pd.DataFrame, *, label: str) -> tuple[pd.DataFrame, dict[str, str]]:
    """The columns that models may look at, and why each other one is left out.

    Left out, by code: "days" (a day tells when it was written down, and so what came after), "stage" (follows the leaving),
    "too many values" (text with more than 50 different contents), "all alike" (nobody or everybody the same).
    """
    left_out = {}
    for name in fields.columns.drop(["customer_id", label], errors="ignore"):
        reason = _left_out(name, fields[name])
        if reason is not None:
            left_out[name] = reason
    kept = fields.drop(columns=[*left_out, label, "customer_id"], errors="ignore")
    numbers = {name: kept[name].astype("float64") for name in kept if kept[name].dtype.kind in "iu"}
    return kept.assign(**numbers).reset_index(drop=True), left_out


def _left_out(name: str, column: pd.Series) -> str | None:
    if name in FOLLOWS_LEAVING:
        return "stage"
    if column.dtype.kind == "M":
        return "days"
    # Where it is missing may tell something too: filled for some and alike is no constant.
    different = column.nunique(dropna=False)
    if different < 2:
        return "all alike"
    return "too many values" if column.dtype.kind not in "iufb" and different > MOST_LEVELS else None


def labelled(fields: pd.DataFrame, label: str) -> pd.Series:
    """The column that holds the label; raises InvalidInput, naming it, where there is none."""
    if label not in fields.columns or label == "customer_id":
        raise InvalidInput(f"The customers have no field “{shown(label)}”; choose another one.", field="label")
    return fields[label]


def shown(label: str) -> str:
    """A field's name as its owner wrote it."""
    return label.removeprefix(CUSTOM)


def sorted_fields(fields: pd.DataFrame) -> pd.DataFrame:
    """By customer_id, with places from 0."""
    customer_ids = fields["customer_id"].to_numpy()
    return fields.iloc[np.argsort(customer_ids, kind="stable")].reset_index(drop=True)
