"""How are the lines of an order typed in? A table, products that can be added on the way, numbers as people write them."""

import pandas as pd
import streamlit as st

from crm import money
from crm.errors import InvalidInput
from crm.services import orders, products
from crm.ui import run

KINDS = {"sale": "Sale", "return": "Return", "cancellation": "Cancellation", "fee": "Fee", "adjustment": "Adjustment"}
COLUMNS = ("product", "quantity", "unit_price", "discount", "kind", "description")
EMPTY = {"product": None, "description": None, "quantity": "1", "unit_price": None, "discount": None, "kind": "Sale",
         "id": None}


def edit(shown: orders.OrderDetails | None, *, currency: str, token: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The table of lines as it stands, and the products that it could choose from.

    Numbers are typed as text: a number field of an English browser takes 6,90 for 690.
    """
    below = st.container()
    with st.container():
        _add_product(token)
    choices = _choices(shown)
    names = _names(choices)
    draft = st.session_state.get(f"draft_{token}")
    rows = draft[1] if draft is not None else _rows(shown, dict(zip(choices["id"], names, strict=True)))
    with below:
        table = st.data_editor(
            rows, key=f"lines_{token}_{draft[0] if draft is not None else 0}", num_rows="dynamic", hide_index=True,
            placeholder="", column_order=COLUMNS, column_config={
                "product": st.column_config.SelectboxColumn("Product", options=names, width=190),
                "quantity": st.column_config.TextColumn("Quantity", default="1", width=70),
                "unit_price": st.column_config.TextColumn(f"Price ({currency})", width=85,
                                                          help="Left empty, the product's own price counts."),
                "discount": st.column_config.TextColumn("Discount %", width=85),
                "kind": st.column_config.SelectboxColumn("Kind", options=list(KINDS.values()), default="Sale", width=100),
                "description": st.column_config.TextColumn("Description", help="For what is no product of yours.")})
    st.session_state[f"typed_{token}"] = table
    return table, choices


def read(table: pd.DataFrame, choices: pd.DataFrame) -> list[orders.LineInput]:
    """The lines as typed. Raises InvalidInput, naming the line, for a number that cannot be read or is missing."""
    ids = dict(zip(_names(choices), choices["id"], strict=True))
    prices = dict(zip(choices["id"], choices["price"], strict=True))
    kinds = {word: kind for kind, word in KINDS.items()}
    lines = []
    for place, row in enumerate(table.to_dict("records"), start=1):
        product, description = ids.get(row["product"]), _text(row["description"])
        price = _number(row["unit_price"], place)
        if product is None and price is None and description is None:
            continue  # the empty line that a new order starts with
        if price is None:
            price = prices.get(product)
        if price is None or pd.isna(price):
            raise InvalidInput(f"Line {place} has no price, and its product has none of its own; type one.")
        quantity, discount = _number(row["quantity"], place), _number(row["discount"], place)
        if quantity is None:
            raise InvalidInput(f"Line {place} has no quantity; type one.")
        lines.append(orders.LineInput(
            product_id=None if product is None else int(product), quantity=float(quantity), unit_price=price,
            kind=kinds.get(row["kind"], "sale"), description=description,
            discount=float(discount) / 100 if discount else None, id=None if pd.isna(row["id"]) else int(row["id"])))
    return lines


def _add_product(token: str) -> None:
    """A product that is not in the list yet: made, and put into a line of its own; what was typed stays."""
    place = st.empty()
    number = (st.session_state.get(f"draft_{token}") or (0,))[0]
    name, price, sent = _product_fields(place, f"{token}_{number}")
    if not sent or (made := run.command(_create, name, price)) is run.FAILED:
        return
    typed = st.session_state.get(f"typed_{token}", pd.DataFrame(columns=list(EMPTY)))
    typed = typed[typed["product"].notna() | typed["unit_price"].notna() | typed["description"].notna()]
    added = pd.DataFrame([{**EMPTY, "product": made}])
    st.session_state[f"draft_{token}"] = (number + 1, pd.concat([typed, added], ignore_index=True).astype(object))
    _product_fields(place, f"{token}_{number + 1}")  # empty again, for the next one


def _product_fields(place, key: str) -> tuple[str, str, bool]:
    with place.container(), st.expander("A product that is not in the list", icon=":material/add_box:"):
        left, middle, right = st.columns([3, 1, 1], vertical_alignment="bottom")
        name = left.text_input("Product name", key=f"product_name_{key}")
        price = middle.text_input("Price", key=f"product_price_{key}")
        return name, price, right.button("Add product", key=f"add_product_{key}")


def _create(session, name: str, price: str) -> str:
    """Makes the product and answers what the table calls it."""
    product = products.create(session, name=name, price=float(money.typed(price)) if price.strip() else None)
    known = products.choices(session)
    return _names(known[known["id"] == product])[0]


def _choices(shown: orders.OrderDetails | None) -> pd.DataFrame:
    """What can be chosen: what is sold, and what this order holds even where it is sold no more."""
    choices = run.fresh(products.choices)
    if shown is None:
        return choices
    own = shown.lines.loc[shown.lines["product_id"].notna(), ["product_id", "code", "product"]]
    own = own.rename(columns={"product_id": "id", "product": "name"}).drop_duplicates("id").astype({"id": "int64"})
    return pd.concat([choices, own[~own["id"].isin(choices["id"])]], ignore_index=True)


def _rows(shown: orders.OrderDetails | None, names: dict[int, str]) -> pd.DataFrame:
    if shown is None:
        return pd.DataFrame([EMPTY], dtype=object)
    lines = shown.lines
    return pd.DataFrame({
        "product": [names.get(key) for key in lines["product_id"]], "description": list(lines["description"]),
        "quantity": [f"{quantity:.10g}" for quantity in lines["quantity"]],
        "unit_price": [_price(price) for price in lines["unit_price"]],
        "discount": [None if pd.isna(share) else f"{share * 100:.10g}" for share in lines["discount"]],
        "kind": [KINDS[kind] for kind in lines["kind"]], "id": list(lines["id"])}, dtype=object)


def _price(price: float) -> str:
    """Two digits, or four where there are more: three could be read as a thousand."""
    return f"{price:.2f}" if round(price, 2) == price else f"{price:.4f}"


def _number(cell, place: int):
    text = _text(cell)
    if text is None:
        return None
    try:
        return money.typed(text)
    except InvalidInput as error:
        raise InvalidInput(f"Line {place}: {error}") from None


def _text(cell) -> str | None:
    return None if cell is None or cell != cell else str(cell).strip() or None


def _names(choices: pd.DataFrame) -> list[str]:
    return (choices["name"] + " · " + choices["code"]).tolist()
