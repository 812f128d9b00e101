"""ABC: which few products make most of the revenue, or of the margin, and which give back more than they bring?"""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.products import margin
from crm.analytics.products.lines import MONEY_STEPS, counted, steps
from crm.errors import InvalidInput, NotEnoughData

BORDERS = (80, 95)  # per cent of the sum: A makes the first 80, B the next 15, C the last 5 (Dickie 1951)
MEASURES = ("revenue", "margin")
LETTERS = ("A", "B", "C", "negative", "none", "unknown")


@dataclass(frozen=True, eq=False)
class Classes:
    """products, one row a product of the catalogue without fees, those that bring most first: product_id, amount (money net of
    returns; NaN where the measure is not known), share (0..1 of the sum of all amounts above 0; NaN without a letter A to C),
    cumulative_share, place (1 brings most; 0 without a letter A to C), letter: "A", "B", "C"; "negative" (more came back, or it
    cost more, than was sold), "none" (nothing was sold, or it came to exactly nothing), "unknown" (no cost known).

    total: the sum of the amounts above 0; negative_total: of those below 0; counts: products a letter. gini: 0 all products
    bring the same, 1 one brings all (Gini 1912), of those with an amount above 0; NaN below two of them. fee_amount,
    other_amount: the revenue of fees, and of lines whose product is not in the catalogue, or names none: in no class.
    """

    products: pd.DataFrame
    by: str
    since: dt.date | None
    as_of: dt.date
    total: float
    negative_total: float
    counts: dict[str, int]
    gini: float
    fee_amount: float
    other_amount: float

    @property
    def ranked(self) -> int:
        """Products with an amount above 0."""
        return sum(self.counts[letter] for letter in "ABC")


def classes(order_lines: pd.DataFrame, products: pd.DataFrame, *, as_of: dt.date, since: dt.date | None = None,
            by: str = "revenue", random_state: int = 0) -> Classes:
    """Every product's class by what it brought from `since` to `as_of`, net of returns.

    A product belongs to A as long as those before it make less than 80 % of the sum, to B up to 95 %: so the A products are
    the fewest that make 80 %. Products whose amount is not above 0 take no part in the sum. Equal amounts are ordered by
    product_id. Nothing is drawn at random. Raises InvalidInput for another measure, NotEnoughData where nothing was sold.
    """
    if by not in MEASURES:
        raise InvalidInput(f"Products cannot be classed by “{by}”; choose one of {', '.join(MEASURES)}.", field="by")
    goods = products.loc[~_is_fee(products), "product_id"].to_numpy()
    if not len(goods):
        raise NotEnoughData("Classes of products need at least one product that is no fee; there are 0.")
    lines = counted(order_lines, as_of=as_of, since=since)
    revenue = _sums(lines["product_id"].to_numpy(), steps(lines["amount"]))
    if by == "revenue":
        amount = revenue.reindex(goods, fill_value=0.0)
    else:
        table = margin.margins(order_lines, as_of=as_of, since=since).set_index("product_id")["margin"]
        amount = (table * MONEY_STEPS).round().reindex(goods)
        amount[~np.isin(goods, table.index)] = 0.0  # not sold at all: that is known
    if not (amount > 0).any():
        raise NotEnoughData(f"Classes of products need a product that brought more than 0 {'to' if since is None else 'between'} "
                            f"{'' if since is None else f'{since} and '}{as_of}; there are 0." if by == "revenue" else
                            "Classes by margin need a product whose cost is known and that brought more than it cost; there are 0.")
    table = _lettered(amount)
    letters = table["letter"].value_counts()
    nameless = order_lines[(order_lines["product_id"].to_numpy() <= 0) & _within(order_lines, as_of, since)]
    fees = products.loc[_is_fee(products), "product_id"].to_numpy()
    known = np.isin(revenue.index, np.concatenate([goods, fees]))
    return Classes(
        products=table, by=by, since=since, as_of=as_of, total=float(amount[amount > 0].sum() / MONEY_STEPS),
        negative_total=float(amount[amount < 0].sum() / MONEY_STEPS),
        counts={letter: int(letters.get(letter, 0)) for letter in LETTERS}, gini=gini(amount[amount > 0].to_numpy()),
        fee_amount=float(revenue.reindex(fees).fillna(0.0).sum() / MONEY_STEPS),
        other_amount=float((revenue[~known].sum() + steps(nameless["amount"]).sum()) / MONEY_STEPS))


def gini(amounts: np.ndarray) -> float:
    """How unequal amounts above 0 are: 0 all equal, 1 - 1/n one has all; NaN below two.

    >>> gini(np.array([1.0, 1.0])), gini(np.array([1.0, 3.0]))
    (0.0, 0.25)
    """
    if len(amounts) < 2:
        return float("nan")
    ordered = np.sort(amounts)
    place = np.arange(1, len(ordered) + 1)
    return float((2 * place - len(ordered) - 1) @ ordered / (len(ordered) * ordered.sum()))


def _lettered(amount: pd.Series) -> pd.DataFrame:
    ids, sums = amount.index.to_numpy(), amount.to_numpy()
    order = np.lexsort((ids, -np.nan_to_num(sums, nan=-np.inf)))
    ids, sums = ids[order], sums[order]
    ranked = sums > 0
    # Whole numbers: a share as a float would part two companies with the same sales in another sequence.
    positive = np.where(ranked, np.nan_to_num(sums), 0).astype("int64")
    total, after = int(positive.sum()), np.cumsum(positive)
    before = after - positive
    letter = np.full(len(ids), "C", dtype=object)
    for name, border in zip("BA", BORDERS[::-1], strict=True):
        letter[before * 100 < border * total] = name
    letter[~ranked] = np.where(np.isnan(sums[~ranked]), "unknown", np.where(sums[~ranked] < 0, "negative", "none"))
    return pd.DataFrame({
        "product_id": ids, "amount": sums / MONEY_STEPS, "share": np.where(ranked, positive / total, np.nan),
        "cumulative_share": np.where(ranked, after / total, np.nan),
        "place": np.where(ranked, np.arange(1, len(ids) + 1), 0), "letter": pd.array(letter, dtype="str")})


def _sums(product_ids: np.ndarray, amounts: np.ndarray) -> pd.Series:
    codes, ids = pd.factorize(product_ids, sort=True)
    return pd.Series(np.bincount(codes, weights=amounts, minlength=len(ids)), index=ids)


def _within(order_lines: pd.DataFrame, as_of: dt.date, since: dt.date | None) -> np.ndarray:
    day = order_lines["ordered_on"].to_numpy()
    kept = day < np.datetime64(as_of, "D") + 1
    return kept if since is None else kept & (day >= np.datetime64(since, "D"))


def _is_fee(products: pd.DataFrame) -> np.ndarray:
    return products["is_fee"].to_numpy(dtype=bool)
