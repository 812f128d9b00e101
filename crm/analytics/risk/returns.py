"""How much comes back, from whom, of what, and is that unusual?

Each line that was sold is one case: it came back or it did not. Shares of few lines are drawn towards what is usual
(see shares.py), and unusual is only who lies well above it even at the low end of the interval.
"""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.risk.shares import Usual, usual
from crm.analytics.risk.sums import counts, sums, total

LOOKBACK_DAYS = 730
BACK = ("return", "cancellation")  # shops book what is given back as either
LEAST_WEIGHT, MOST_WEIGHT = 10.0, 1_000.0  # lines; returns are rare, so fewer would leave a single one its full say
# Times what is usual, for the low end of the interval: where a few give back very much, the prior is wide, and of sixty
# ordinary customers one lay above the usual itself by chance.
UNUSUAL_FROM = 1.5
FEWEST_RETURNED = 3  # lines, before anybody is called unusual
NOT_STATED = "not stated"


@dataclass(frozen=True, eq=False)
class Returns:
    """What came back in the two years up to as_of.

    customers: one row a customer who bought: customer_id, sold_lines, returned_lines, sold_amount, returned_amount
        (>= 0), share_of_amount (given back of what was sold, 0..1, NaN where nothing was sold), share_of_lines (drawn
        towards the usual), low, high (its 95 % interval; NaN for customers of whom fewer than three lines came back),
        is_unusual.
    categories: the same a product category ("not stated" where a product has none), the most given back first.
    usual_lines: what is usual among customers. share_of_amount: of the whole company; NaN where nothing was sold.
    is_recorded: whether anything was ever given back; if not, none may have been written down either.
    """

    customers: pd.DataFrame
    categories: pd.DataFrame
    usual_lines: Usual
    share_of_amount: float
    is_recorded: bool


def measure(order_lines: pd.DataFrame, products: pd.DataFrame, *, as_of: dt.date) -> Returns:
    """Returns by customer and by category. `order_lines` hold nothing after `as_of`."""
    since = pd.Timestamp(as_of) - pd.Timedelta(days=LOOKBACK_DAYS)
    amount = order_lines["amount"].to_numpy(dtype="float64")
    is_back = order_lines["kind"].isin(BACK).to_numpy() & (amount < 0)
    is_sold = (order_lines["kind"] == "sale").to_numpy() & (amount > 0)
    is_recorded = bool(is_back.any())
    kept = (order_lines["ordered_on"] > since).to_numpy() & (is_back | is_sold)
    lines, back, amount = order_lines[kept], is_back[kept], np.abs(amount[kept])
    named = (lines["customer_id"] > 0).to_numpy()
    of, ids = pd.factorize(lines["customer_id"].to_numpy()[named], sort=True)
    customers, habits = _by(of, pd.Index(ids, name="customer_id"), back[named], amount[named])
    # Few products stand for many lines: their categories are looked up once each.
    of, ids = pd.factorize(lines["product_id"])
    labels = products.set_index("product_id")["category"].reindex(ids).astype(object).fillna(NOT_STATED)
    of_product, names = pd.factorize(labels.to_numpy(dtype=object), sort=True)
    categories, _ = _by(of_product[of], pd.Index(names, name="category"), back, amount)
    sold = total(amount[~back])
    return Returns(
        customers=customers, usual_lines=habits, is_recorded=is_recorded,
        categories=categories.sort_values(["share_of_lines", "category"], ascending=[False, True], ignore_index=True),
        share_of_amount=min(total(amount[back]) / sold, 1.0) if sold > 0 else float("nan"))


def _by(of: np.ndarray, members: pd.Index, back: np.ndarray, amount: np.ndarray) -> tuple[pd.DataFrame, Usual]:
    """One row a member; `of` is each line's place among the members."""
    size = len(members)
    sold_lines = counts(of, size, where=~back)
    # What was sold before the two years may come back within them: no more can come back than was sold.
    returned_lines = np.minimum(counts(of, size, where=back), sold_lines)
    sold, returned = sums(of[~back], amount[~back], size), sums(of[back], amount[back], size)
    asked = sold_lines > 0
    habits = usual(returned_lines[asked], sold_lines[asked], least_weight=LEAST_WEIGHT, most_weight=MOST_WEIGHT)
    share = np.where(asked, habits.drawn(returned_lines, sold_lines), np.nan)
    # An interval costs far more than a share, and a hundred thousand customers need none: few can be unusual.
    judged = asked & (returned_lines >= (FEWEST_RETURNED if members.name == "customer_id" else 0))
    low, high = np.full(size, np.nan), np.full(size, np.nan)
    low[judged], high[judged] = habits.interval(returned_lines[judged], sold_lines[judged])
    with np.errstate(divide="ignore", invalid="ignore"):
        of_amount = np.where(sold > 0, np.minimum(returned / sold, 1.0), np.nan)
    unusual = asked & (low > UNUSUAL_FROM * habits.mean) & (returned_lines >= FEWEST_RETURNED)
    return pd.DataFrame({members.name: members, "sold_lines": sold_lines, "returned_lines": returned_lines, "sold_amount": sold,
                         "returned_amount": returned, "share_of_amount": of_amount, "share_of_lines": share, "low": low,
                         "high": high, "is_unusual": unusual}), habits
