"""When are customers served, and what is promised to them? Opening hours, closed days, promises; canned answers beside them."""

import re
from datetime import date, timedelta

import streamlit as st

from crm.errors import InvalidInput
from crm.services import service_policy
from crm.services.service_policy import WEEKDAYS, Promise, ServicePolicy
from crm.ui import desk_canned, desk_words, page, run, words

FORM = "service_policy"
END_OF_DAY = 24 * 60
_CLOCK = re.compile(r"(\d{1,2})(?:[:.h](\d{2}))?\s*(am|pm)?", re.IGNORECASE)
_BETWEEN = re.compile(r"\s*(?:-|–|—|to|until)\s*", re.IGNORECASE)


def draw() -> None:
    left, right = st.columns(2)
    with left, page.card("When you are there, and what you promise", key="policy_card"):
        _policy()
    with right, page.card("Canned answers", key="canned_card"):
        desk_canned.draw()


def _policy() -> None:
    token = run.token(FORM)
    present = run.fresh(service_policy.read)
    # As it was when the form was opened; what another window saves meanwhile is told, not overwritten.
    seen: ServicePolicy = st.session_state.setdefault(f"policy_seen_{token}", present)
    if present != seen:
        st.warning("The rules were changed in another window since you opened this form.", icon=":material/sync_problem:")
        st.button("Show the new ones", key=f"policy_reload_{token}", on_click=run.renew, args=(FORM,))
    if seen.is_usual:
        st.caption("You have not set these yet: usual office hours and promises count.")
    st.markdown("**Opening hours** :gray[like 9–12:30, 13:30–17; empty: closed]")
    with st.grid(2, min_column_width=180):
        typed = [st.text_input(day, value=written(openings), key=f"open_{place}_{token}", placeholder="closed")
                 for place, (day, openings) in enumerate(zip(WEEKDAYS, seen.week, strict=True))]
    closed = st.text_area("Closed days", value="\n".join(str(day) for day in seen.closed), key=f"closed_{token}", height=90,
                          placeholder="2026-12-25\n2027-01-01", help="One a line, holidays and vacations; two days with “to” between "
                                                                        "them are all days from one to the other.")
    st.markdown("**Promises** :gray[in opening hours; empty: nothing is promised]")
    hours = {priority: _promise(priority, seen.promises[priority], token) for priority in desk_words.PRIORITIES}
    if st.button("Save the rules", key=f"policy_save_{token}", type="primary", icon=":material/check:"):
        with page.advice(bring_in=False):
            saved = run.command(service_policy.save, form=FORM, week=read_week(typed), closed=read_days(closed), promises=hours, shown=seen)
            if saved is not run.FAILED:
                st.session_state["toast"] = _told(saved)
                st.rerun()


def _told(saved) -> str:
    if saved is None or not saved.changed:
        return "Saved. No deadline changed."
    return ("Saved. 1 open ticket has other deadlines now." if saved.changed == 1
            else f"Saved. {words.count(saved.changed)} open tickets have other deadlines now.")


def _promise(priority: str, seen: Promise, token: str) -> Promise:
    left, right = st.columns(2)
    label = desk_words.PRIORITIES[priority]
    most = float(service_policy.MOST_HOURS)
    fields = ((left, "first answer", "answer", seen.answer_hours), (right, "solution", "solution", seen.solution_hours))
    given = [place.number_input(f"{label}: {what}", value=None if hours is None else float(hours), min_value=0.0, max_value=most,
                                step=1.0, format="%g", key=f"{name}_{priority}_{token}", placeholder="nothing")
             for place, what, name, hours in fields]
    return Promise(*given)


def written(openings) -> str:
    """Openings of a day as people write them.

    >>> written(((540, 750), (810, 1020))), written(())
    ('9–12:30, 13:30–17', '')
    """
    return ", ".join(f"{_clock(begin)}–{_clock(end)}" for begin, end in openings)


def _clock(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02d}" if minutes % 60 else str(minutes // 60)


def read_week(typed: list[str]) -> list[list[tuple[int, int]]]:
    """What was typed for Monday to Sunday, in minutes after midnight. Raises InvalidInput, which names the day.

    >>> read_week(["9-12:30, 13.30 to 17", "8 am – 1 pm", "closed", "", "0-24", "", ""])[:2]
    [[(540, 750), (810, 1020)], [(480, 780)]]
    """
    return [_openings(day, text) for day, text in zip(WEEKDAYS, typed, strict=True)]


def _openings(day: str, text: str) -> list[tuple[int, int]]:
    if text.strip().lower() in ("", "closed", "-", "–"):
        return []
    found = []
    for part in re.split(r"[,;]| and ", text):
        ends = _BETWEEN.split(part.strip())
        if len(ends) != 2:
            raise InvalidInput(f"{day}: “{part.strip()}” is no opening; write it like 9–17, several with commas between them.", field="week")
        found.append((_minutes(day, ends[0]), _minutes(day, ends[1])))
    return found


def _minutes(day: str, text: str) -> int:
    clock = _CLOCK.fullmatch(text.strip())
    hour, minute = (int(clock[1]), int(clock[2] or 0)) if clock else (99, 0)
    half = (clock[3] or "").lower() if clock else ""
    if half and 1 <= hour <= 12:
        hour = hour % 12 + (12 if half == "pm" else 0)
    minutes = hour * 60 + minute
    if minute > 59 or minutes > END_OF_DAY:
        raise InvalidInput(f"{day}: “{text.strip()}” is no time of day; write it like 9 or 13:30.", field="week")
    return minutes


def read_days(text: str) -> list[date]:
    """Days, one a line; two with “to” between them are all days from one to the other. Raises InvalidInput.

    >>> [str(day) for day in read_days("2026-12-24 to 2026-12-26\\n2027-01-01")]
    ['2026-12-24', '2026-12-25', '2026-12-26', '2027-01-01']
    """
    found: list[date] = []
    for line in filter(None, (part.strip() for part in re.split(r"[\n,;]", text))):
        ends = [_day(part) for part in re.split(r"\s*(?:\bto\b|–|\.\.)\s*", line)]
        if len(ends) > 2 or ends[-1] < ends[0]:
            raise InvalidInput(f"“{line}” is no time of closed days; write it like 2026-12-24 to 2027-01-02.", field="closed")
        if (ends[-1] - ends[0]).days > service_policy.MOST_CLOSED:
            raise InvalidInput(f"“{line}” is longer than can be kept; at most {service_policy.MOST_CLOSED:,} closed days.", field="closed")
        found += [ends[0] + timedelta(days=more) for more in range((ends[-1] - ends[0]).days + 1)]
    return found


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise InvalidInput(f"“{text.strip()}” is no day; write it like 2026-12-25.", field="closed") from None

