"""Baskets: what lies in each order, by taste, by habit, and by what belongs together?"""

from dataclasses import dataclass

import numpy as np

from crm.demo import catalogue, planted
from crm.demo.people import MEDIAN_INCOME, People
from crm.demo.span import DAY, Span

NOBODY = -1
SALE_WEEKS = ((11, 22, 30), (4, 8, 15))  # month, first and last day: a November and a spring week
# What a discontinued item's buyers take instead.
_SUBSTITUTE = {"Copper sugar pot": "Saucepan", "Wall shelf": "Bread box", "Tealight tray": "Beeswax candles"}


@dataclass(frozen=True)
class Lines:
    """One entry a line: `order` and `item` are positions, money is exact in 1/10,000; sorted by order."""

    order: np.ndarray
    item: np.ndarray
    quantity: np.ndarray
    discount_percent: np.ndarray
    price_e4: np.ndarray
    amount_e4: np.ndarray


def draw(people: People, customers: np.ndarray, order_seconds: np.ndarray, period: Span,
         random: np.random.Generator) -> Lines:
    """The lines of all orders. `customers` holds NOBODY for an order without a name."""
    known = customers != NOBODY
    is_company = np.where(known, people.is_company[customers], False)
    wealth = np.where(known, people.income[customers] / MEDIAN_INCOME, 1) ** planted.INCOME_ELASTICITY
    sizes = 1 + random.poisson(np.where(is_company, planted.COMPANY_EXTRA_ITEMS, planted.EXTRA_ITEMS * wealth))
    order = np.repeat(np.arange(len(customers)), sizes)
    item = _tasted(people, customers[order], random)
    order, item = _with_staples(people, customers, order, item, random)
    day = order_seconds // DAY
    item = np.where(day[order] > period.last_second // DAY - catalogue.DISCONTINUED_BEFORE_DAYS,
                    _substitutes()[item], item)
    order, item = _with_companions(*_once(order, item), random)
    quantity = _quantities(item, is_company[order], random)
    discount = np.where(is_company[order], planted.COMPANY_DISCOUNT_PERCENT, 0)
    in_sale = _sale_days(period)[day[order]] & (random.random(len(order)) < planted.SALE_CHANCE)
    discount = np.maximum(discount, np.where(in_sale, planted.SALE_DISCOUNT_PERCENT, 0))
    price_e4 = np.array([entry.price_cents * 100 for entry in catalogue.ITEMS], dtype=np.int64)[item]
    # Prices are whole cents and discounts whole percents, so this division leaves no remainder.
    amount_e4 = quantity * price_e4 * (100 - discount) // 100
    return Lines(order, item, quantity, discount, price_e4, amount_e4)


def _tasted(people: People, customers: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """One item a line: the category by the customer's taste, the item by general liking."""
    share = np.array(catalogue.CATEGORY_SHARE)
    taste = np.vstack([people.taste, share / share.sum()])  # the last row is an unknown buyer's
    limits = np.cumsum(taste, axis=1)[customers, :-1]
    category = (random.random(len(customers))[:, None] > limits).sum(axis=1)
    return np.searchsorted(catalogue.cumulative_liking(), category + random.random(len(customers)))


def _with_staples(people: People, customers: np.ndarray, order: np.ndarray, item: np.ndarray,
                  random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    staple = np.where(customers == NOBODY, NOBODY, people.staple[customers])
    takes = np.flatnonzero((staple >= 0) & (random.random(len(customers)) < planted.STAPLE_CHANCE))
    return np.concatenate([order, takes]), np.concatenate([item, staple[takes]])


def _with_companions(order: np.ndarray, item: np.ndarray,
                     random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """The planted affinities: whoever takes the trigger takes its companions with the stated chance."""
    for trigger, companions, chance in planted.AFFINITIES:
        having = order[item == catalogue.NAMES.index(trigger)]
        taking = having[random.random(len(having)) < chance]
        for companion in companions:
            order = np.concatenate([order, taking])
            item = np.concatenate([item, np.full(len(taking), catalogue.NAMES.index(companion))])
    return _once(order, item)


def _once(order: np.ndarray, item: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each item at most once an order, sorted by order."""
    pairs = np.unique(order * len(catalogue.ITEMS) + item)
    return pairs // len(catalogue.ITEMS), pairs % len(catalogue.ITEMS)


def _substitutes() -> np.ndarray:
    instead = np.arange(len(catalogue.ITEMS))
    for gone, name in _SUBSTITUTE.items():
        instead[catalogue.NAMES.index(gone)] = catalogue.NAMES.index(name)
    return instead


def _quantities(item: np.ndarray, is_company: np.ndarray, random: np.random.Generator) -> np.ndarray:
    typical = np.array([entry.typical_quantity for entry in catalogue.ITEMS])[item]
    quantity = np.where(typical == 1, 1 + (random.random(len(item)) < 0.12), 1 + random.binomial(2 * typical - 2, 0.5))
    return quantity + np.where(is_company, random.poisson(1.1, len(item)), 0)


def _sale_days(period: Span) -> np.ndarray:
    return np.array([any(on.month == month and first <= on.day <= last
                         for month, first, last in SALE_WEEKS)
                     for on in (period.on(day) for day in range(planted.HISTORY_DAYS + 1))])
