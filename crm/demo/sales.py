"""Sales: orders and lines as the database keeps them, with fees, cancellations, returns and credits."""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from crm.demo import baskets, catalogue, planted
from crm.demo.lives import COMPLAINT, NOBODY, STALL, STALL_WEEKDAYS, History
from crm.demo.people import People
from crm.demo.span import DAY, HOUR, Span, moments

ORDER_COLUMNS = ("id", "source", "number", "customer_id", "ordered_at", "status", "channel", "country", "shipped_at",
                 "note", "net_amount_e4", "charged_amount_e4", "version", "created_at", "updated_at")
LINE_COLUMNS = ("id", "order_id", "product_id", "kind", "description", "quantity", "unit_price_e4", "amount_e4",
                "discount", "cost_e4")
SHIPPING = len(catalogue.ITEMS)  # its place in the list of products
NO_PRODUCT = -1
MARKETPLACE = planted.SALES_CHANNELS.index("Marketplace")
SENT_AFTER_HOURS = 31  # the parcel of yesterday morning leaves this afternoon
_KINDS = ("sale", "return", "cancellation", "fee", "adjustment")
SALE, RETURN, CANCELLATION, FEE, ADJUSTMENT = range(5)


@dataclass
class Sales:
    """Orders sorted by time, and their lines; `line_order` and `origin` are positions in the order arrays."""

    customer: np.ndarray
    second: np.ndarray
    channel: np.ndarray
    is_cancelled: np.ndarray
    origin: np.ndarray  # of a credit: the order it belongs to; else NOBODY
    line_order: np.ndarray
    line_item: np.ndarray
    line_kind: np.ndarray
    line_quantity: np.ndarray
    line_price_e4: np.ndarray
    line_discount_percent: np.ndarray
    line_amount_e4: np.ndarray
    place_of: np.ndarray  # of an order of the history: its position here


def draw(history: History, people: People, period: Span, random: np.random.Generator) -> Sales:
    """All orders of the history and those without a name, filled, priced and partly taken back."""
    told = np.array(history.orders, dtype=np.int64)
    unnamed = _unnamed_seconds(period, random)
    customer = np.concatenate([told[:, 0], np.full(len(unnamed), NOBODY)])
    second = np.concatenate([told[:, 1], unnamed])
    channel = np.concatenate([told[:, 2], np.full(len(unnamed), STALL)])
    goods = baskets.draw(people, customer, second, period, random)
    is_cancelled = (channel != STALL) & (random.random(len(customer)) < planted.CANCEL_CHANCE)
    is_short = _is_short(goods, is_cancelled, random)
    back, returned_at = _returns(goods, second, channel, ~is_short & ~is_cancelled[goods.order], period, random)
    complained, credited_at = _goodwill(history, is_cancelled, period, random)
    origin = np.concatenate([goods.order[back], complained])
    credit_second = np.concatenate([returned_at, credited_at])
    places = len(second) + np.arange(len(origin))
    whole = np.arange(len(goods.order))
    merged = np.concatenate([
        _goods_lines(goods, whole, goods.order, SALE), _shipping(goods, channel),
        _goods_lines(goods, is_short, goods.order[is_short], CANCELLATION, sign=-1),
        _goods_lines(goods, back, places[:len(back)], RETURN, sign=-1),
        _columns(places[len(back):], NO_PRODUCT, ADJUSTMENT, 1, -planted.GOODWILL_E4, 0, -planted.GOODWILL_E4)], axis=1)
    return _sorted(
        np.concatenate([customer, customer[origin]]), np.concatenate([second, credit_second]),
        np.concatenate([channel, channel[origin]]), np.concatenate([is_cancelled, np.zeros(len(origin), bool)]),
        np.concatenate([np.full(len(customer), NOBODY), origin]), merged)


def _columns(order, item, kind, quantity, price_e4, discount_percent, amount_e4) -> np.ndarray:
    """Lines as seven rows of whole numbers, broadcast to the length of `order`."""
    return np.vstack([np.broadcast_to(np.asarray(part, dtype=np.int64), np.shape(order))
                      for part in (order, item, kind, quantity, price_e4, discount_percent, amount_e4)])


def _unnamed_seconds(period: Span, random: np.random.Generator) -> np.ndarray:
    days = np.array([day for day in range(planted.HISTORY_DAYS) if period.weekday(day) in STALL_WEEKDAYS])
    busy = np.diff(period.busyness)[days]
    chosen = random.choice(days, planted.ANONYMOUS_ORDERS, p=busy / busy.sum())
    return chosen * DAY + (random.triangular(8, 11, 14, len(chosen)) * HOUR).astype(np.int64)


def _shipping(goods: baskets.Lines, channel: np.ndarray) -> np.ndarray:
    """Small orders pay the parcel; through the marketplace every order does."""
    total = np.bincount(goods.order, goods.amount_e4, minlength=len(channel))
    pays = np.flatnonzero((channel != STALL) & ((total < planted.FREE_SHIPPING_FROM_E4) | (channel == MARKETPLACE)))
    return _columns(pays, SHIPPING, FEE, 1, planted.SHIPPING_E4, 0, planted.SHIPPING_E4)


def _goods_lines(goods: baskets.Lines, chosen: np.ndarray, order: np.ndarray, kind: int, *,
                 sign: int = 1) -> np.ndarray:
    """The chosen lines again, in other orders, of another kind, taken back where `sign` is -1."""
    return _columns(order, goods.item[chosen], kind, sign * goods.quantity[chosen], goods.price_e4[chosen],
                    goods.discount_percent[chosen], sign * goods.amount_e4[chosen])


def _is_short(goods: baskets.Lines, is_cancelled: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Lines out of stock are taken back within the order; one line at least stays."""
    size = np.bincount(goods.order, minlength=len(is_cancelled))
    is_first = np.concatenate([[True], goods.order[1:] != goods.order[:-1]])
    return ((random.random(len(goods.order)) < planted.SHORTAGE_CHANCE) & (size[goods.order] > 1) & ~is_first
            & ~is_cancelled[goods.order])


# Credits are orders of their own, dated when the money went back, so that no past is rewritten.

def _returns(goods: baskets.Lines, second: np.ndarray, channel: np.ndarray, can_return: np.ndarray, period: Span,
             random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Positions of the lines that came back, and when."""
    chance = planted.RETURN_CHANCE * np.where(channel[goods.order] == MARKETPLACE, 2, 1)
    back = np.flatnonzero(can_return & (random.random(len(goods.order)) < chance))
    returned_at = second[goods.order[back]] + random.integers(5 * DAY, 25 * DAY, len(back))
    in_time = returned_at <= period.last_second
    return back[in_time], returned_at[in_time]


def _goodwill(history: History, is_cancelled: np.ndarray, period: Span,
              random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Orders for whose complaint some money was given, and when."""
    answered = np.array([(order, answered) for _, order, kind, _, answered, _ in history.tickets
                         if kind == COMPLAINT and answered <= period.last_second], dtype=np.int64)
    given = (random.random(len(answered)) < planted.GOODWILL_CHANCE) & ~is_cancelled[answered[:, 0]]
    return answered[given, 0], answered[given, 1]


def _sorted(customer, second, channel, is_cancelled, origin, lines: np.ndarray) -> Sales:
    by_time = np.argsort(second, kind="stable")
    place_of = np.empty(len(by_time), dtype=np.int64)
    place_of[by_time] = np.arange(len(by_time))
    lines = lines.copy()
    lines[0] = place_of[lines[0]]
    lines = lines[:, np.argsort(lines[0], kind="stable")]
    new_origin = np.where(origin[by_time] == NOBODY, NOBODY, place_of[origin[by_time]])
    return Sales(customer[by_time], second[by_time], channel[by_time], is_cancelled[by_time], new_origin,
                 *lines[:5], lines[5], lines[6], place_of)


def order_rows(sales: Sales, ids: range, customer_ids: range, countries: list[str], period: Span) -> list[tuple]:
    """The orders table; a cancelled order keeps its lines and comes to nothing."""
    count = len(sales.second)
    counted = ~sales.is_cancelled[sales.line_order]
    charged = _sums(sales, counted & (sales.line_amount_e4 > 0) & (sales.line_kind != CANCELLATION), count)
    net = _sums(sales, counted, count)
    ordered = moments(period, sales.second)
    is_credit = sales.origin != NOBODY
    is_open = ~is_credit & (sales.channel != STALL) & (sales.second > period.last_second - SENT_AFTER_HOURS * HOUR)
    after = np.where(sales.channel == STALL, 0, SENT_AFTER_HOURS * HOUR)
    slipped = np.arange(count) % planted.SENT_BEFORE_ORDERED == planted.SENT_BEFORE_ORDERED - 1
    shipped = moments(period, np.where(is_open | is_credit | sales.is_cancelled, np.nan,
                                       sales.second + np.where(slipped, -9 * 24 * HOUR, after)))
    status = np.where(sales.is_cancelled, "cancelled", np.where(is_open, "open", "completed")).tolist()
    numbers = _numbers(sales, period)
    return [(number_id, "demo", number, customer_ids[who] if who != NOBODY else None, at, state,
             planted.SALES_CHANNELS[where], countries[who] if who != NOBODY else None, sent,
             f"Credit for {numbers[source]}" if source != NOBODY else None, total, sold, 1, at, at)
            for number_id, number, who, at, state, where, sent, source, total, sold in zip(
                ids, numbers, sales.customer.tolist(), ordered, status, sales.channel.tolist(), shipped,
                sales.origin.tolist(), net.tolist(), charged.tolist(), strict=True)]


def _sums(sales: Sales, chosen: np.ndarray, count: int) -> np.ndarray:
    sums = np.zeros(count, dtype=np.int64)
    np.add.at(sums, sales.line_order[chosen], sales.line_amount_e4[chosen])
    return sums


def _numbers(sales: Sales, period: Span) -> list[str]:
    """Counted anew each year: 2026-00123; credits are counted apart: 2026-R0012."""
    counters: dict[tuple[int, bool], int] = {}
    numbers = []
    for second, origin in zip(sales.second.tolist(), sales.origin.tolist(), strict=True):
        year, is_credit = (period.first_on + timedelta(days=second // DAY)).year, origin != NOBODY
        counters[year, is_credit] = counters.get((year, is_credit), 0) + 1
        numbers.append(f"{year}-R{counters[year, True]:04d}" if is_credit else f"{year}-{counters[year, False]:05d}")
    return numbers


def line_rows(sales: Sales, ids: range, order_ids: range, product_ids: range) -> list[tuple]:
    """The order_lines table; `product_ids` are those of the catalogue and, last, of the shipping fee."""
    cost_e4 = np.array([catalogue.cost_cents(item) * 100 for item in range(len(catalogue.ITEMS))]
                       + [planted.SHIPPING_E4 * 8 // 10, 0], dtype=np.int64)  # the last one stands for no product
    costs = (cost_e4[sales.line_item] * sales.line_quantity).tolist()
    columns = (sales.line_order, sales.line_item, sales.line_kind, sales.line_quantity, sales.line_price_e4,
               sales.line_discount_percent, sales.line_amount_e4)
    return [(line_id, order_ids[order], product_ids[item] if item != NO_PRODUCT else None, _KINDS[kind],
             None if item != NO_PRODUCT else "Goodwill", float(quantity), price, amount,
             percent / 100 if percent else None, cost if item != NO_PRODUCT else None)
            for line_id, order, item, kind, quantity, price, percent, amount, cost in zip(
                ids, *(column.tolist() for column in columns), costs, strict=True)]


def product_rows(ids: range, created_at: str) -> list[tuple]:
    """The products table (PRODUCT_COLUMNS): the catalogue, and the shipping fee last."""
    rows = [(ids[index], f"P{index + 1:03d}", item.name, item.kind, item.category, item.price_cents * 100,
             catalogue.cost_cents(index) * 100, item.description, item.is_discontinued, 1, created_at, created_at)
            for index, item in enumerate(catalogue.ITEMS)]
    return [*rows, (ids[SHIPPING], catalogue.SHIPPING_CODE, "Shipping", "fee", None, planted.SHIPPING_E4,
                    planted.SHIPPING_E4 * 8 // 10, "Parcel within Europe.", False, 1, created_at, created_at)]


PRODUCT_COLUMNS = ("id", "code", "name", "kind", "category", "price_e4", "cost_e4", "description", "is_discontinued",
                   "version", "created_at", "updated_at")
