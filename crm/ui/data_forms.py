"""What stands on the Data page beside imports? The way to one's own company, and its settings."""

import streamlit as st

from crm import db
from crm.services import settings
from crm.ui import run, words, workspace


def own_company_button() -> None:
    """From the demo to the owner's own company."""
    if db.is_begun(db.own()):
        st.button("Open my company", key="open_own", type="primary", on_click=workspace.open_own)
    else:
        st.button("Start with my own data", key="begin_here", type="primary", icon=":material/rocket_launch:",
                  on_click=workspace.open_begin)


def company(known: settings.Company) -> None:
    """Name, currency and time zone."""
    token = run.token("company")
    with st.form(f"company_{token}", border=False):
        name = st.text_input("Name", value=known.name, key=f"company_name_{token}")
        currencies = list(dict.fromkeys([known.currency, *words.CURRENCIES]))
        currency = st.selectbox("Currency", currencies, accept_new_options=True, key=f"company_currency_{token}",
                                help="Orders without a currency of their own count in this one; others are left out of "
                                     "sums and counted.")
        zones = list(dict.fromkeys([known.time_zone, *words.time_zones()]))
        zone = st.selectbox("Time zone", zones, key=f"company_zone_{token}")
        sent = st.form_submit_button("Save")
    if sent and run.command(settings.save_company, form="company", name=name, currency=currency or "",
                            time_zone=zone) is not run.FAILED:
        st.session_state["toast"] = "Saved."
        st.rerun()
