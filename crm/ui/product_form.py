"""How is a product typed in? One dialog for a new product and for changes, and the switches that say whether it is offered."""

from decimal import Decimal

import streamlit as st

from crm import money
from crm.errors import CrmError, InvalidInput
from crm.services import products
from crm.ui import page, run, words

KINDS = {"product": "Product", "service": "Service", "fee": "Fee (postage, bank charge)"}
SWITCHES = {
    "is_sold_out": ("Sold out", "Not to be had at the moment: it is offered to nobody until you switch this off."),
    "is_excluded": ("Never offer", "It is sold, but never proposed to a customer."),
    "is_discontinued": ("No longer sold", "It is neither offered nor can it be chosen for a new order. What was sold of it "
                                          "still counts."),
}
OPEN = "product_form"  # holds "new" or the id of the product whose dialog is open
UNDO = "product_undo"  # (id, name, order lines) of the product that was deleted last


def open_for(product: int | str) -> None:
    """Open the dialog for a product's id or for "new"; for a callback."""
    st.session_state[OPEN] = product


def show(*, currency: str) -> None:
    """Draws the dialog while it is open; last on the page, for a click while the page is drawn would be lost."""
    opened = st.session_state.get(OPEN)
    if opened == "new":
        _add_dialog(currency)
    elif opened is not None:
        _edit_dialog(opened, currency)


def switches(details: products.ProductDetails) -> None:
    """The three switches; each is saved at once."""
    for name, (label, help_text) in SWITCHES.items():
        # With the version in its key a switch shows what is kept, also after another window changed it.
        wanted = st.toggle(label, value=getattr(details, name), key=f"{name}_{details.id}_{details.version}", help=help_text)
        if wanted != getattr(details, name) and run.command(
                products.update, details.id, version=details.version, **{name: wanted}) is not run.FAILED:
            st.session_state["toast"] = "Saved."
            st.rerun()


def delete_button(details: products.ProductDetails) -> None:
    """Deletes the product; what it leaves behind is told with the way back."""
    if st.button("Delete", key="delete_product", icon=":material/delete:"):
        gone = run.command(products.delete, details.id, version=details.version)
        if gone is not run.FAILED:
            st.session_state[UNDO] = (details.id, details.name, gone)
            st.query_params.pop("product", None)
            st.rerun()


def undo_note() -> None:
    """After a deletion: what was deleted, what still names it, and the way back."""
    gone = st.session_state.get(UNDO)
    if gone is None:
        return
    product_id, name, uses = gone
    with st.container(horizontal=True, vertical_alignment="center", key="product_undo_note"):
        st.markdown(f"**{words.plain(name)}** was deleted. {_left_behind(uses)}")
        if st.button("Undo", key="undo_product", icon=":material/undo:") and run.command(
                products.restore, product_id) is not run.FAILED:
            st.session_state.update({UNDO: None, "toast": "It is back."})
            st.rerun()
        if st.button("Fine", key="dismiss_product", type="tertiary"):
            st.session_state[UNDO] = None
            st.rerun()


def bring_back(details: products.ProductDetails) -> None:
    """For a deleted product: that it is deleted, and the way back."""
    st.warning(f"This product was deleted. {_left_behind(run.fresh(products.uses, product_id=details.id))}",
               icon=":material/delete:")
    if st.button("Bring it back", key="restore_product", type="primary", icon=":material/undo:") and run.command(
            products.restore, details.id) is not run.FAILED:
        st.session_state.update({UNDO: None, "toast": "It is back."})
        st.rerun()


def _left_behind(uses: products.Uses) -> str:
    if not uses.lines:
        return "No order names it."
    lines = "1 order line names" if uses.lines == 1 else f"{words.count(uses.lines)} order lines name"
    return (f"{lines} it: these orders and their amounts stay as they are, but no figure of products, basket or offer counts "
            "it any more.")


def _closed() -> None:
    opened = st.session_state.get(OPEN)
    if opened is not None:
        run.renew(f"product_{opened}")  # the next time it shows the product as it is by then
    st.session_state[OPEN] = None


@st.dialog("Add a product", width="large", icon=":material/add_box:", on_dismiss=_closed)
def _add_dialog(currency: str) -> None:
    form = "product_new"
    typed, sent = _fields(form, None, currency)
    if sent:
        with page.advice(bring_in=False):
            added = run.command(products.create, form=form, **_read(typed))
            if added is not run.FAILED:
                st.session_state[OPEN] = None
                if added is not None:  # None: a second click on the same form
                    st.session_state["toast"] = "Product added."
                    st.query_params["product"] = str(added)
                st.rerun()


@st.dialog("Change the product", width="large", icon=":material/edit:", on_dismiss=_closed)
def _edit_dialog(product_id: int, currency: str) -> None:
    form = f"product_{product_id}"
    try:
        now = run.fresh(products.get, product_id=product_id)
    except CrmError as error:
        st.error(words.plain(error), icon=":material/error:")
        return
    # As it was when the dialog opened: reading it anew on saving would overwrite the other window's change.
    opened = st.session_state.setdefault(f"opened_{run.token(form)}", now)
    if now.version != opened.version:
        st.warning("This product was changed in another window since you opened the form.", icon=":material/sync_problem:")
        st.button("Show the new values", key=f"reload_{form}", on_click=run.renew, args=(form,))
    typed, sent = _fields(form, opened, currency)
    if sent:
        with page.advice(bring_in=False):
            changes = {name: content for name, content in _read(typed).items() if content != getattr(opened, name)}
            if run.command(products.update, product_id, form=form, version=opened.version, **changes) is not run.FAILED:
                st.session_state.update({OPEN: None, "toast": "Saved."})
                st.rerun()


def _fields(form: str, shown: products.ProductDetails | None, currency: str) -> tuple[dict, bool]:
    token, sign = run.token(form), words.sign(currency)

    def text(place, label: str, name: str, **others) -> str:
        return place.text_input(label, value=(getattr(shown, name) if shown else None) or "", key=f"{name}_{token}", **others)

    with st.form(f"form_{token}", border=False):
        typed = {"name": text(st, "Name", "name")}
        left, right = st.columns(2)
        known = run.fresh(products.categories)
        mine = shown.category if shown else None
        options = known if mine is None or mine in known else [mine, *known]
        typed["category"] = left.selectbox("Category", options, index=None if mine is None else options.index(mine),
                                           key=f"category_{token}", accept_new_options=True,
                                           placeholder="Choose one or type a new one")
        typed["kind"] = right.selectbox("Kind", list(KINDS), format_func=KINDS.get, key=f"kind_{token}",
                                        index=list(KINDS).index(shown.kind if shown else "product"))
        typed["price"] = left.text_input(f"Price of a piece ({sign})", value=_written(shown.price if shown else None),
                                         key=f"price_{token}", placeholder="Not known",
                                         help="The list price. What was really paid stands in the orders and stays as it is.")
        typed["cost"] = right.text_input(f"Cost of a piece ({sign})", value=_written(shown.cost if shown else None),
                                         key=f"cost_{token}", placeholder="Not known",
                                         help="What a piece costs you. It stands for all lines that name no cost of their own, "
                                              "past ones too; left empty, the margin is unknown, not 100 %.")
        typed["code"] = text(left, "Product code", "code", help=None if shown else "Left empty, a code is made.")
        typed["description"] = st.text_area("Description", value=(shown.description if shown else None) or "",
                                            key=f"description_{token}", height=90)
        sent = st.form_submit_button("Save" if shown else "Add product", type="primary", key=f"sent_{token}")
    return typed, sent


def _read(typed: dict) -> dict:
    """What was typed as the service takes it. Raises InvalidInput for a price that is no number."""
    texts = {name: (content or "").strip() or None for name, content in typed.items()}
    return texts | {name: _number(texts[name], label) for name, label in (("price", "price"), ("cost", "cost"))}


def _number(text: str | None, label: str) -> float | None:
    if text is None:
        return None
    try:
        return float(money.typed(text))
    except InvalidInput as error:
        raise InvalidInput(f"The {label}: {error}", field=label) from None


def _written(price: float | None) -> str:
    """Two digits, or four where there are more: three could be read as a thousand."""
    if price is None:
        return ""
    return f"{price:.2f}" if round(Decimal(repr(price)), 2) == Decimal(repr(price)) else f"{price:.4f}"
