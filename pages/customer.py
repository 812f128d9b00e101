"""Who is this customer? Details, orders, and what the analyses saved."""

import streamlit as st

from crm.errors import CrmError
from crm.services import customers, orders, scores, settings
from crm.ui import (
    customer_form,
    customer_list,
    desk_customer,
    network_card,
    offer_customer,
    order_form,
    page,
    run,
    segment_history,
    survey_customer,
    words,
)

SHOWN = 100  # orders before one asks for all

chosen = st.query_params.get("customer", "")
try:
    details = run.fresh(customers.get, customer_id=int(chosen)) if chosen.isdecimal() and len(chosen) < 10 else None
except CrmError as error:
    details = None
    st.info(words.plain(error), icon=":material/person_off:")
if details is None:
    page.question("Which customer?")
    customer_list.undo_note()
    page.link("customers", "Choose one from the list", icon=":material/group:")
    st.stop()

currency = run.fresh(settings.company).currency
page.link("customers", "All customers", icon=":material/arrow_back:")
with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
    page.question(words.plain(details.name))
    with st.container(horizontal=True, width="content"):
        st.button("Add order", key="add_order", type="primary", icon=":material/add_shopping_cart:",
                  on_click=order_form.open_for, args=(details.id, "new"))
        if st.button("Delete", key="delete_customer", icon=":material/delete:") and run.command(
                customers.delete, details.id, version=details.version) is not run.FAILED:
            st.session_state["undo"] = ("customer", details.id, details.name)
            page.go_to("customers")

customer_list.undo_note()
left, right = st.columns([3, 2])
with left, page.card("Orders", key="orders_card"):
    number = run.fresh(orders.count_of_customer, customer_id=details.id)
    everything = number > SHOWN and st.toggle("Show all orders", key=f"all_orders_{details.id}")
    bought = run.fresh(orders.of_customer, customer_id=details.id, limit=None if everything else SHOWN)
    if bought.empty:
        st.info("No orders yet. Add the first one, and the analyses will count it.", icon=":material/receipt_long:")
    else:
        event = order_form.orders_table(bought, currency, key=f"orders_{details.id}_{number}_{bool(everything)}_"
                                                              f"{st.session_state.get('orders_shown', 0)}")
        if len(bought) < number:
            st.caption(f"The newest {len(bought)} of {number} orders.")
        st.caption("Click an order to see its lines or correct it.")
        if event["selection"]["cells"]:
            order_form.open_for(details.id, int(bought["id"].iloc[event["selection"]["cells"][0][0]]))
            # A new key drops the selection, so that the dialog does not open again by itself.
            st.session_state["orders_shown"] = st.session_state.get("orders_shown", 0) + 1
            st.rerun()

with right:
    with page.card("What the analyses say"):
        known = run.fresh(scores.of_customer, customer_id=details.id)
        for line in words.saved_scores(known, currency):
            st.markdown(line)
        if not known:
            st.caption("Nothing saved yet. The pages under Understand can save their results to the customers.")
        if (steps := segment_history.steps(details.id, as_of=run.fresh(settings.as_of))) is not None:
            st.markdown(f"Group over time: {steps}")
        offer_customer.card(details.id)
    with page.card("Details", key="details_card"):
        for label, content in customer_form.facts(details):
            st.markdown(f":gray[{label}]  \n{content}")
        with st.expander("Change", icon=":material/edit:", key="change_details"):
            customer_form.edit(details)

with left:
    desk_customer.card(details, currency)
    survey_customer.card(details.id)
    network_card.card(details, currency)

order_form.show(details.id, today=run.fresh(settings.today), currency=currency)
