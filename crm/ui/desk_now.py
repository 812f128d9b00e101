"""What time is it at the desk, and who waits at that moment?"""

from datetime import datetime, time, timedelta

import streamlit as st
from sqlalchemy.orm import Session

from crm import db
from crm.db import reads
from crm.services import desk_figures, service_policy, settings, ticket_listing
from crm.services.desk_figures import DeskFigures
from crm.ui import run, words

MOMENT = "desk_moment"  # (workspace, revision of the tickets) and the moment by which figures are remembered
AT_MOST = timedelta(minutes=5)  # so old they may be
KEPT = "desk_figures"  # (workspace, revision of the tickets, minute) and the figures of that moment


def clock() -> datetime:
    """This moment, local and naive: the workspace's clocks."""
    return run.fresh(service_policy.local_now)


def looked_at() -> tuple[datetime, bool]:
    """The moment by which deadlines are told, and whether that is the present one: tickets of a company that has written none
    for a quarter are history, in which "late by 14 years" would say nothing."""
    now, last = clock(), run.cached(_last_opened)
    if last is not None and (now - last).days > settings.STALE_AFTER_DAYS:
        return datetime.combine(last.date(), time(23, 59)), False
    return now, True


@reads("service")
def _last_opened(session: Session) -> datetime | None:
    newest = ticket_listing.page(session, now=datetime.max.replace(year=2399), show="all", size=1).rows
    return newest["opened_at"].iloc[0].to_pydatetime() if len(newest) else None


def figures(now: datetime) -> DeskFigures:
    """Who waits and what is late, of this minute: to count them in a million tickets at every click would cost more than all
    else of the page. Kept with the session: among the remembered answers, one a minute would push dearer ones out."""
    minute = now.replace(second=0, microsecond=0)
    with db.reading(run.current()) as session:
        mark = (run.current().key, db.revisions_of(session, ("service",)), minute)
        kept = st.session_state.get(KEPT)
        if kept is not None and kept[0] == mark:
            return kept[1]
        found = desk_figures.figures(session, now=minute)
    st.session_state[KEPT] = (mark, found)
    return found


def remembered(now: datetime) -> datetime:
    """A moment for figures that are dear: the present one, kept until a ticket changes and for AT_MOST. What was done a second
    ago is in it, for figures count what happened before it."""
    with db.reading(run.current()) as session:
        mark = (run.current().key, db.revisions_of(session, ("service",)))
    kept = st.session_state.get(MOMENT)
    if kept is None or kept[0] != mark or not timedelta(0) <= now - kept[1] < AT_MOST or kept[1].date() != now.date():
        kept = st.session_state[MOMENT] = (mark, now)
    return kept[1] + timedelta(seconds=1)


def is_usual() -> bool:
    """Whether deadlines follow usual hours and promises, for the owner has set none."""
    return run.fresh(service_policy.read).is_usual


def note(now: datetime, is_present: bool) -> None:
    """That the records end long ago, and that nobody promised these deadlines, where it is so."""
    if not is_present:
        st.caption(f"The last ticket is of {words.day(now)}, so waiting and deadlines are told as of that day's end.")
    if is_usual():
        st.caption("Deadlines follow usual office hours and promises, for you have not set your own. You can do so under Rules.")
