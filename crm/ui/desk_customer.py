"""Which tickets does a customer have? A card on the customer's page."""

from datetime import datetime

import pandas as pd
import streamlit as st

from crm.services import ticket_listing
from crm.services.customers import CustomerDetails
from crm.ui import desk_now, desk_ticket_form, desk_words, page, run, words

SHOWN = 5
MOST = 200  # of one customer; more are looked for on the page Service desk


def card(details: CustomerDetails, currency: str) -> None:
    """The customer's tickets, those that are not solved first, each with the way to it."""
    with page.card("Tickets", key="customer_tickets_card"):
        now, _ = desk_now.looked_at()
        found = run.fresh(ticket_listing.of_customer, customer_id=details.id, now=now, limit=SHOWN)
        if found.rows.empty:
            st.caption("No ticket yet.")
        _lines(found.rows, now)
        if found.total > len(found.rows):
            with st.expander(f"The other {words.count(found.total - len(found.rows))} tickets", key="customer_more_tickets",
                             on_change="rerun") as box:
                if box.open:
                    every = run.fresh(ticket_listing.of_customer, customer_id=details.id, now=now, limit=MOST)
                    _lines(every.rows.iloc[SHOWN:], now)
                    if every.total > MOST:
                        st.caption(f"These are the first {words.count(MOST)}; search for the name on the page Service desk to see all.")
        st.button("New ticket", key="customer_new_ticket", icon=":material/add_comment:", on_click=desk_ticket_form.open_for,
                  args=(("new", details.id),))
    desk_ticket_form.show(currency=currency)


def _lines(rows: pd.DataFrame, now: datetime) -> None:
    for row in rows.to_dict("records"):
        said = desk_words.due(row["due_at"], row["due"], now)
        due = f" · :orange[⚠ {said}]" if row["is_overdue"] else f" · {said}" if said else ""
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            page.link("service_desk", words.plain(row["subject"]), icon=":material/confirmation_number:", query={"ticket": str(row["id"])})
            st.caption(f"{desk_words.KINDS[row['kind']]} · {desk_words.STATES[row['status']]} · {words.day(row['opened_at'])}{due}")
