"""How is said who brought a customer? A search among the customers, and a form that is saved once."""

import hashlib
from datetime import date

import streamlit as st

from crm.services import customers, referrals
from crm.ui import run


def choose(label: str, *, key: str, but_id: int | None = None) -> int | None:
    """A customer looked for by name or code: the id of the one chosen among at most 50 that fit, None as long as nothing
    is typed or nobody fits."""
    query = st.text_input(label, key=key, type="search", live="300ms", placeholder="Name, company or code") or ""
    if not query.strip():
        return None
    found = run.fresh(referrals.find, query=query, but_id=but_id)
    if found.empty:
        st.caption("No customer fits. Try another word.")
        return None
    companies = found["company"].where(found["company"] != found["name"]).fillna("")
    called = {customer_id: " · ".join(filter(None, (name, company, code))) for customer_id, name, company, code in zip(
        found["customer_id"].tolist(), found["name"], companies, found["code"], strict=True)}
    # Another search is another choice: the first that fits is proposed anew.
    mark = hashlib.sha256(query.encode()).hexdigest()[:8]
    chosen = st.selectbox("Which one?", list(called), format_func=called.get, key=f"{key}_choice_{mark}")
    if len(called) == referrals.MOST_FOUND:
        st.caption(f"These are the first {referrals.MOST_FOUND} that fit; another word narrows them down.")
    return chosen


def brought_by(details: customers.CustomerDetails, referrer: referrals.Referrer | None, *, today: date) -> None:
    """The form in a popover: who brought the customer, and when; `referrer` is who is on record."""
    form = f"referrer_{details.id}"
    token = run.token(form)
    # Who was on record when the form was opened: what another window said since is not overwritten unseen.
    shown = st.session_state.setdefault(f"shown_{token}", None if referrer is None else referrer.id)
    label = "Say who brought this customer" if referrer is None else "Change"
    with st.popover(label, icon=":material/handshake:", type="tertiary", key=f"brought_by_{details.id}"):
        chosen = choose("Brought by" if referrer is None else "Brought by somebody else", key=f"referrer_{token}",
                        but_id=details.id)
        day = st.date_input("On which day? Leave it empty if you do not know.", key=f"referred_on_{token}",
                            value=None if referrer is None else referrer.referred_on, min_value=referrals.FIRST_DAY,
                            max_value=today, format="YYYY-MM-DD")
        if chosen is None and referrer is not None:
            chosen = referrer.id  # only the day changes
        with st.container(horizontal=True):
            if st.button("Save who brought them", key=f"save_{token}", type="primary", disabled=chosen is None):
                _carry_out(referrals.set_referrer, form, "Saved.", referred_id=details.id, referrer_id=chosen,
                           referred_on=day, shown_referrer_id=shown)
            if referrer is not None and st.button("Nobody brought this customer", key=f"remove_{token}", type="tertiary"):
                _carry_out(referrals.remove, form, "Taken back.", referred_id=details.id, shown_referrer_id=shown)


def _carry_out(service, form: str, told: str, **parameters) -> None:
    token = run.token(form)
    if run.command(service, form=form, **parameters) is run.FAILED:
        st.session_state.pop(f"shown_{token}", None)  # the next try is about who is on record now, as the card shows
        return
    st.session_state["toast"] = told
    st.rerun()
