"""Which version of the ticket is on the screen? What another window changed meanwhile is told, and nothing overwritten."""

from dataclasses import replace

import streamlit as st

from crm.services.tickets import TicketDetails
from crm.ui import run

SHOWN = "ticket_shown"  # (workspace, ticket, version) as the page was last drawn


def as_seen(details: TicketDetails) -> TicketDetails:
    """The ticket with the version that was on the screen when the user clicked; a newer one is told."""
    seen = st.session_state.get(SHOWN)
    if seen is None or seen[:2] != (run.current().key, details.id) or seen[2] == details.version:
        return details
    st.warning("This ticket was changed in another window; here it is as it is now.", icon=":material/sync_problem:")
    return replace(details, version=seen[2])


def remember(details: TicketDetails) -> None:
    """At the end of the page: this is what the user looks at."""
    st.session_state[SHOWN] = (run.current().key, details.id, details.version)


def forget() -> None:
    """No ticket is on the screen any more: whatever changes it now is not done behind the user's back."""
    st.session_state.pop(SHOWN, None)


def done(told: str) -> None:
    """After a change of one's own: say so and draw the page anew."""
    forget()
    st.session_state["toast"] = told
    st.rerun()
