"""Comparison: do the customers of one group come back more often, or stay longer, than those of another?

Curves of each group and the log-rank test of them all; with more than two also every pair, corrected for being several
(Holm 1979). The groups must not be made from the orders themselves: whoever is sorted by how often they buy differs in how
often they buy, and the test would only find that again.
"""

import datetime as dt
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from crm.analytics.cohorts import purchases, returning, silence
from crm.analytics.cohorts.model import USUAL_WITHIN_DAYS, check_days, newcomers
from crm.analytics.cohorts.periods import SMALL_COHORT
from crm.analytics.cohorts.survival import Curve, LogRank, holm, kaplan_meier, log_rank, risk_table
from crm.errors import InvalidInput, NotEnoughData

OUTCOMES = ("return", "stay")
MOST_GROUPS = 6  # more lines cannot be told apart
ALPHA = 0.05


@dataclass(frozen=True, eq=False)
class Comparison:
    """Groups of customers beside one another.

    outcome: "return" (until the second order) or "stay" (until falling silent). group_name: what they were grouped by.
    table: group, customers, share (0..1: back within `days`, or still buying after them), low, high (95 %), followed,
        is_uncertain (fewer than ten watched that long); the largest group first. curves: by group; for "return" of those
        who have not come back yet. test: log-rank of all groups; different: its p-value is below .05. pairs: group_a,
        group_b, statistic, p_value (Holm), different; empty for two groups. available: group and customers of every group
        that could be compared, the largest first. too_small: groups with fewer than ten customers. unknown: customers of
        no known group. silence_days: for "stay", else None.
    """

    outcome: str
    group_name: str
    days: int
    table: pd.DataFrame
    curves: dict[str, Curve]
    test: LogRank
    different: bool
    pairs: pd.DataFrame
    available: pd.DataFrame
    too_small: list[str]
    unknown: int
    silence_days: int | None


def compare(orders: pd.DataFrame, groups: pd.Series, *, as_of: dt.date, group_name: str, only: tuple[str, ...] = (),
            outcome: str = "return", days: int | None = None, silence_days: int | None = None,
            new_customers: str = "auto") -> Comparison:
    """Compare the customers of an orders frame by `groups` (index: customer_id; missing: no known group).

    only: the groups to compare; by default the largest ones, at most six. days: at which age the table looks; None: 90 or
    what the data allow ("stay": 365). The other arguments are those of `analyse`.

    Raises InvalidInput for a wrong choice, NotEnoughData with fewer than two groups of ten customers.
    """
    if outcome not in OUTCOMES:
        raise InvalidInput(f"The outcome is “{outcome}”; choose one of {', '.join(OUTCOMES)}.", field="outcome")
    check_days(days, "The groups are to be compared after", field="days")
    check_days(silence_days, "Customers are to have fallen silent after", field="silence_days")
    bought = purchases.read(orders, as_of=as_of)
    _, rows = newcomers(bought, new_customers=new_customers)
    if outcome == "return":
        silence_used = None
        counted = rows
        until, happened, watched = returning.durations(bought, rows)
    else:
        silence_used = silence_days if silence_days is not None else silence.usual_silence(bought)
        if silence_used is None:
            raise NotEnoughData(f"After how long a customer has fallen silent needs {silence.FEWEST_REPEATERS} customers "
                                f"who bought on two days; there are {int((bought.second_gap > 0).sum())}.")
        judged, until, happened, watched, _ = silence.durations(bought, rows, silence_days=silence_used)
        counted = rows[judged]
    label = _labels(groups, bought.customer_ids[counted])
    sizes = label.value_counts().rename_axis("group").reset_index(name="customers").sort_values(
        ["customers", "group"], ascending=[False, True], ignore_index=True)
    available = sizes[sizes["customers"] >= SMALL_COHORT]
    chosen = _chosen(available, only=only)
    place = pd.Index(chosen).get_indexer(label)
    curves = {name: kaplan_meier(until[place == code], happened[place == code], followed=watched[place == code])
              for code, name in enumerate(chosen)}
    table_days = days if days is not None else _usual_days(curves, outcome)
    tested = risk_table(until[place >= 0], happened[place >= 0], place[place >= 0], n_groups=len(chosen))
    test = log_rank(tested)
    return Comparison(
        outcome=outcome, group_name=group_name, days=table_days, table=_table(curves, outcome, table_days),
        curves=curves, test=test, different=test.p_value < ALPHA, pairs=_pairs(tested, chosen), available=available,
        too_small=sizes.loc[sizes["customers"] < SMALL_COHORT, "group"].tolist(), unknown=int(label.isna().sum()),
        silence_days=silence_used)


def _labels(groups: pd.Series, customer_ids: np.ndarray) -> pd.Series:
    known = groups[groups.notna()].astype(str)
    known = known[~known.index.duplicated() & (known.str.strip() != "").to_numpy()]
    return known.reindex(customer_ids)


def _chosen(available: pd.DataFrame, *, only: tuple[str, ...]) -> list[str]:
    names = available["group"].tolist()
    if len(names) < 2:
        raise NotEnoughData(f"A comparison needs two groups of {SMALL_COHORT} customers who have bought; there are "
                            f"{len(names)}.")
    if not only:
        return names[:MOST_GROUPS]
    strange = [name for name in only if name not in names]
    if strange:
        raise InvalidInput(f"There is no group “{strange[0]}” of at least {SMALL_COHORT} customers; there are "
                           f"{', '.join(names)}.", field="only")
    chosen = [name for name in names if name in only]
    if not 2 <= len(chosen) <= MOST_GROUPS:
        raise InvalidInput(f"{len(chosen)} groups are chosen; choose 2 to {MOST_GROUPS}.", field="only")
    return chosen


def _usual_days(curves: dict[str, Curve], outcome: str) -> int:
    wanted = USUAL_WITHIN_DAYS if outcome == "return" else silence.LOOKED_AT_DAYS[1:4]
    sure = [returning.longest_sure(curve, wanted) or wanted[0] for curve in curves.values()]
    return min(sure)


def _table(curves: dict[str, Curve], outcome: str, days: int) -> pd.DataFrame:
    rows = []
    for name, curve in curves.items():
        at = curve.at([days]).iloc[0]
        share = ((1 - at["survival"], 1 - at["high"], 1 - at["low"]) if outcome == "return"
                 else (at["survival"], at["low"], at["high"]))
        rows.append((name, curve.n, *share, int(at["followed"]), bool(at["followed"] < SMALL_COHORT)))
    return pd.DataFrame(rows, columns=["group", "customers", "share", "low", "high", "followed", "is_uncertain"])


def _pairs(tested, chosen: list[str]) -> pd.DataFrame:
    columns = ["group_a", "group_b", "statistic", "p_value", "different"]
    if len(chosen) == 2:
        return pd.DataFrame(columns=columns)
    tests = [(chosen[a], chosen[b], log_rank(tested.only([a, b]))) for a, b in combinations(range(len(chosen)), 2)]
    corrected = holm(np.array([test.p_value for *_, test in tests]))
    return pd.DataFrame([(a, b, test.statistic, p, bool(p < ALPHA))
                         for (a, b, test), p in zip(tests, corrected, strict=True)], columns=columns)
