"""What can be done with a ticket next? Solve it, reopen it, take a slip of the hand back."""

from datetime import datetime

import streamlit as st

from crm import money
from crm.errors import CrmError
from crm.services import tickets
from crm.services.tickets import TicketDetails
from crm.ui import desk_now, desk_shown, desk_words, run, words


def draw(details: TicketDetails, now: datetime, currency: str) -> None:
    if details.status == "resolved":
        _solved(details, now)
    else:
        _open(details, currency)


def _open(details: TicketDetails, currency: str) -> None:
    form = f"solve_{details.id}"
    token = run.token(form)
    with st.expander("More about the solution", icon=":material/tune:", key=f"solve_more_{token}"):
        typed = st.text_input(f"What it cost you ({words.sign(currency)})".replace("$", r"\$"), key=f"solve_cost_{token}",
                              value="" if details.cost is None else f"{details.cost:.2f}",
                              help="Goodwill, postage, your time: what you want to count. What was taken back or paid back is counted "
                                   "by itself.")
        other = st.datetime_input("Solved at", value=None, key=f"solve_moment_{token}", format="YYYY-MM-DD",
                                  min_value=details.opened_at, help="Leave it empty for now.")
    is_answered = details.first_answered_at is not None
    if not st.button("Solved", key=f"solve_{token}", type="primary" if is_answered else "secondary", icon=":material/task_alt:",
                     width="stretch"):
        if not is_answered:
            st.caption("It was not answered yet; the solution then counts as the answer.")
        return
    try:
        cost = money.typed(typed) if typed.strip() else None
    except CrmError as error:
        st.error(words.plain(error), icon=":material/error:")
        return
    if run.command(tickets.resolve, details.id, form=form, version=details.version, moment=other or desk_now.clock(),
                   cost=cost) is not run.FAILED:
        desk_shown.done("Solved.")


def _solved(details: TicketDetails, now: datetime) -> None:
    when = "" if details.resolved_at is None else f" {desk_words.moment(details.resolved_at, now)}"
    st.markdown(f":material/task_alt: Solved{when}.")
    form = f"reopen_{details.id}"
    token = run.token(form)
    with st.container(horizontal=True):
        with st.popover("The customer came back", icon=":material/replay:", key=f"reopen_box_{token}"):
            text = st.text_area("What the customer wrote or said", key=f"reopen_text_{token}") or ""
            if st.button("Reopen", key=f"reopen_{token}", type="primary") and run.command(
                    tickets.reopen, details.id, form=form, version=details.version, moment=desk_now.clock(),
                    text=text or None) is not run.FAILED:
                desk_shown.done("Reopened. Its solution is due anew.")
        slip = f"slip_{details.id}"
        if st.button("It is not solved", key=f"unresolve_{run.token(slip)}", type="tertiary", icon=":material/undo:",
                     help="The click was a mistake: it is not counted as reopened.") and run.command(
                         tickets.unresolve, details.id, form=slip, version=details.version) is not run.FAILED:
            desk_shown.done("Taken back.")
