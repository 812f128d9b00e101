"""Which tickets does a customer have? A card on the customer's page."""

import streamlit as st

from crm.services import ticket_listing
from crm.services.customers import CustomerDetails
from crm.ui import desk_now, desk_ticket_form, desk_words, page, run, words

SHOWN = 5


def card(details: CustomerDetails, currency: str) -> None:
    """The customer's tickets, those that are not solved first, each with the way to it."""
    with page.card("Tickets", key="customer_tickets_card"):
        now, _ = desk_now.looked_at()
        found = run.fresh(ticket_listing.of_customer, customer_id=details.id, now=now, limit=SHOWN)
        if found.rows.empty:
            st.caption("No ticket yet.")
        for row in found.rows.to_dict("records"):
            said = desk_words.due(row["due_at"], row["due"], now)
            due = f" · :orange[⚠ {said}]" if row["is_overdue"] else f" · {said}" if said else ""
            with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
                page.link("service_desk", words.plain(row["subject"]), icon=":material/confirmation_number:", query={"ticket": str(row["id"])})
                st.caption(f"{desk_words.KINDS[row['kind']]} · {desk_words.STATES[row['status']]} · {words.day(row['opened_at'])}{due}")
        if found.total > len(found.rows):
            st.caption(f"The first {len(found.rows)} of {words.count(found.total)}{' or more' if found.is_more else ''}.")
        st.button("New ticket", key="customer_new_ticket", icon=":material/add_comment:", on_click=desk_ticket_form.open_for,
                  args=(("new", details.id),))
    desk_ticket_form.show(currency=currency)
