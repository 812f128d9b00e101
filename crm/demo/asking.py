"""Asking: which surveys does the company send, to whom, and how long do they take to answer?"""

import numpy as np

from crm.demo import planted
from crm.demo.span import DAY, Span, days, moments

SURVEY_COLUMNS = ("id", "name", "title", "intro", "thanks", "status", "after_tickets", "valid_days", "version", "created_at",
                  "updated_at")
QUESTION_COLUMNS = ("id", "survey_id", "position", "kind", "item", "scale_min", "scale_max", "low_label", "high_label",
                    "is_required", "may_not_apply")
INVITATION_COLUMNS = ("id", "survey_id", "customer_id", "ticket_id", "invited_at", "expires_on", "answered_at",
                      "seconds_taken", "version", "created_at", "updated_at")
VALID_DAYS = 30
_WHY = ("comment", "What should we know?", None, None, None, None)
_AGREE = ("Not at all", "Completely")
# name, title, its questions: kind, words, scale, what its ends mean; in the sequence of surveys.AFTER_ORDER and so on.
SURVEYS = (
    ("After an order", "How was your order?",
     (("csat", "Your order", 1.0, 5.0, "Very poor", "Very good"), _WHY)),
    ("After help with an order", "Could we help you?",
     (("csat", "Our help with your order", 1.0, 5.0, "Very poor", "Very good"), _WHY)),
    ("After a ticket", "Was it easy to get help?",
     (("ces", "It was easy to get help.", 1.0, 7.0, *_AGREE),)),
    ("Twice a year: recommendation", "Would you recommend us?",
     (("nps", "Would you recommend us to a friend?", 0.0, 10.0, "Not at all likely", "Extremely likely"), _WHY)),
    ("Once a year", "A few short statements about us",
     tuple(("likert", item, 1.0, 5.0, *_AGREE) for item in (*(item for item, _ in planted.LIKERT_ITEMS), planted.OVERALL_ITEM))),
)
AFTER_TICKET_PLACE = 2
SECONDS_OPENING, SECONDS_AN_ITEM = 7.0, 6.5
SPREAD_OF_SECONDS = 0.4  # of their logarithm
SPEEDERS, SPEED_OF_SPEEDERS = 0.04, 0.12
STRAIGHT_LINERS = 0.035  # of the yearly forms: the same score for every statement


def question_count() -> int:
    return sum(len(questions) for _, _, questions in SURVEYS)


def survey_rows(ids: range, moment: str) -> list[tuple]:
    """The surveys table."""
    return [(ids[place], name, title, "It takes less than a minute." if len(questions) < 3 else "It takes two minutes.",
             "Thank you! It helps us to do better.", "open", place == AFTER_TICKET_PLACE, VALID_DAYS, 1, moment, moment)
            for place, (name, title, questions) in enumerate(SURVEYS)]


def question_rows(ids: range, survey_ids: range) -> list[tuple]:
    """The survey_questions table; what need not apply to everybody may be passed over."""
    rows = []
    for place, (_, _, questions) in enumerate(SURVEYS):
        for position, (kind, item, lowest, highest, low_label, high_label) in enumerate(questions, start=1):
            rows.append((ids[len(rows)], survey_ids[place], position, kind, item, lowest, highest, low_label, high_label,
                         kind != "comment", kind == "likert"))
    return rows


def seconds_taken(forms: list[tuple], random: np.random.Generator) -> np.ndarray:
    """How long each form took, whole seconds; a few are clicked through."""
    items = np.array([len(SURVEYS[survey][2]) for survey, *_ in forms], dtype=float)
    seconds = (SECONDS_OPENING + SECONDS_AN_ITEM * items) * np.exp(SPREAD_OF_SECONDS * random.normal(size=len(forms)))
    hurried = random.random(len(forms)) < SPEEDERS
    return np.maximum(np.round(np.where(hurried, seconds * SPEED_OF_SPEEDERS, seconds)), 1)


def with_straight_liners(given: list[tuple], forms: list[tuple], random: np.random.Generator) -> list[tuple]:
    """The answers, with a few yearly forms that give every statement the score of the first one."""
    lazy = random.random(len(forms)) < STRAIGHT_LINERS
    first: dict[int, float] = {}
    changed = []
    for one in given:
        form, score = one[6], one[4]
        if one[2] == "likert" and lazy[form] and not np.isnan(score):
            score = first.setdefault(form, score)
        changed.append((*one[:4], score, *one[5:]))
    return changed


def with_overall(given: list[tuple], forms: list[tuple], random: np.random.Generator) -> list[tuple]:
    """The answers, with one at the end of each yearly form that follows from a few of its statements."""
    noise = (planted.OVERALL_SPREAD * random.normal(size=len(forms))).tolist()
    usual = dict(planted.LIKERT_ITEMS)
    level = 1 - sum(planted.OVERALL_WEIGHTS.values())
    felt, last = {}, {}
    for place, (_, _, metric, item, score, _, form) in enumerate(given):
        if metric == "likert":
            felt.setdefault(form, {})[item] = score
            last[form] = place
    at_end = {place: form for form, place in last.items()}
    written = []
    for place, one in enumerate(given):
        written.append(one)
        if (form := at_end.get(place)) is not None:
            scores = felt[form]
            known = {item: scores.get(item, np.nan) for item in planted.OVERALL_WEIGHTS}
            overall = noise[form] + level * 4 + sum(
                weight * (usual[item] if np.isnan(known[item]) else known[item]) for item, weight in planted.OVERALL_WEIGHTS.items())
            written.append((*one[:3], planted.OVERALL_ITEM, float(np.clip(round(overall), 1, 5)), *one[5:]))
    return written


def invitation_rows(forms: list[tuple], ids: range, survey_ids: range, customer_ids: range, ticket_ids: range,
                    taken: np.ndarray, period: Span) -> list[tuple]:
    """The survey_invitations table. The demo's links were never made: nobody could answer them."""
    asked, answered = (moments(period, [form[place] for form in forms]) for place in (3, 4))
    expires = days(period, [form[3] // DAY + VALID_DAYS for form in forms])
    return [(ids[place], survey_ids[survey], customer_ids[customer], None if ticket < 0 else ticket_ids[ticket], asked[place],
             expires[place], answered[place], None if answered[place] is None else float(taken[place]), 1, asked[place],
             answered[place] or asked[place])
            for place, (survey, customer, ticket, _, _) in enumerate(forms)]
