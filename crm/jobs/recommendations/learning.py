"""What is learned of the purchases, how well does it offer, and what is kept in memory to answer for any customer?

A page keeps `Known` (what the records say) and `Learned` (what a method made of it) in memory and asks `Learned.lister` for the
customers it shows; nothing here makes lists for everybody at once.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from crm import frames
from crm.analytics.recommendations import judging, purchases
from crm.analytics.recommendations.judging import Comparison
from crm.analytics.recommendations.judging.chances import Chances, chances
from crm.analytics.recommendations.lists import Lister, make_lister, usual_unit_prices
from crm.analytics.recommendations.methods import METHODS as NEW_METHODS
from crm.analytics.recommendations.methods import learn
from crm.analytics.recommendations.purchases import Purchases
from crm.db import reads
from crm.errors import InvalidInput, NotEnoughData
from crm.jobs.recommendations.groups import profile_groups

QUESTIONS = ("new", "repeat")
METHODS = {"new": NEW_METHODS, "repeat": judging.REPEAT_METHODS}
# What a first answer compares: what was best on real shops and costs little, by its usual settings. All are compared on request.
FIRST = {"new": judging.QUICK, "repeat": judging.REPEAT_METHODS}
FIRST_CUSTOMERS = 2_000  # tell the hit rate to two points
ALL_CUSTOMERS = 5_000
# How long the measured lists are: ten is what published figures are about; of what they had before, five of ten products are most.
LISTS = {"new": 10, "repeat": 5}
UNMEASURED = {"new": "popular", "repeat": "due"}  # where too few came back to measure anything
LAST_YEAR = np.timedelta64(365, "D")


@dataclass(frozen=True, eq=False)
class Known:
    """What the records say up to as_of. unit_prices: usual money of one piece (index product_id), for products without a
    price. spent: money of each customer's purchases in the last year (index customer_id), the most first; active: who bought
    anything in it (customer_id, ascending)."""

    as_of: date
    purchases: Purchases
    unit_prices: pd.Series
    spent: pd.Series
    active: np.ndarray


@dataclass(frozen=True, eq=False)
class Learned:
    """One method, ready to answer. comparison: how it did beside others (None where that cannot be measured, and then
    `missing` says what lacks); chances: how likely what it lists is (None likewise). is_chosen: the owner's choice, not the
    one that measured best."""

    question: str
    method: str
    parameters: dict
    is_chosen: bool
    comparison: Comparison | None
    missing: str | None
    chances: Chances | None
    lister: Lister
    known: Known
    groups: pd.Series

    @property
    def products(self) -> int:
        """How many products may be offered."""
        return int(self.known.purchases.may_be_offered.sum())


@reads("sales")
def known(session: Session, *, as_of: date) -> Known:
    """What methods learn from. Raises NotEnoughData below 5 products that were sold."""
    lines = frames.order_lines(session, until=as_of)
    read = purchases.read(lines, frames.products(session), as_of=as_of)
    late = (read.customer >= 0) & (read.day > np.datetime64(as_of, "D") - LAST_YEAR)
    money = np.bincount(read.customer[late], np.nan_to_num(read.amount[late]), minlength=len(read.customer_ids))
    spent = pd.Series(money, index=read.customer_ids, name="spent").sort_values(ascending=False, kind="stable")
    return Known(as_of, read, usual_unit_prices(lines, as_of=as_of), spent, read.customer_ids[np.unique(read.customer[late])])


def first_comparison(of: Known, *, question: str, groups: pd.Series, method: str | None = None, parameters: dict | None = None,
                     exclude_recent_days: int = 0, random_state: int = 0) -> Comparison:
    """The methods of a first answer side by side, and `method` with these settings among them. Raises NotEnoughData."""
    if question not in QUESTIONS:
        raise InvalidInput(f"There is no question “{question}”; choose new or repeat.", field="question")
    chosen = () if method is None else (method,)
    return judging.compare(
        of.purchases, question=question, methods=(*FIRST[question], *chosen), customers=FIRST_CUSTOMERS, top=LISTS[question],
        choose=question == "repeat", groups=groups, parameters={method: parameters} if method is not None and parameters else None,
        exclude_recent_days=exclude_recent_days, random_state=random_state)


@reads("sales", "customers")
def compare_all(session: Session, *, as_of: date, mode: str, split: str = "last_order", exclude_recent_days: int = 0,
                random_state: int = 0, progress=None, cancelled=None) -> Comparison:
    """Every method for a question of QUESTIONS, its settings chosen on an earlier part, on up to 5,000 customers."""
    return judging.compare(
        known(session, as_of=as_of).purchases, question=mode, split=split, customers=ALL_CUSTOMERS, top=LISTS[mode],
        groups=profile_groups(session, as_of=as_of).codes, exclude_recent_days=exclude_recent_days, random_state=random_state,
        progress=progress, cancelled=cancelled)


def learned(of: Known, comparison: Comparison | None, *, question: str, groups: pd.Series, method: str | None = None,
            parameters: dict | None = None, missing: str | None = None, exclude_recent_days: int = 0,
            random_state: int = 0) -> Learned:
    """The owner's `method`, or the proposed one of the comparison, learned from everything and with its chances."""
    if comparison is not None and method not in comparison.parameters:
        method = parameters = None  # it could not be made of these purchases; why is in comparison.failed
    used = method or (UNMEASURED[question] if comparison is None else comparison.proposed)
    settings = parameters or ({} if comparison is None else comparison.parameters.get(used, {}))
    try:
        likely = chances(of.purchases, question=question, method=used, parameters=settings, groups=groups,
                         exclude_recent_days=exclude_recent_days, random_state=random_state)
    except NotEnoughData:
        likely = None
    if question == "repeat":
        recommender = judging.learn_repeat(of.purchases, method=used, parameters=settings,
                                           exclude_recent_days=exclude_recent_days, random_state=random_state)
    else:
        recommender = learn(of.purchases, method=used, parameters=settings, groups=groups, random_state=random_state)
    lister = make_lister(of.purchases, recommender, question=question, chances=likely, groups=groups,
                         exclude_recent_days=exclude_recent_days, unit_prices=of.unit_prices)
    return Learned(question, used, settings, method is not None, comparison, missing, likely, lister, of, groups)
