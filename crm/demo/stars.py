"""Stars: what do customers say of single products?"""

import numpy as np

from crm.demo import baskets, catalogue, lives, planted
from crm.demo.people import People
from crm.demo.sales import Sales
from crm.demo.span import DAY, Span, moments

COLUMNS = ("id", "customer_id", "product_id", "source", "response_code", "metric", "item", "score", "scale_min", "scale_max",
           "comment", "answered_at", "created_at")
ITEM = "How many stars does it get?"


def draw(sold: Sales, people: People, period: Span, random: np.random.Generator) -> list[tuple]:
    """Customer, item of the catalogue, stars, second; sorted by time. Of each thing that a customer bought, the first time."""
    buyer = np.where(sold.is_cancelled, baskets.NOBODY, sold.customer)[sold.line_order]
    bought = (buyer != baskets.NOBODY) & (sold.origin[sold.line_order] == lives.NOBODY) & (sold.line_item >= 0)
    bought &= (sold.line_item < len(catalogue.ITEMS)) & (sold.line_quantity > 0)
    places = np.flatnonzero(bought)
    _, first = np.unique(buyer[places] * len(catalogue.ITEMS) + sold.line_item[places], return_index=True)
    places = np.sort(places[first])
    liked = random.normal(0, planted.STARS_BETWEEN_PRODUCTS, len(catalogue.ITEMS))
    liked[catalogue.NAMES.index(planted.DISAPPOINTING)] = planted.DISAPPOINTMENT
    says, noise, wait = random.random(len(places)), random.normal(size=len(places)), random.random(len(places))
    customer, item = buyer[places], sold.line_item[places]
    second = sold.second[sold.line_order[places]] + ((6 + 20 * wait) * DAY).astype(np.int64)
    stars = np.clip(np.rint(planted.STARS_BASE + liked[item] + planted.STARS_OF_FEELING * people.feeling[customer]
                            + planted.STARS_SPREAD * noise), 1, 5)
    chosen = np.flatnonzero((says < planted.STARS_GIVEN) & (second <= period.last_second))
    order = chosen[np.lexsort((customer[chosen], second[chosen]))]
    return list(zip(customer[order].tolist(), item[order].tolist(), stars[order].tolist(), second[order].tolist(), strict=True))


def rows(given: list[tuple], ids: range, customer_ids: range, product_ids: range, period: Span) -> list[tuple]:
    """Their part of the survey_answers table."""
    said = moments(period, [one[3] for one in given])
    return [(ids[place], customer_ids[customer], product_ids[item], "shop", f"S{place + 1:05d}", "likert", ITEM, stars, 1.0, 5.0,
             None, said[place], said[place]) for place, (customer, item, stars, _) in enumerate(given)]
