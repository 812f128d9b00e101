"""How are offers kept with the customers? Everybody's first five, made only when the button is pressed."""

import numpy as np
import streamlit as st

from crm.errors import CrmError
from crm.jobs import recommendations
from crm.ui import offer_memory, run, words

FORM = "save_offers_saving"


def button(answer: offer_memory.Answer, customer_ids: np.ndarray) -> None:
    """A button that keeps the offers of all these customers; pressed twice, they are saved once."""
    st.space("stretch")
    if not st.button("Save to the customers", key=f"save_offers_{run.token(FORM)}", type="primary", icon=":material/save:"):
        return
    with st.spinner("Making everybody's lists", show_time=True):
        try:  # before the transaction, which nobody else should have to wait for
            result = recommendations.whole(answer.learned, settings=answer.settings, never=answer.never, customer_ids=customer_ids)
        except CrmError as error:
            st.error(words.plain(error), icon=":material/error:")
            return
    if run.command(recommendations.save, result, form=FORM) is not run.FAILED:
        st.toast("Saved. It shows in the list of customers and on each customer's page.", icon=":material/check_circle:")
