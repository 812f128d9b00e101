"""Service: tickets with their answers, and the conversations around them, as rows."""

import numpy as np

from crm.demo import planted, words
from crm.demo.lives import COMPLAINT, INQUIRY, NOBODY, REQUEST, History
from crm.demo.people import People
from crm.demo.sales import Sales
from crm.demo.span import DAY, HOUR, Span, moments

TICKET_COLUMNS = ("id", "customer_id", "order_id", "kind", "priority", "status", "subject", "body", "opened_at",
                  "first_answered_at", "resolved_at", "version", "created_at", "updated_at")
INTERACTION_COLUMNS = ("id", "customer_id", "ticket_id", "channel", "direction", "subject", "body", "happened_at", "version",
                       "created_at", "updated_at")
NO_TICKET = -1
_KINDS = {COMPLAINT: "complaint", REQUEST: "service_request", INQUIRY: "inquiry"}
_ROADS = ("email", "phone", "chat", "social")
_ROAD_SHARE = (0.62, 0.20, 0.12, 0.06)
COMPANY_CALLS = 4  # of an average company in three years


def in_time(history: History) -> list[tuple]:
    """The tickets sorted by when they were opened: their ids follow this order."""
    return sorted(history.tickets, key=lambda ticket: (ticket[3], ticket[0]))


def ticket_rows(tickets: list[tuple], ids: range, customer_ids: range, order_ids: range, sales: Sales, period: Span,
                random: np.random.Generator) -> list[tuple]:
    """The tickets table; what lies after this morning has not happened yet."""
    times = np.array([ticket[3:6] for ticket in tickets], dtype=float)
    times[times > period.last_second] = np.nan
    opened, answered, resolved = (moments(period, column) for column in times.T)
    draws = random.random((len(tickets), 2)).tolist()
    rows = []
    for place, (customer, order, kind, *_) in enumerate(tickets):
        subject, body = words.TICKETS[kind][int(draws[place][0] * len(words.TICKETS[kind]))]
        status = "open" if answered[place] is None else "answered" if resolved[place] is None else "resolved"
        rows.append((
            ids[place], customer_ids[customer], order_ids[sales.place_of[order]] if order != NOBODY else None,
            _KINDS[kind], _priority(kind, draws[place][1]), status, subject, body, opened[place], answered[place],
            resolved[place], 1, opened[place], resolved[place] or answered[place] or opened[place]))
    return rows


def _priority(kind: int, draw: float) -> str:
    if kind == COMPLAINT:
        return "high" if draw < 0.45 else "normal"
    return "low" if draw < 0.35 else "normal"


def interactions(tickets: list[tuple], written: list[tuple], people: People, period: Span,
                 random: np.random.Generator) -> list[tuple]:
    """Customer, road, direction, subject, body, second, place of the ticket: question and answer of tickets, calls with
    companies.

    `written` holds the rows of `tickets`, for their subjects.
    """
    said = []
    roads = random.choice(len(_ROADS), len(tickets), p=_ROAD_SHARE).tolist()
    for place, ((customer, _, kind, opened, answered, _), row, road) in enumerate(zip(tickets, written, roads, strict=True)):
        subject, body = row[TICKET_COLUMNS.index("subject")], row[TICKET_COLUMNS.index("body")]
        said.append((customer, _ROADS[road], "in", subject, body, opened, place))
        if answered <= period.last_second:
            said.append((customer, _ROADS[road], "out", f"Re: {subject}", words.ANSWERS[kind], answered, place))
    return sorted([*said, *_calls(people, period, random)], key=lambda one: (one[5], one[0]))


def _calls(people: People, period: Span, random: np.random.Generator) -> list[tuple]:
    """The owner calls and visits companies in working hours, never before the first contact."""
    calls = []
    for customer in np.flatnonzero(people.is_company).tolist():
        first_day = int(people.first_second[customer]) // DAY + 1
        share = 1 - first_day / planted.HISTORY_DAYS
        for _ in range(int(random.poisson(COMPANY_CALLS * share)) if share > 0 else 0):
            subject, body = words.CALLS[int(random.integers(len(words.CALLS)))]
            day, hour = int(random.integers(first_day, planted.HISTORY_DAYS)), random.uniform(9, 17)
            calls.append((customer, "visit" if subject.startswith("Visit") else "phone", "out", subject, body,
                          int(day * DAY + hour * HOUR), NO_TICKET))
    return calls


def roads_of(said: list[tuple], tickets: int) -> list[str]:
    """How each ticket came in."""
    roads = [""] * tickets
    for _, road, direction, _, _, _, place in said:
        if place != NO_TICKET and direction == "in":
            roads[place] = road
    return roads


def interaction_rows(said: list[tuple], ids: range, customer_ids: range, ticket_ids: range, period: Span) -> list[tuple]:
    """The interactions table. What begins a ticket stands in the ticket itself."""
    happened = moments(period, [one[5] for one in said])
    return [(ids[place], customer_ids[customer],
             None if ticket == NO_TICKET or direction == "in" else ticket_ids[ticket], road, direction, subject,
             body, happened[place], 1, happened[place], happened[place])
            for place, (customer, road, direction, subject, body, _, ticket) in enumerate(said)]


def is_late(ticket: tuple) -> bool:
    """Whether the first answer came after planted.LATE_AFTER_HOURS."""
    return ticket[4] - ticket[3] > planted.LATE_AFTER_HOURS * HOUR
