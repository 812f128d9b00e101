"""Who is this customer? Details, orders, and what the analyses saved."""

import streamlit as st

from crm.errors import CrmError
from crm.services import customers, orders, scores, settings
from crm.ui import customer_form, customer_list, order_form, page, run, words

chosen = st.query_params.get("customer", "")
try:
    details = run.fresh(customers.get, customer_id=int(chosen)) if chosen.isdecimal() and len(chosen) < 10 else None
except CrmError as error:
    details = None
    st.info(str(error), icon=":material/person_off:")
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
                  on_click=order_form.open_for, args=("new",))
        if st.button("Delete", key="delete_customer", icon=":material/delete:") and run.command(
                customers.delete, details.id, version=details.version) is not run.FAILED:
            st.session_state["undo"] = ("customer", details.id, details.name)
            page.go_to("customers")

customer_list.undo_note()
left, right = st.columns([3, 2])
with left, page.card("Orders", key="orders_card"):
    bought = run.fresh(orders.of_customer, customer_id=details.id)
    if bought.empty:
        st.info("No orders yet. Add the first one, and the analyses will count it.", icon=":material/receipt_long:")
    else:
        event = st.dataframe(
            bought[["number", "ordered_at", "amount", "lines", "status", "channel"]].assign(
                status=bought["status"].map(order_form.STATUSES)), hide_index=True, placeholder="",
            key=f"orders_{details.id}_{len(bought)}_{st.session_state.get('orders_shown', 0)}", on_select="rerun",
            selection_mode="single-cell", alt="The customer's orders, the newest first", column_config={
                "number": "Number", "ordered_at": st.column_config.DateColumn("Day", format="D MMM YYYY"),
                "amount": st.column_config.NumberColumn("Amount", format=f"{words.sign(currency)} %,.2f"),
                "lines": st.column_config.NumberColumn("Lines", width="small"),
                "status": st.column_config.TextColumn("State", width="small"), "channel": "Channel"})
        st.caption("Click an order to see its lines or correct it.")
        if event["selection"]["cells"]:
            order_form.open_for(int(bought["id"].iloc[event["selection"]["cells"][0][0]]))
            # A new key drops the selection, so that the dialog does not open again by itself.
            st.session_state["orders_shown"] = st.session_state.get("orders_shown", 0) + 1
            st.rerun()

with right:
    with page.card("What the analyses say"):
        known = run.fresh(scores.of_customer, customer_id=details.id)
        for line in words.saved_scores(known):
            st.markdown(line)
        if not known:
            st.caption("Nothing saved yet. The pages under Understand can save their results to the customers.")
    with page.card("Details", key="details_card"):
        for label, content in customer_form.facts(details):
            st.markdown(f":gray[{label}]  \n{content}")
        with st.expander("Change", icon=":material/edit:", key="change_details"):
            customer_form.edit(details)

order_form.show(details.id, today=run.fresh(settings.today), currency=currency)
