"""Service desk: how soon tickets are answered and solved, what waits, and what complaints are about and cost."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from crm import frames, opening_hours
from crm.analytics import comments as texts
from crm.analytics import service_desk as analysis
from crm.db import reads
from crm.errors import InvalidInput, NotEnoughData
from crm.services import service_policy, settings

EVERYTHING = 0  # days: from the first ticket on
COUNTINGS = ("clock", "open")  # hours as they pass, or opening hours alone
MOST_TEXTS = 20_000  # complaints that are read for their themes, the newest
EVER = date(2399, 12, 31)  # what happened after the day looked at is set aside by the analysis, which must tell "later" from "not known"


@dataclass(frozen=True, eq=False)
class Figures:
    """What the tickets of the `days` up to `as_of` tell (0: of all time); see crm.analytics.service_desk."""

    as_of: date
    days: int
    counting: str
    speed: analysis.Speed
    backlog: analysis.Backlog
    volume: analysis.Volume


# Opening hours are a setting, which no revision tells of: who remembers an answer gives a `mark` that changes with them.
@reads("service", "customers")
def run(session: Session, *, as_of: date, days: int = 365, counting: str = "clock", moment: str = "", mark: str = "",
        random_state: int = 0, among: np.ndarray | None = None) -> Figures:
    """The figures of tickets opened in the `days` up to `as_of` (0: all).

    counting: one of COUNTINGS. moment: up to when, where `as_of` is not over ("2026-03-10T14:00", local); "": the present
    moment where it is today, else the end of the day. among: only tickets of these customers.
    """
    since = _since(as_of, days)
    desk = _desk(session, as_of=as_of, counting=counting, moment=moment, among=among)
    return Figures(as_of, days, counting, analysis.speed(desk, since=since), analysis.backlog(desk, since=since),
                   analysis.volume(desk, since=since))


@reads("service", "customers")
def grouped(session: Session, *, as_of: date, by: str, days: int = 365, counting: str = "clock", moment: str = "", mark: str = "",
            among: np.ndarray | None = None) -> analysis.Grouped:
    """The same by agent, kind, priority, topic or channel."""
    desk = _desk(session, as_of=as_of, counting=counting, moment=moment, among=among)
    return analysis.by_group(desk, by=by, since=_since(as_of, days))


@reads("service", "customers", "sales")
def complaints(session: Session, *, as_of: date, days: int = 365, counting: str = "clock", moment: str = "", mark: str = "",
               among: np.ndarray | None = None) -> analysis.Complaints:
    """What complaints are about and what they cost."""
    desk = _desk(session, as_of=as_of, counting=counting, moment=moment, among=among)
    return analysis.complaints(desk, since=_since(as_of, days), lines=frames.order_lines(session, until=as_of),
                               payments=frames.payments(session, until=as_of))


@reads("service", "customers")
def themes(session: Session, *, as_of: date, days: int = 365, random_state: int = 0,
           among: np.ndarray | None = None) -> texts.Themes:
    """What complaints say, found in their own words: subject and text of those opened in the `days` up to `as_of`.

    Raises NotEnoughData without a complaint."""
    said = frames.ticket_texts(session, until=as_of, since=_since(as_of, days), kind="complaint")
    if among is not None:
        said = said[said["customer_id"].isin(among)]
    said = said.sort_values(["opened_at", "ticket_id"]).tail(MOST_TEXTS)
    if said.empty:
        raise NotEnoughData("There are 0 complaints in this period, so nothing can be read.")
    return texts.themes_of((said["subject"] + ".\n" + said["body"].fillna("")).set_axis(said["ticket_id"]), random_state=random_state)


def table(result: Figures) -> pd.DataFrame:
    """One row a week or month of the period, as Speed.course."""
    return result.speed.course


def quality(result: Figures) -> dict:
    """The figures of the period, as plain values."""
    speed, waiting = result.speed, result.backlog
    return {"tickets": speed.tickets, "counting": result.counting, "answer_hours": vars(speed.answer),
            "solution_hours": vars(speed.solution), "answers_in_time": vars(speed.answer_kept),
            "solutions_in_time": vars(speed.solution_kept), "reopened": speed.reopened, "reopened_share": speed.reopened_share,
            "waiting": waiting.waiting, "late": waiting.late, "oldest_days": waiting.oldest_days,
            "without_hour": result.volume.without_hour, "no_solution_time": waiting.no_solution_time}


def _since(as_of: date, days: int) -> date | None:
    if days < 0:
        raise InvalidInput(f"{days} days; choose 1 or more, or 0 for all time.", field="days")
    return None if days == EVERYTHING else as_of - timedelta(days=days - 1)


def _desk(session: Session, *, as_of: date, counting: str, moment: str, among: np.ndarray | None) -> analysis.Desk:
    if counting not in COUNTINGS:
        raise InvalidInput(f"Hours cannot be counted by “{counting}”; choose one of {', '.join(COUNTINGS)}.", field="counting")
    tickets = frames.tickets(session, until=EVER)
    if among is not None:
        tickets = tickets[tickets["customer_id"].isin(among)]
    calendar = (service_policy.calendar(session) if counting == "open"
                else opening_hours.always(settings.company(session).time_zone))
    if calendar.is_never_open:
        raise InvalidInput("You have no opening hours, so none can be counted; count hours as they pass, or enter opening hours.")
    return analysis.desk_of(tickets, as_of=as_of, moment=_moment(session, as_of, moment),
                            hours=lambda begin, end: opening_hours.open_hours_between(calendar, begin, end))


def _moment(session: Session, as_of: date, given: str) -> datetime | None:
    if given:
        try:
            return datetime.fromisoformat(given)
        except ValueError:
            raise InvalidInput(f"“{given}” is no moment; write it like 2026-03-10T14:00.", field="moment") from None
    present = service_policy.local_now(session)
    return present if present.date() == as_of else None
