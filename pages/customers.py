"""Who are the customers? Search, filter, sort; open one, add one, edit many."""

import streamlit as st

from crm.services import settings
from crm.ui import customer_form, customer_list, page, run

if (opened := st.session_state.pop("open_customer", None)) is not None:
    page.go_to("customer", customer=str(opened))

with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
    page.question("Customers")
    st.button("Add customer", key="add_customer", type="primary", icon=":material/person_add:",
              on_click=customer_form.open_add)

customer_list.undo_note()
chosen = customer_list.filters(as_of=run.fresh(settings.as_of))
currency = run.fresh(settings.company).currency
if st.session_state.get("edit_in_table"):
    customer_list.editor(chosen)
else:
    customer_list.table(chosen, currency)
customer_form.show_add()  # last, when the page behind it is drawn: a click during the drawing would be lost
