"""Which customers are in the list twice? Pairs with a score and reasons, and groups of three and more that belong together."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from crm.analytics.duplicates import blocking, features, scoring

THRESHOLD = 0.6  # measured: above it nearly every pair is a double, below it families and namesakes begin


@dataclass(frozen=True)
class Duplicates:
    """`pairs`: one row a likely double, the strongest first: first_id < second_id, score 0..1 (1: surely one customer),
    reasons and against (tuples of codes, see REASONS and AGAINST), group (from 0, the strongest first).

    `customers` were looked at and `compared` pairs compared; `left_out`: shared, blocks, customers: what so many share
    that those were compared only where they share something else as well.
    """

    pairs: pd.DataFrame
    customers: int
    compared: int
    left_out: pd.DataFrame
    threshold: float

    @property
    def groups(self) -> int:
        return int(self.pairs["group"].nunique())

    @property
    def surplus(self) -> int:
        """How many fewer customers there would be if all were merged."""
        together = _components(self.pairs)
        return len(together) - len(set(together.values()))


def find(customers: pd.DataFrame, *, threshold: float = THRESHOLD) -> Duplicates:
    """Likely doubles among `customers`: customer_id (each once), name and, as far as known, company, kind ("person" or
    "company"), email, phone, address, postal_code, city, country, gender (texts) and birth_year. Blanks agree with nothing.

    Fellegi & Sunter (1969) with the agreements weighed by how rare they are in this list (Winkler 1989). The sequence of
    the rows does not matter.
    """
    customers = customers.sort_values("customer_id", kind="stable", ignore_index=True)
    known = features.of(customers)
    found = blocking.candidates(known)
    pairs = scoring.score(known, found.first, found.second, threshold=threshold)
    pairs = pairs.assign(first_id=known.ids[pairs.pop("first")], second_id=known.ids[pairs.pop("second")])
    pairs = pairs.assign(rank=pairs["score"].round(4)).sort_values(
        ["rank", "first_id", "second_id"], ascending=[False, True, True], kind="stable", ignore_index=True)
    pairs = pairs[["first_id", "second_id", "score", "reasons", "against"]]
    return Duplicates(_grouped(pairs), len(known), len(found.first), found.left_out, threshold)


def without(result: Duplicates, apart: Iterable[tuple[int, int]], *, gone: Iterable[int] = ()) -> Duplicates:
    """The same without pairs that the owner said are not the same, and without customers that are `gone`; grouped anew."""
    apart, gone = {(min(pair), max(pair)) for pair in apart}, set(gone)
    pairs = result.pairs
    kept = [(first, second) not in apart and not gone & {first, second}
            for first, second in zip(pairs["first_id"].tolist(), pairs["second_id"].tolist(), strict=True)]
    if all(kept):
        return result
    return replace(result, pairs=_grouped(pairs[kept].drop(columns=["group"]).reset_index(drop=True)))


def _grouped(pairs: pd.DataFrame) -> pd.DataFrame:
    """Numbers the groups: one joins another only where every pair across is a likely double itself, so that A like B and
    B like C never make A and C one. Every other pair is a group of its own."""
    likely = set(zip(pairs["first_id"].tolist(), pairs["second_id"].tolist(), strict=True))
    members: dict[int, set[int]] = {}
    for first, second in zip(pairs["first_id"].tolist(), pairs["second_id"].tolist(), strict=True):
        one, other = members.setdefault(first, {first}), members.setdefault(second, {second})
        if one is not other and all((min(a, b), max(a, b)) in likely for a in one for b in other):
            one |= other
            for customer in other:
                members[customer] = one
    numbers: dict[object, int] = {}
    groups = []
    for first, second in zip(pairs["first_id"].tolist(), pairs["second_id"].tolist(), strict=True):
        together = members[first] is members[second]
        groups.append(numbers.setdefault(id(members[first]) if together else (first, second), len(numbers)))
    return pairs.assign(group=np.array(groups, dtype="int64"))


def _components(pairs: pd.DataFrame) -> dict[int, int]:
    """Customer -> the lowest id of the group it is in, over the groups of _grouped."""
    lead: dict[int, int] = {}
    for _, group in pairs.groupby("group", sort=True):
        lowest = min(group["first_id"])
        for customer in {*group["first_id"], *group["second_id"]}:
            lead.setdefault(customer, lead.get(lowest, lowest))
    return lead
