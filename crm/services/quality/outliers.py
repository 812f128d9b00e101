"""Which quantities, prices and amounts lie far off the usual, and do orders' totals equal their lines?

On the logarithm, for shops sell 1 and 100 of a thing, and robust: the median, the median absolute deviation (MAD) and the
95th percentile are hardly moved by the very values that are looked for (Leys et al. 2013).
"""

import numpy as np
from sqlalchemy import and_, case, func, or_, select

from crm.models import Deal, Order, OrderLine, Payment, Product
from crm.money import UNITS
from crm.services.quality.check import LOOKS, MISSED, WRONG_FIGURES, Check, Found, of_ids
from crm.services.quality.look import Look, there

NORMAL_MAD = 1.4826  # of a normal distribution: standard deviation over MAD
FAR = 5.0  # robust standard deviations; a normal one exceeds them once in two million times
TAIL, NORMAL_TAIL = 0.95, 1.645  # who sells to shops, too, has large orders that are no mistakes
LEAST_SPREAD = np.log(2.0) / 2  # where nearly all are equal: so that FAR means a factor of 5.7 and more
FEWEST = 20  # of fewer nobody knows what is usual
LIST_PRICE_FACTOR = 10.0  # a comma in the wrong place; smaller differences are rebates and price rises


def far_off(sizes: np.ndarray, groups: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Whether each size (> 0) is far off its group's usual, the usual (median), and whether the group could be judged.

    Far: |ln x - median| > 5 s in groups of at least 20, where s is the largest of 1.4826 * MAD, of what the 95th (below
    the median: the 5th) percentile says, (p95 - median) / 1.645, and of ln(2) / 2.

    >>> sizes, groups = np.array([6.0] * 20 + [8.0] * 19 + [5000.0]), np.zeros(40)
    >>> off, usual, judged = far_off(sizes, groups)
    >>> np.flatnonzero(off).tolist(), round(usual[0].tolist(), 1), bool(judged.all())
    ([39], 6.9, True)
    """
    if not len(sizes):
        return np.zeros(0, dtype=bool), np.zeros(0), np.zeros(0, dtype=bool)
    logs = np.log(sizes)
    _, group, members = np.unique(groups, return_inverse=True, return_counts=True)
    low, middle, high = _quantiles(logs, group, members, (1 - TAIL, 0.5, TAIL))
    off = logs - middle[group]
    (mad,) = _quantiles(np.abs(off), group, members, (0.5,))
    least = np.maximum(NORMAL_MAD * mad, LEAST_SPREAD)
    spread = np.where(off > 0, np.maximum(least, (high - middle) / NORMAL_TAIL)[group],
                      np.maximum(least, (middle - low) / NORMAL_TAIL)[group])
    judged = (members >= FEWEST)[group]
    return judged & (np.abs(off) > FAR * spread), np.exp(middle)[group], judged


def _quantiles(numbers: np.ndarray, group: np.ndarray, members: np.ndarray, shares: tuple[float, ...]) -> list[np.ndarray]:
    """Of each group 0, 1, 2, ..., interpolated between its neighbours."""
    ascending = numbers[np.lexsort((numbers, group))]
    start = np.cumsum(members) - members
    found = []
    for share in shares:
        place = share * (members - 1)
        below = np.floor(place).astype(np.int64)
        above = np.minimum(below + 1, members - 1)
        found.append(ascending[start + below] + (place - below) * (ascending[start + above] - ascending[start + below]))
    return found


def checks() -> tuple[Check, ...]:
    """Every rule of this module."""
    return (
        Check("orders.totals", "consistency", WRONG_FIGURES, ("net_amount_e4",), find=wrong_totals),
        Check("order_lines.list_price", "consistency", LOOKS, ("unit_price_e4",), find=_off_list_price),
        Check("order_lines.quantity", "plausibility", MISSED, ("quantity",), find=_quantities),
        Check("order_lines.price", "plausibility", MISSED, ("unit_price_e4",), find=_prices),
        Check("orders.amount", "plausibility", LOOKS, ("charged_amount_e4", "ordered_at"), find=_order_amounts),
        Check("payments.amount", "plausibility", LOOKS, ("amount_e4", "paid_on"), find=lambda look: _amounts(look, Payment)),
        Check("deals.amount", "plausibility", LOOKS, ("amount_e4", "stage"), find=lambda look: _amounts(look, Deal)),
    )


def wrong_totals(look: Look) -> Found:
    """Orders whose totals are not the sums of their lines: id, net_e4 and charged_e4 as the lines say."""
    sums = (select(OrderLine.order_id, func.sum(OrderLine.amount_e4).label("net_e4"), func.sum(case(
        (and_(OrderLine.amount_e4 > 0, OrderLine.kind != "cancellation"), OrderLine.amount_e4), else_=0))
        .label("charged_e4")).group_by(OrderLine.order_id).subquery())
    counted = Order.status != "cancelled"  # a cancelled order comes to nothing
    net, charged = (case((counted, func.coalesce(column, 0)), else_=0) for column in (sums.c.net_e4, sums.c.charged_e4))
    rows = look.session.execute(
        select(Order.id, net, charged).outerjoin(sums, sums.c.order_id == Order.id)
        .where(there(Order), or_(Order.net_amount_e4 != net, Order.charged_amount_e4 != charged)).order_by(Order.id)).all()
    looked_at = look.session.scalar(select(func.count()).select_from(Order).where(there(Order)))
    return Found(looked_at, of_ids([row[0] for row in rows], net_e4=np.array([int(row[1]) for row in rows], np.int64),
                                   charged_e4=np.array([int(row[2]) for row in rows], np.int64)))


def _lines(look: Look) -> tuple[np.ndarray, ...]:
    """Of all sales of products: id, product id, quantity, unit price and the product's list price (NaN: none)."""
    if look.lines is None:
        line_id, product, quantity, price_e4 = look.numbers(
            select(OrderLine.id, OrderLine.product_id, OrderLine.quantity, OrderLine.unit_price_e4)
            .where(there(OrderLine), OrderLine.kind == "sale", OrderLine.product_id.is_not(None)))
        known, listed_e4 = look.numbers(select(Product.id, Product.price_e4).order_by(Product.id))
        place = np.searchsorted(known, product)
        look.lines = line_id, product, quantity, price_e4 / UNITS, listed_e4[place] / UNITS if len(known) else product
    return look.lines


def _quantities(look: Look) -> Found:
    line_id, product, quantity, _price, _listed = _lines(look)
    return _off(line_id, product, quantity)


def _prices(look: Look) -> Found:
    line_id, product, _quantity, price, _listed = _lines(look)
    return _off(line_id, product, price)


def _off(line_id: np.ndarray, group: np.ndarray, size: np.ndarray) -> Found:
    some = size > 0
    far, usual, judged = far_off(size[some], group[some])
    # The farthest first.
    distance = np.abs(np.log(size[some][far] / usual[far]))
    sequence = np.argsort(-distance, kind="stable")
    return Found(int(judged.sum()), of_ids(line_id[some][far][sequence], usual=usual[far][sequence]))


def _off_list_price(look: Look) -> Found:
    line_id, _product, _quantity, price, listed = _lines(look)
    both = (price > 0) & (listed > 0)
    ratio = np.where(both, price, 1) / np.where(both, listed, 1)
    off = both & ((ratio > LIST_PRICE_FACTOR) | (ratio < 1 / LIST_PRICE_FACTOR))
    return Found(int(both.sum()), of_ids(line_id[off], usual=listed[off]))


def _order_amounts(look: Look) -> Found:
    order_id, charged_e4 = look.numbers(select(Order.id, Order.charged_amount_e4).where(
        there(Order), Order.status != "cancelled", Order.currency.is_(None)))
    return _off(order_id, np.zeros(len(order_id)), charged_e4 / UNITS)


def _amounts(look: Look, model: type[Payment] | type[Deal]) -> Found:
    record_id, amount_e4 = look.numbers(select(model.id, model.amount_e4).where(there(model), model.amount_e4 > 0))
    return _off(record_id, np.zeros(len(record_id)), amount_e4 / UNITS)
