"""How is an order typed in and corrected? One dialog: day, lines in a table, save."""

from datetime import date, datetime, time

import pandas as pd
import streamlit as st

from crm.errors import CrmError
from crm.services import orders
from crm.ui import order_lines, page, run, words

STATUSES = {"open": "Open", "completed": "Completed", "cancelled": "Cancelled"}


def open_for(customer_id: int, order: int | str) -> None:
    """Open the dialog for an order's id or for "new"; for a callback."""
    st.session_state["order_open"] = (customer_id, order)


def show(customer_id: int, *, today: date, currency: str) -> None:
    """Draws the dialog while one of this customer's is open."""
    if (st.session_state.get("order_open") or (None, None))[0] == customer_id:
        _dialog(today, currency)


def _closed() -> None:
    # The next time it shows the order as it is by then.
    run.renew(_form(*st.session_state["order_open"]))
    st.session_state["order_open"] = None


def _form(customer_id: int, order: int | str) -> str:
    return f"order_{customer_id}_{order}"


@st.dialog("Order", width="large", icon=":material/receipt_long:", on_dismiss=_closed)
def _dialog(today: date, currency: str) -> None:
    customer_id, opened = st.session_state["order_open"]
    form = _form(customer_id, opened)
    token = run.token(form)
    shown = None
    if opened != "new":
        try:
            now = run.fresh(orders.get, order_id=opened)
        except CrmError as error:
            st.error(words.plain(error), icon=":material/error:")
            return
        # As it was when the dialog opened: its version is checked on saving.
        shown = st.session_state.setdefault(f"opened_{token}", now)
        if now.version != shown.version:
            st.warning("This order was changed in another window since you opened it.", icon=":material/sync_problem:")
            st.button("Show the new values", key=f"reload_{token}", on_click=run.renew, args=(form,))
    if shown is not None:
        currency = shown.currency or currency
        st.caption(f"{words.plain(shown.number)} · {page.amount(float(shown.net_amount), currency)}")
    left, middle, right = st.columns(3)
    day = left.date_input("Day", value=shown.ordered_at.date() if shown else today, key=f"day_{token}",
                          min_value=date(1900, 1, 1), format="YYYY-MM-DD")
    status = middle.selectbox("State", list(STATUSES), format_func=STATUSES.get, key=f"status_{token}",
                              index=list(STATUSES).index(shown.status if shown else "completed"))
    channel = right.text_input("Channel", value=(shown.channel if shown else None) or "", key=f"channel_{token}")
    lines = order_lines.edit(shown, currency=currency, token=token)
    note = st.text_input("Note", value=(shown.note if shown else None) or "", key=f"order_note_{token}")
    with st.container(horizontal=True):
        sent = st.button("Save order", key=f"save_{token}", type="primary", icon=":material/check:")
        removed = shown is not None and st.button("Delete order", key=f"delete_{token}", icon=":material/delete:")
    if removed and run.command(orders.delete, shown.id, form=form, version=shown.version) is not run.FAILED:
        st.session_state.update(order_open=None, undo=("order", shown.id, shown.number))
        st.rerun()
    if sent:
        with page.advice():
            _save(form, shown, customer_id, _moment(day or today, shown), status, channel, note,
                  order_lines.read(*lines))


def orders_table(bought: pd.DataFrame, currency: str, *, key: str):
    """A customer's orders, one a row; amounts in other currencies than `currency` are marked with theirs."""
    foreign = bought["currency"].fillna(currency) != currency
    shown = bought[["number", "ordered_at", "amount", "currency", "lines", "status", "channel"]].assign(
        status=bought["status"].map(STATUSES), currency=bought["currency"].where(foreign))
    if not foreign.any():
        shown = shown.drop(columns="currency")
    sign = "" if foreign.any() else words.sign(currency) + " "
    return st.dataframe(
        shown, hide_index=True, placeholder="", key=key, on_select="rerun", selection_mode="single-cell",
        alt="The customer's orders, the newest first", column_config={
            "number": "Number", "ordered_at": st.column_config.DateColumn("Day", format="D MMM YYYY"),
            "amount": st.column_config.NumberColumn("Amount", format=f"{sign}%,.2f"),
            "currency": st.column_config.TextColumn("Other currency", width="small"),
            "lines": st.column_config.NumberColumn("Lines", width="small"),
            "status": st.column_config.TextColumn("State", width="small"), "channel": "Channel"})


def _save(form, shown, customer_id, moment, status, channel, note, lines) -> None:
    if shown is None:
        saved = run.command(orders.create, form=form, customer_id=customer_id, ordered_at=moment, lines=lines,
                            status=status, channel=channel, note=note)
    else:
        saved = run.command(orders.update, shown.id, form=form, version=shown.version, ordered_at=moment, lines=lines,
                            status=status, channel=channel, note=note)
    if saved is not run.FAILED:
        st.session_state.update(order_open=None, toast="Order saved.")
        st.rerun()


def _moment(day: date, shown) -> datetime:
    # A corrected day keeps the hour; an order typed today has none to tell.
    return datetime.combine(day, shown.ordered_at.time() if shown else time.min)
