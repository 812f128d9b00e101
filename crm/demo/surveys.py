"""Surveys: who answers what is asked, and with which score?"""

import numpy as np

from crm.demo import planted, words
from crm.demo.lives import COMPLAINT, History
from crm.demo.sales import Sales
from crm.demo.service import is_late
from crm.demo.span import DAY, Span, moments

COLUMNS = ("id", "customer_id", "ticket_id", "survey_id", "invitation_id", "source", "response_code", "metric", "item", "score", "scale_min",
           "scale_max", "comment", "answered_at", "seconds_taken", "created_at")
COMMENTED = {"csat": 0.24, "nps": 0.18}
_SCALES = {"csat": (1.0, 5.0), "nps": (0.0, 10.0), "ces": (1.0, 7.0), "likert": (1.0, 5.0)}
NO_TICKET = -1
AFTER_ORDER, AFTER_HELP, AFTER_TICKET, RECOMMEND, YEARLY = range(5)  # the surveys, in the sequence of asking.SURVEYS


class Asked:
    """Who was asked what and when: entries (survey, customer, place of the ticket, second asked, second answered or NaN)."""

    def __init__(self, period: Span) -> None:
        self.period, self.forms = period, []

    def form(self, survey: int, customer: int, ticket: int, asked: float, answered: float) -> int:
        """Its number. An answer that comes after this morning has not come yet."""
        known = answered if answered <= self.period.last_second else np.nan
        self.forms.append((survey, customer, ticket, int(asked), known))
        return len(self.forms) - 1


def answers(history: History, tickets: list[tuple], sales: Sales, period: Span,
            random: np.random.Generator) -> tuple[list[tuple], list[tuple]]:
    """Customer, place of the ticket, metric, item, score (NaN: not applicable), second, number of the form; sorted by time.
    And the forms, as Asked keeps them."""
    asked = Asked(period)
    given = [*_csat(history, tickets, sales, asked, random), *_ces(tickets, asked, random)]
    felt = _feelings(history)
    given += [*_nps(felt, asked, random), *_likert(felt, asked, random)]
    # Of one moment the order of asking is kept, as sorting is stable.
    return sorted((one for one in given if one[5] <= period.last_second), key=lambda one: (one[5], one[0])), asked.forms


def _csat(history: History, tickets: list[tuple], sales: Sales, asked: Asked, random: np.random.Generator):
    ticket_of = {order: place for place, (_, order, *_) in enumerate(tickets)}
    draws = random.random(len(history.orders)).tolist()
    cancelled = sales.is_cancelled[sales.place_of[:len(history.orders)]].tolist()
    for order, (customer, _, _, feeling, felt_at) in enumerate(history.orders):
        if cancelled[order] or felt_at > asked.period.last_second:
            continue
        ticket = ticket_of.get(order, NO_TICKET)
        chance = planted.CSAT_ANSWERED if ticket == NO_TICKET else planted.CSAT_ANSWERED_AFTER_TICKET
        has_answered = draws[order] < chance
        # Asked up to two days before; the parcel takes longer.
        form = asked.form(AFTER_ORDER if ticket == NO_TICKET else AFTER_HELP, customer, ticket,
                          felt_at - (0.05 + 2 * (draws[order] * 97 % 1)) * DAY, felt_at if has_answered else np.nan)
        if has_answered:
            item = "Your order" if ticket == NO_TICKET else "Our help with your order"
            yield customer, ticket, "csat", item, float(feeling), felt_at, form


def _ces(tickets: list[tuple], asked: Asked, random: np.random.Generator):
    for place, ticket in enumerate(tickets):
        customer, _, kind, _, _, resolved = ticket
        answered, noise, wait = random.random() < planted.CES_ANSWERED, random.normal(), random.random()
        if resolved > asked.period.last_second:
            continue
        second = int(resolved + (0.1 + wait) * DAY)
        form = asked.form(AFTER_TICKET, customer, place, resolved, second if answered else np.nan)
        if answered:
            ease = (planted.CES_BASE + planted.CES_COMPLAINT_EFFECT * (kind == COMPLAINT)
                    + planted.CES_LATE_EFFECT * is_late(ticket) + noise)
            yield customer, place, "ces", "It was easy to get help.", _whole(ease, "ces"), second, form


def _feelings(history: History) -> dict[int, list[tuple]]:
    """(second of the order, felt at, feeling) of every customer, in time."""
    felt: dict[int, list[tuple]] = {}
    for customer, ordered_at, _, feeling, felt_at in history.orders:
        felt.setdefault(customer, []).append((ordered_at, felt_at, feeling))
    return felt


def _known_until(orders: list[tuple], second: float) -> tuple[float, float]:
    """Days since the last order, and the mean feeling so far; both NaN before the first was felt."""
    past = [(ordered_at, feeling) for ordered_at, felt_at, feeling in orders if felt_at <= second]
    if not past:
        return np.nan, np.nan
    return (second - past[-1][0]) / DAY, sum(feeling for _, feeling in past) / len(past)


def _nps(felt: dict[int, list[tuple]], asked: Asked, random: np.random.Generator):
    """Asked twice a year as long as the customer is active."""
    for customer, orders in felt.items():
        first = orders[0][0] + (20 + 60 * random.random()) * DAY
        for second in np.arange(first, asked.period.last_second, planted.NPS_EVERY_DAYS * DAY).tolist():
            draw, noise = random.random(), random.normal()
            days_silent, mean = _known_until(orders, second)
            if not days_silent < planted.NPS_EVERY_DAYS:
                continue
            has_answered = draw < planted.NPS_ANSWERED
            form = asked.form(RECOMMEND, customer, NO_TICKET, second - (0.02 + 3 * (draw * 97 % 1)) * DAY,
                              int(second) if has_answered else np.nan)
            if has_answered:
                score = (planted.NPS_BASE + planted.NPS_SLOPE * (mean - planted.NPS_AT_FEELING)
                         + planted.NPS_SPREAD * noise)
                yield (customer, NO_TICKET, "nps", "Would you recommend us to a friend?", _whole(score, "nps"),
                       int(second), form)


def _likert(felt: dict[int, list[tuple]], asked: Asked, random: np.random.Generator):
    """Six statements once a year; one attitude stands behind all of them."""
    own = np.sqrt(1 - planted.LIKERT_LOADING**2)
    for days_ago in planted.LIKERT_DAYS_AGO:
        asked_at = asked.period.last_second - days_ago * DAY
        for customer, orders in felt.items():
            days_silent, mean = _known_until(orders, asked_at)
            if np.isnan(mean) or days_silent > planted.NPS_EVERY_DAYS:
                continue
            if random.random() >= planted.LIKERT_ANSWERED:
                asked.form(YEARLY, customer, NO_TICKET, asked_at, np.nan)
                continue
            attitude, noises = random.normal(), random.normal(size=6).tolist()
            missing, wait = random.random(6).tolist(), random.random()
            second = int(asked_at + 12 * wait * DAY)
            form = asked.form(YEARLY, customer, NO_TICKET, asked_at, second)
            for (item, level), noise, draw, gap in zip(planted.LIKERT_ITEMS, noises, missing, planted.NOT_APPLICABLE,
                                                       strict=True):
                score = level + 0.5 * (mean - planted.NPS_AT_FEELING) + 0.95 * (
                    planted.LIKERT_LOADING * attitude + own * noise)
                yield (customer, NO_TICKET, "likert", item, np.nan if draw < gap else _whole(score, "likert"), second, form)


def _whole(score: float, metric: str) -> float:
    lowest, highest = _SCALES[metric]
    return float(min(max(round(score), lowest), highest))


def rows(given: list[tuple], ids: range, customer_ids: range, ticket_ids: range, survey_of_form: list[int],
         invitation_ids: range, seconds_taken: np.ndarray, countries: list[str], period: Span,
         random: np.random.Generator) -> list[tuple]:
    """The survey_answers table; some say why. `survey_of_form` and `seconds_taken` have an entry a form."""
    answered = moments(period, [one[5] for one in given])
    draws = random.random((len(given), 2)).tolist()
    written = []
    for place, (customer, ticket, metric, item, score, _, form) in enumerate(given):
        lowest, highest = _SCALES[metric]
        remark = None
        if draws[place][0] < COMMENTED.get(metric, 0):
            remark = words.comment(score, lowest, highest, draws[place][1],
                                   is_chinese=countries[customer] == "China")
        written.append((ids[place], customer_ids[customer], None if ticket == NO_TICKET else ticket_ids[ticket],
                        survey_of_form[form], invitation_ids[form], "survey", f"F{form + 1:05d}", metric, item,
                        None if np.isnan(score) else score, lowest, highest, remark, answered[place],
                        float(seconds_taken[form]), answered[place]))
    return written
