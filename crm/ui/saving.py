"""How is a result kept with the customers? One button, one transaction, one word back."""

import streamlit as st

from crm.ui import run


def button(service, result, *, key: str, label: str = "Save to the customers",
           **parameters) -> None:
    """A button that keeps `result` by `service(session, result)`; pressed twice, it is saved once."""
    form = f"{key}_saving"
    st.space("stretch")
    if st.button(label, key=f"{key}_{run.token(form)}", type="primary", icon=":material/save:") and run.command(
            service, result, form=form, **parameters) is not run.FAILED:
        st.toast("Saved. It shows in the list of customers and on each customer's page.", icon=":material/check_circle:")
