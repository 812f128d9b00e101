"""How is an order typed in and corrected? One dialog: day, lines in a table, save."""

from datetime import date, datetime, time

import pandas as pd
import streamlit as st

from crm.errors import CrmError, InvalidInput
from crm.services import orders, products
from crm.ui import page, run, words

KINDS = {"sale": "Sale", "return": "Return", "cancellation": "Cancellation", "fee": "Fee", "adjustment": "Adjustment"}
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
    currency = shown.currency or currency if shown is not None else currency
    left, middle, right = st.columns(3)
    day = left.date_input("Day", value=shown.ordered_at.date() if shown else today, key=f"day_{token}",
                          min_value=date(1900, 1, 1), format="YYYY-MM-DD")
    status = middle.selectbox("State", list(STATUSES), format_func=STATUSES.get, key=f"status_{token}",
                              index=list(STATUSES).index(shown.status if shown else "completed"))
    channel = right.text_input("Channel", value=(shown.channel if shown else None) or "", key=f"channel_{token}")
    table, adding = st.container(), st.container()
    with adding:
        _new_product(token)  # first, so that the table offers it at once
    choices = _choices(shown)
    with table:
        lines = _lines_table(shown, choices, currency, token)
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
                  _line_inputs(lines, choices))


def _choices(shown) -> pd.DataFrame:
    """What can be chosen: what is sold, and what this order holds even where it is sold no more."""
    choices = run.fresh(products.choices)
    if shown is None:
        return choices
    own = shown.lines.loc[shown.lines["product_id"].notna(), ["product_id", "code", "product"]]
    own = own.rename(columns={"product_id": "id", "product": "name"}).drop_duplicates("id").astype({"id": "int64"})
    return pd.concat([choices, own[~own["id"].isin(choices["id"])]], ignore_index=True)


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


def _lines_table(shown, choices: pd.DataFrame, currency: str, token: str) -> pd.DataFrame:
    names = dict(zip(choices["id"], _names(choices), strict=True))
    # A new order starts with one line to fill in.
    there = shown.lines if shown is not None else pd.DataFrame(
        {"product_id": [None], "description": [None], "quantity": [1.0], "unit_price": [None], "discount": [None],
         "kind": ["sale"], "id": [None]})
    rows = pd.DataFrame({
        "product": pd.Series([names.get(key) for key in there["product_id"]], dtype="object"),
        "description": there["description"].astype("object"), "quantity": there["quantity"].astype("float64"),
        "unit_price": there["unit_price"].astype("float64"), "discount": there["discount"].astype("float64") * 100,
        "kind": there["kind"].map(KINDS).astype("object"), "id": there["id"].astype("float64")})
    return st.data_editor(rows, key=f"lines_{token}", num_rows="dynamic", hide_index=True, placeholder="", column_order=[
        "product", "quantity", "unit_price", "discount", "kind", "description"], column_config={
        "product": st.column_config.SelectboxColumn("Product", options=list(names.values()), width="large"),
        "quantity": st.column_config.NumberColumn("Quantity", min_value=-1e9, max_value=1e9, default=1.0),
        "unit_price": st.column_config.NumberColumn(f"Price ({currency})", format="%.2f",
                                                    help="Left empty, the product's own price counts."),
        "discount": st.column_config.NumberColumn("Discount %", min_value=0.0, max_value=100.0, format="%.0f"),
        "kind": st.column_config.SelectboxColumn("Kind", options=list(KINDS.values()), default="Sale"),
        "description": st.column_config.TextColumn("Description", help="For what is no product of yours."),
    })


def _line_inputs(table: pd.DataFrame, choices: pd.DataFrame) -> list[orders.LineInput]:
    ids = dict(zip(_names(choices), choices["id"], strict=True))
    prices = dict(zip(choices["id"], choices["price"], strict=True))
    kinds = {word: kind for kind, word in KINDS.items()}
    lines = []
    for place, row in enumerate(table.itertuples(index=False), start=1):
        product = ids.get(row.product)
        if product is None and pd.isna(row.unit_price) and not isinstance(row.description, str):
            continue  # the empty line that a new order starts with
        price = row.unit_price if pd.notna(row.unit_price) else prices.get(product)
        if price is None or pd.isna(price):
            raise InvalidInput(f"Line {place} has no price, and its product has none of its own; type one.")
        if pd.isna(row.quantity):
            raise InvalidInput(f"Line {place} has no quantity; type one.")
        lines.append(orders.LineInput(
            product_id=None if product is None else int(product), quantity=float(row.quantity), unit_price=float(price),
            kind=kinds.get(row.kind, "sale"), description=row.description if isinstance(row.description, str) else None,
            discount=None if pd.isna(row.discount) or row.discount == 0 else float(row.discount) / 100,
            id=None if pd.isna(row.id) else int(row.id)))
    return lines


def _new_product(token: str) -> None:
    with st.expander("A product that is not in the list", icon=":material/add_box:"):
        left, middle, right = st.columns([3, 1, 1], vertical_alignment="bottom")
        name = left.text_input("Product name", key=f"product_name_{token}")
        price = middle.number_input("Price", min_value=0.0, value=None, step=1.0, key=f"product_price_{token}")
        if right.button("Add product", key=f"add_product_{token}"):
            run.command(products.create, name=name, price=price)


def _names(choices: pd.DataFrame) -> list[str]:
    return (choices["name"] + " · " + choices["code"]).tolist()


def _moment(day: date, shown) -> datetime:
    # A corrected day keeps the hour; an order typed today has none to tell.
    return datetime.combine(day, shown.ordered_at.time() if shown else time.min)
