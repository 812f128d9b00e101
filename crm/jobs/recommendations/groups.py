"""Which customers are alike by what they are, not by what they bought? For those who bought nothing yet.

A group is written as a code of what is known of its customers, such as "kind=person|gender=female|age=30", or of the saved
segment that they are in, "segment=Cafés": pages say it in words. What is popular in a group is pulled towards what is popular with everybody, the more the fewer they are, so that
small groups do no harm.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from crm import frames
from crm.db import reads
from crm.errors import CrmError
from crm.jobs import audiences
from crm.services import segments

OLDEST_DECADE = 80  # of a customer's years; beyond it there are few, and typing errors


@dataclass(frozen=True, eq=False)
class Groups:
    """codes: the group of every customer whose profile says anything (index customer_id). mark: equal ones are equal groups."""

    codes: pd.Series
    mark: int


@reads("customers")
def profile_groups(session: Session, *, as_of: date) -> Groups:
    """The groups of all customers on that day, by their profile."""
    return _marked(of_profiles(frames.customers(session), as_of=as_of))


@reads(*audiences.READ)
def segment_groups(session: Session, *, as_of: date, segment_ids: tuple[int, ...], mark: str = "") -> Groups:
    """The same, but who is in one of these saved segments belongs to the first of them, in this sequence.

    One that cannot be told any more counts for nobody. `mark` changes with the segments (see crm.jobs.audiences).
    """
    codes = profile_groups(session, as_of=as_of).codes
    for segment_id in reversed(segment_ids):
        try:
            members = audiences.members(session, segment_id=segment_id, as_of=as_of)
            code = f"segment={segments.get(session, segment_id).name}"
        except CrmError:
            continue  # deleted, or asks for what is not kept any more: the page of segments says so
        codes = pd.concat([codes[~codes.index.isin(members)], pd.Series(code, index=members, name="group", dtype=object)])
    return _marked(codes.sort_index())


def _marked(codes: pd.Series) -> Groups:
    return Groups(codes, int((pd.util.hash_pandas_object(codes) % (1 << 40)).sum()))


def of_profiles(customers: pd.DataFrame, *, as_of: date) -> pd.Series:
    """The group's code a customer (index customer_id) from the frame of customers: kind, and of people gender and age in decades; where neither is known, and of
    companies, the country."""
    is_company = (customers["kind"] == "company").to_numpy()
    decade = ((as_of.year - customers["birth_year"]) // 10 * 10).clip(10, OLDEST_DECADE).to_numpy(dtype=float)
    gender = _part("gender", customers["gender"], ~is_company)
    age = np.where(np.isnan(decade) | is_company, "", "age=" + pd.Series(np.nan_to_num(decade)).astype(int).astype(str))
    country = _part("country", customers["country"], (gender == "") & (age == ""))
    kind = _part("kind", customers["kind"], np.ones(len(customers), dtype=bool))
    codes = ["|".join(filter(None, parts)) for parts in zip(kind, gender, age, country, strict=True)]
    told = pd.Series(codes, index=customers["customer_id"].to_numpy(), name="group", dtype=object)
    return told[(gender != "") | (age != "") | (country != "")]


def _part(name: str, column: pd.Series, wanted: np.ndarray) -> np.ndarray:
    known = column.notna().to_numpy() & (column != "").to_numpy() & wanted
    return np.where(known, f"{name}=" + column.astype(object).where(known, "").astype(str), "").astype(object)
