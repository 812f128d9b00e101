"""What does the service desk say? Who waits and what is late in a sentence, deadlines and times as people tell them."""

import math
import re
from datetime import date, datetime, timedelta

import pandas as pd

from crm.services.desk_figures import DeskFigures
from crm.services.ticket_listing import COUNTED_STATES
from crm.ui import words

KINDS = {"complaint": "Complaint", "inquiry": "Question", "service_request": "Request"}
KINDS_OF = {"complaint": "Complaints", "inquiry": "Questions", "service_request": "Requests"}
PRIORITIES = {"high": "High", "normal": "Normal", "low": "Low"}
STATES = {"open": "New", "answered": "Answered", "reopened": "Reopened", "resolved": "Solved"}
CHANNELS = {"email": "E-mail", "phone": "Phone", "chat": "Chat", "visit": "Visit", "letter": "Letter", "social": "Social media",
            "other": "Other"}
DUE = {"answer": "Answer", "solution": "Solution"}
LETTER_LIMIT = 1_500  # characters of a message before one asks for all of it
HOUR, DAY = 3_600, 86_400


def sentence(found: DeskFigures, now: datetime) -> str:
    """How many wait, since when the first of them, and how many of all that are not solved are late."""
    late = _late(found.overdue)
    unsolved = found.counts.unresolved
    if not found.waiting:
        if not found.counts.unresolved:
            return "**Nobody waits.** All tickets are solved."
        rest = ("1 answered ticket is not solved yet" if found.counts.unresolved == 1
                else f"{number(found.counts.unresolved)} answered tickets are not solved yet")
        return f"**Nobody waits for an answer.** {rest}; {late}."
    who = "1 ticket waits" if found.waiting == 1 else f"{number(found.waiting)} tickets wait"
    since = f"{duration((now - found.oldest_waiting_at).total_seconds())}, since {moment(found.oldest_waiting_at, now)}"
    longest = f"It has waited for {since}." if found.waiting == 1 else f"The one that waits longest has waited for {since}."
    if not found.overdue:
        return f"**{who} for you.** {longest} Nothing is late."
    return f"**{who} for you.** {longest} Of the {number(unsolved)} {'ticket' if unsolved == 1 else 'tickets'} not solved, {late}."


def _late(number_late: int) -> str:
    if not number_late:
        return "nothing is late"
    return "1 is past its deadline" if number_late == 1 else f"{number(number_late)} are past their deadlines"


def number(count: int) -> str:
    """A count that may have been broken off where it changes nothing any more."""
    return f"{words.count(count)} or more" if count >= COUNTED_STATES else words.count(count)


def duration(seconds: float) -> str:
    """How long, in one unit.

    >>> duration(50), duration(5400), duration(200_000), duration(90), duration(3_000_000)
    ('less than a minute', '90 minutes', '2.3 days', '1 minute', '35 days')
    """
    if seconds < 60:
        return "less than a minute"
    if seconds < 2 * HOUR:
        minutes = int(seconds // 60)
        return "1 minute" if minutes == 1 else f"{minutes} minutes"
    if seconds < 2 * DAY:
        return f"{seconds / HOUR:.0f} hours"
    days = seconds / DAY
    return f"{days:.1f} days".replace(".0 ", " ") if days < 10 else f"{words.count(math.floor(days + 0.5))} days"


def hours(value: float | None, *, of_opening: bool = False) -> str:
    """Hours as the eye wants them; a dash where they cannot be told. Hours of opening make no days of 24.

    >>> hours(0.5), hours(7.25), hours(100), hours(None), hours(0), hours(100, of_opening=True)
    ('30 min', '7.2 h', '4.2 days', '–', '0 min', '100 h')
    """
    if value is None or value != value:
        return "–"
    if value < 1:
        return f"{value * 60:.0f} min"
    if value < 48 or of_opening:
        return f"{value:.1f} h".replace(".0 ", " ") if value < 100 else f"{words.count(value)} h"
    return f"{value / 24:.1f} days".replace(".0 ", " ") if value < 240 else f"{words.count(value / 24)} days"


def moment(when: datetime | None, now: datetime) -> str:
    """A moment as people tell it: the hour today, else the day.

    >>> moment(datetime(2026, 3, 10, 9, 5), datetime(2026, 3, 10, 12)), moment(datetime(2026, 3, 9, 9, 5), datetime(2026, 3, 10, 12))
    ('09:05 today', '09:05 yesterday')
    >>> moment(datetime(2025, 12, 30), datetime(2026, 3, 10, 12))
    '30 Dec 2025'
    """
    if when is None or pd.isna(when):
        return "–"
    clock = f"{when:%H:%M}"
    days = (now.date() - when.date()).days
    near = {0: f"{clock} today", 1: f"{clock} yesterday", -1: f"{clock} tomorrow"}
    if days in near:
        return near[days]
    if clock == "00:00":  # nobody wrote the hour down
        return words.day(when)
    return f"{when.day} {when:%b}, {clock}" if when.year == now.year else f"{words.day(when)}, {clock}"


def due(due_at, what: str | None, now: datetime) -> str:
    """What is due next, and how far away that is.

    >>> due(datetime(2026, 3, 10, 15), "answer", datetime(2026, 3, 10, 12))
    'Answer in 3 hours'
    >>> due(datetime(2026, 3, 5, 12), "solution", datetime(2026, 3, 10, 12))
    'Solution 5 days late'
    """
    if due_at is None or pd.isna(due_at) or what not in DUE:
        return ""
    seconds = (due_at - now).total_seconds()
    return f"{DUE[what]} in {duration(seconds)}" if seconds >= 0 else f"{DUE[what]} {duration(-seconds)} late"


def next_due(ticket) -> tuple[datetime | None, str | None]:
    """What is due next of one ticket's details, and whether that is its answer or its solution."""
    if ticket.due_at is None:
        return None, None
    return ticket.due_at, "answer" if ticket.first_answered_at is None and ticket.answer_due_at else "solution"


def letter(text: str | None, limit: int | None = None) -> str:
    """Somebody's message for Markdown, its lines kept; clipped where a limit is given."""
    said = (text or "").strip()
    if limit is not None and len(said) > limit:
        said = said[:limit].rstrip() + " …"
    lines = [line.strip() for line in said.splitlines()]  # blanks at the start of a line would make it code
    return re.sub(r"\n{3,}", "\n\n", words.plain("\n".join(lines))).replace("\n", "  \n")


def day_of(days: int, as_of: date) -> str:
    """A period in a sentence."""
    if not days:
        return "so far"
    begin = as_of - timedelta(days=days - 1)
    return f"from {words.day(begin)} to {words.day(as_of)}"
