"""Desk: what else does a service desk know of a ticket? What it is about, who works on it, what was promised, what it cost."""

from datetime import date

import numpy as np

from crm.demo import planted
from crm.demo.service import TICKET_COLUMNS
from crm.demo.span import DAY, Span, moments
from crm.services.service_policy import Promise

COLUMNS = ("topic", "channel", "agent", "reopened_at", "times_reopened", "answer_due_at", "solution_due_at", "cost_e4")
CANNED_COLUMNS = ("id", "title", "body", "kind", "version", "created_at", "updated_at")
OPEN = (*[[(9 * 60, 18 * 60)]] * 5, [(10 * 60, 14 * 60)], [])  # Monday to Sunday, minutes after midnight
HOLIDAYS = ((1, 1), (12, 25), (12, 26))  # month and day
PROMISES = {"high": Promise(9, 36), "normal": Promise(18, 54), "low": Promise(27, 72)}  # opening hours
REOPENED_NOW = 3  # that wait once more this morning
TOPICS = {
    "The parcel is late": "Delivery", "Arrived broken": "Breakage", "Wrong item in the parcel": "Wrong item",
    "The lid does not fit": "Quality", "Charged twice": "Payment", "The colour is not as in the picture": "Quality",
    "Please change the address": "Delivery", "Copy of the invoice": "Payment", "Spare part": "Spare parts",
    "Pick the order up at the stall": "Delivery", "Is it dishwasher safe?": "Product", "When is it back in stock?": "Stock",
    "Which size for two people?": "Product", "Do you ship abroad?": "Delivery",
}
CANNED = (
    ("Sorry, a replacement is on its way", "complaint",
     "Hello {customer},\n\nI am sorry that this went wrong. A replacement leaves today; you need not send anything back.\n\n"
     "Kind regards"),
    ("Where the parcel is", "complaint",
     "Hello {customer},\n\nthank you for your patience. I have asked the carrier where your order {order} is and will write as "
     "soon as I know.\n\nKind regards"),
    ("Your money is on its way back", "complaint",
     "Hello {customer},\n\nthe amount was sent back today and arrives within three working days.\n\nKind regards"),
    ("Done as you asked", "service_request", "Hello {customer},\n\ndone. Tell me if anything else should be changed.\n\nKind regards"),
    ("Care and cleaning", "inquiry",
     "Hello {customer},\n\nstoneware may go into the dishwasher; iron and olive wood should be washed by hand.\n\nKind regards"),
    ("Back in stock", "inquiry", "Hello {customer},\n\nit will be back within two weeks. Shall I put one aside for you?\n\nKind regards"),
)


def with_extras(rows: list[tuple], tickets: list[tuple], roads: list[str], due: tuple[list, list], period: Span,
                random: np.random.Generator) -> list[tuple]:
    """The rows of the tickets table with COLUMNS at their end; a few solved ones were opened once more on the way.

    `roads`: how each came in; `due`: the texts of when its answer and its solution are due.
    """
    draws = random.random((len(rows), 3)).tolist()
    kind, status, subject = (TICKET_COLUMNS.index(name) for name in ("kind", "status", "subject"))
    answered_only = [place for place, row in enumerate(rows) if row[status] == "answered"]
    back_now = set(answered_only[:REOPENED_NOW])
    reopened = np.full(len(rows), np.nan)
    for place, (_, _, _, _, answered, resolved) in enumerate(tickets):
        if rows[place][status] == "resolved" and draws[place][0] < planted.REOPENED:
            reopened[place] = answered + (resolved - answered) * (0.3 + 0.5 * draws[place][1])
        elif place in back_now:
            reopened[place] = answered + (period.last_second - answered) * (0.3 + 0.5 * draws[place][1])
    reopened_at = moments(period, reopened)
    costs = np.exp(np.log(planted.COST_CENTS) + 0.6 * random.normal(size=len(rows)))
    written = []
    for place, row in enumerate(rows):
        answered = tickets[place][4]
        weekend = answered <= period.last_second and period.weekday(int(answered // DAY)) >= 5
        agent = None if answered > period.last_second else planted.WEEKEND_HELP if weekend else planted.OWNER
        noted = row[kind] == "complaint" and row[status] == "resolved" and draws[place][2] < planted.COST_NOTED
        if place in back_now:
            row = (*row[:status], "reopened", *row[status + 1:])
        written.append((*row, TOPICS[row[subject]], roads[place], agent, reopened_at[place],
                        int(reopened_at[place] is not None), due[0][place], due[1][place],
                        int(costs[place]) * 100 if noted else None))
    return written


def closed_days(today: date) -> list[date]:
    """Of the years that the demo covers, and the next one."""
    return [date(year, month, day) for year in range(today.year - 3, today.year + 2) for month, day in HOLIDAYS]


def canned_rows(ids: range, moment: str) -> list[tuple]:
    """The canned_answers table."""
    return [(ids[place], title, body, kind, 1, moment, moment) for place, (title, kind, body) in enumerate(CANNED)]
