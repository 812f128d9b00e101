"""Which method's lists would have held what customers then really bought, and is any better than naming what sells best?

Every method learns from the same purchases and is asked about the same customers, over the full catalogue: a sample of
products that were not bought would mislead (Krichene & Rendle 2020). Settings are chosen on an earlier split, inside what the
methods learn from.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.recommendations.judging.asking import grid_of, learner, lists, methods_of
from crm.analytics.recommendations.judging.intervals import (
    gain_and_interval,
    mean_and_interval,
    resampled_weights,
    standard_error,
)
from crm.analytics.recommendations.judging.measures import MEASURES, coverage, measured, surprise_of
from crm.analytics.recommendations.judging.splits import MIN_CUSTOMERS, Split, most_popular, split
from crm.analytics.recommendations.judging.steps import Steps
from crm.analytics.recommendations.methods.recommender import Recommender
from crm.analytics.recommendations.purchases import Purchases
from crm.errors import Cancelled, CrmError, InvalidInput, NotEnoughData

ALWAYS = ("popular", "random")  # the yardstick, and what no knowledge at all would give
SIMPLEST = ("popular", "recent", "group", "own_count", "own_recent", "due", "items", "baskets", "users", "content", "linear", "svd",
            "nmf", "blend")
CHOOSING_CUSTOMERS = 1_000  # settings differ by less than what more customers would tell apart
CHOOSING_PRODUCTS = 2_000  # the most popular: half the products make the linear method eight times as quick
LIST_SHARE = 0.2  # of the catalogue: a list of ten out of twelve products always hits


@dataclass(frozen=True, eq=False)
class Comparison:
    """How each method did on the same customers.

    table: one row a method, best NDCG first: method; hit_rate, precision, recall, ndcg, map, novelty (see
    `measures.measured`), each with _low and _high (95 %, bootstrap over customers); coverage (share of `products` on
    anybody's list, with _low and _high); ndcg_gain, _low, _high over popularity, the same customers, 95 % for all methods
    tried at once (NaN for popularity itself).
    proposed: the simplest method that lies within one standard error of the best (of their difference, customer by customer;
    chance is never proposed). beats_popularity: the whole interval of its gain lies above 0.
    parameters: method -> the settings it was judged with; choice: one row a setting tried: method, parameters, ndcg,
    standard_error (of its difference to the default), chosen; on an earlier split, empty where nothing was chosen.
    customers_eligible could have been measured, customers_drawn of them were asked about, customers_measured had something to
    find (all figures are theirs). products: that could be listed. tried: methods beside popularity and chance. cut_on: the
    last day that was not hidden ("time"), else None. failed: method -> sentence, for those that could not be made.
    """

    question: str
    split: str
    table: pd.DataFrame
    proposed: str
    beats_popularity: bool
    parameters: dict[str, dict]
    choice: pd.DataFrame
    as_of: dt.date
    cut_on: dt.date | None
    top: int
    exclude_recent_days: int
    customers_eligible: int
    customers_drawn: int
    customers_measured: int
    products: int
    tried: int
    failed: dict[str, str]
    random_state: int

    def value(self, method: str, measure: str) -> float:
        """One figure of the table; NaN where the method is not in it."""
        found = self.table.loc[self.table["method"] == method, measure]
        return float(found.iloc[0]) if len(found) else float("nan")


def compare(purchases: Purchases, *, question: str = "new", split: str = "last_order", methods: Iterable[str] | None = None,
            customers: int = 5_000, top: int = 10, choose: bool = True, groups: pd.Series | None = None,
            parameters: dict[str, dict] | None = None, exclude_recent_days: int = 0, random_state: int = 0,
            progress: Callable[[float, str], None] | None = None, cancelled: Callable[[], bool] | None = None) -> Comparison:
    """Judge the methods (all that answer the question, if None) on up to `customers` customers drawn by chance.

    question: "new" (products the customer never had) or "repeat" (products the customer has had). split: see `splits`. top: how
    long the lists are; for "new" at most a fifth of the products (and at least one). choose: try the settings of each method
    that `parameters` does not name; else the defaults count. groups: a label a customer (index customer_id) for "group", which
    is left out without; they must have been known before the hidden purchases, or "group" looks better than it is.
    exclude_recent_days: "repeat" lists nothing bought less than so many days ago.

    Raises NotEnoughData where fewer than 20 customers bought on both sides of what is hidden or fewer than 20 had something to
    find; InvalidInput for what does not exist; Cancelled when told to stop.
    """
    steps = Steps(progress, cancelled)
    wanted = _in_sequence(methods, question=question, groups=groups)
    if top < 1 or customers < MIN_CUSTOMERS:
        raise InvalidInput(f"Measuring needs at least {MIN_CUSTOMERS} customers and a list of at least 1 product.",
                           field="top" if top < 1 else "customers")
    hidden = _split(purchases, split, customers=customers, groups=groups, random_state=random_state)
    truth = hidden.truth(question)
    rows = np.flatnonzero(np.diff(truth.indptr) > 0)
    if len(rows) < MIN_CUSTOMERS:
        what = "something they had not had before" if question == "new" else "something again"
        raise NotEnoughData(f"Measuring recommendations needs {MIN_CUSTOMERS} customers who last bought {what}; so far there are "
                            f"{len(rows)}.")
    products = int(hidden.may_be_listed.sum())
    top = min(top, max(1, int(products * LIST_SHARE))) if question == "new" else top
    given = parameters or {}
    to_choose = [method for method in wanted if choose and method not in given and len(grid_of(question, method)) > 1]
    steps.n_steps = len(wanted) + sum(len(grid_of(question, method)) for method in to_choose)
    ask = {"question": question, "groups": groups, "exclude_recent_days": exclude_recent_days, "random_state": random_state}

    failed: dict[str, str] = {}
    learned: dict[str, Recommender] = {}
    settings = {method: {**grid_of(question, method)[0], **given.get(method, {})} for method in wanted}
    choice = _choose(hidden, to_choose, settings, failed, top=top, steps=steps, **ask)
    surprise = surprise_of(hidden.training.buyers, int((np.diff(hidden.training.days_bought.indptr) > 0).sum()))
    found = truth[rows]
    each: dict[str, np.ndarray] = {}
    covered: dict[str, tuple[float, float, float]] = {}
    for method in wanted:
        if method in failed:
            continue
        steps.begin(method)
        try:
            learned[method] = learner(purchases=hidden.training, method=method, parameters=settings[method], made=learned, **ask)
            places, _ = lists(learned[method], hidden, question, rows, top=top, before_each=steps.go_on)
        except Cancelled:
            raise
        except CrmError as error:
            failed[method] = str(error)
            continue
        each[method] = measured(places, found, surprise, top=top)
        covered[method] = coverage(places, max(products, 1))
    table = _table(each, covered, random_state=random_state)
    proposed = _propose(each, table)
    return Comparison(
        question=question, split=split, table=table, proposed=proposed,
        beats_popularity=bool(table.loc[table["method"] == proposed, "ndcg_gain_low"].iloc[0] > 0),
        parameters={method: settings[method] for method in each}, choice=choice, as_of=purchases.as_of, cut_on=hidden.cut_on,
        top=top, exclude_recent_days=exclude_recent_days, customers_eligible=hidden.eligible,
        customers_drawn=len(hidden.asked), customers_measured=len(rows), products=products, tried=_tried(each), failed=failed,
        random_state=random_state,
    )


_split = split  # the argument of `compare` hides the function


def _in_sequence(methods: Iterable[str] | None, *, question: str, groups: pd.Series | None) -> list[str]:
    known = methods_of(question)
    wanted = set(known if methods is None else methods)
    if unknown := sorted(wanted - set(known)):
        raise InvalidInput(f"There is no method “{unknown[0]}” here; choose from {', '.join(known)}.", field="methods")
    wanted |= set(ALWAYS)
    if groups is None or len(groups) == 0:
        wanted.discard("group")
    return [method for method in known if method in wanted]


def _choose(hidden: Split, methods: list[str], settings: dict[str, dict], failed: dict[str, str], *, question: str, top: int,
            steps: Steps, groups: pd.Series | None, exclude_recent_days: int, random_state: int) -> pd.DataFrame:
    """Put the best settings of each method into `settings`: another than the default only where it is better by more than one
    standard error of their difference. Judged on the most popular products of the training part, split once more in the same
    way."""
    columns = ["method", "parameters", "ndcg", "standard_error", "chosen"]
    if not methods:
        return pd.DataFrame(columns=columns)
    try:
        part = most_popular(hidden.training, CHOOSING_PRODUCTS)
        earlier = split(part, hidden.name, customers=CHOOSING_CUSTOMERS, groups=groups, random_state=random_state)
        truth = earlier.truth(question)
        rows = np.flatnonzero(np.diff(truth.indptr) > 0)
        if len(rows) < MIN_CUSTOMERS:
            return pd.DataFrame(columns=columns)
    except NotEnoughData:
        return pd.DataFrame(columns=columns)  # too few bought three times: the defaults stay
    ndcg = MEASURES.index("ndcg")
    nothing = np.zeros(len(earlier.may_be_listed))
    found = []
    for method in methods:
        tried = []
        for parameters in grid_of(question, method):
            steps.begin(method)
            try:
                made = learner(question, earlier.training, method=method, parameters=_for_part(parameters, hidden.training, part), groups=groups,
                               exclude_recent_days=exclude_recent_days, random_state=random_state)
                places, _ = lists(made, earlier, question, rows, top=top, before_each=steps.go_on)
            except Cancelled:
                raise
            except CrmError as error:
                if not tried:
                    failed[method] = str(error)
                    break
                continue
            tried.append((parameters, measured(places, truth[rows], nothing, top=top)[:, ndcg]))
        if not tried:
            continue
        default = tried[0][1]
        lead = [(each - default).mean() for _, each in tried]
        error = [standard_error(each - default) for _, each in tried]
        best = int(np.argmax(lead))
        best = best if lead[best] > error[best] else 0
        settings[method] = tried[best][0]
        found += [(method, parameters, float(each.mean()), error[place], place == best)
                  for place, (parameters, each) in enumerate(tried)]
    return pd.DataFrame(found, columns=columns)


def _for_part(parameters: dict, purchases: Purchases, part: Purchases) -> dict:
    """A penalty is told in mean numbers of buyers, of which the most popular products have more: the same penalty there."""
    if "penalty" not in parameters:
        return parameters
    return {**parameters, "penalty": parameters["penalty"] * max(float(purchases.buyers.mean()), 1e-9) / max(float(part.buyers.mean()), 1e-9)}


def _tried(each: dict[str, np.ndarray]) -> int:
    return len(set(each) - set(ALWAYS))


def _table(each: dict[str, np.ndarray], covered: dict[str, tuple[float, float, float]], *, random_state: int) -> pd.DataFrame:
    size = len(each["popular"])
    weights = resampled_weights(size, random_state=random_state)  # the same customers for all, so that they compare
    ndcg = MEASURES.index("ndcg")
    rows = []
    for method, figures in each.items():
        row: dict[str, object] = {"method": method}
        for measure, mean, low, high in zip(MEASURES, *mean_and_interval(figures, weights), strict=True):
            row.update({measure: mean, f"{measure}_low": low, f"{measure}_high": high})
        row.update(zip(("coverage", "coverage_low", "coverage_high"), covered[method], strict=True))
        gain = (np.nan,) * 3
        if method != "popular":
            gain = gain_and_interval(figures[:, ndcg] - each["popular"][:, ndcg], tried=_tried(each))
        row.update(zip(("ndcg_gain", "ndcg_gain_low", "ndcg_gain_high"), gain, strict=True))
        rows.append(row)
    table = pd.DataFrame(rows)
    simplicity = table["method"].map({method: place for place, method in enumerate((*SIMPLEST, "random"))})
    return table.iloc[np.lexsort((simplicity, -table["ndcg"]))].reset_index(drop=True)


def _propose(each: dict[str, np.ndarray], table: pd.DataFrame) -> str:
    """The simplest within one standard error of the best (Breiman et al. 1984, 3.4.3); where the best certainly beats
    popularity, only one that certainly does."""
    ndcg = MEASURES.index("ndcg")
    learned = table[table["method"] != "random"].set_index("method")
    best = learned.index[0]
    good_enough = []
    for method in learned.index:
        behind = each[best][:, ndcg] - each[method][:, ndcg]
        if behind.mean() <= standard_error(behind):
            good_enough.append(method)
    beats = learned["ndcg_gain_low"] > 0
    if beats[best]:
        good_enough = [method for method in good_enough if beats[method]]
    return min(good_enough, key=SIMPLEST.index)
