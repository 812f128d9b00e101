"""What is bought together in one's own table: any list of transactions, however it is written."""

from collections.abc import Iterator
from contextlib import contextmanager

import pandas as pd
import streamlit as st

from crm.analytics.baskets import BasketRules
from crm.errors import InvalidInput
from crm.imports.typed import OwnTable
from crm.jobs import own_baskets
from crm.jobs.own_baskets import CELLS, COLUMNS, FLAGS, LONG, Layout, Understood
from crm.ui import basket_choices, basket_method, basket_pictures, basket_rules, basket_words, page, run, words
from crm.ui.own_table import Chosen

TASK = "What is bought together"
LINES = "lines"  # a way of writing beside own_baskets.LAYOUTS: the file's lines, which are no table
WAYS = {LINES: "A basket, as the file's lines stand", LONG: "A product in a basket", CELLS: "A basket: its products in one cell",
        COLUMNS: "A basket: its products in several columns", FLAGS: "A basket: a column a product, yes or no"}
SEPARATORS = {",": "Comma", ";": "Semicolon", "|": "Bar", "\n": "New line", "+": "Plus", "/": "Stroke"}
LEFT_OUT = {"no_basket": "no basket is named: {}", "no_product": "no product is named: {}",
            "returned": "returned, the quantity is 0 or less: {}", "cancelled": "cancelled: {}",
            "fee": "postage, discounts and the like: {}"}
MOST_FEES = 3  # named


@contextmanager
def baskets_in_lines() -> Iterator[None]:
    """Around the choice of a table: a file of one basket a line, its lines of different lengths, is taken too.

    Such a file is no table, or a wrong one. What its lines hold is kept beside the table, and becomes the table where the
    file is none.
    """
    if st.session_state.get("own_table") is None and (given := _given()) is not None:
        content, name = given
        st.session_state["own_table_as_lines"] = own_baskets.baskets_of_lines(content, name=name)
    try:
        yield
    except InvalidInput:
        lines: OwnTable | None = st.session_state.get("own_table_as_lines")
        if lines is None:
            raise
    else:
        return
    st.session_state["own_table"] = Chosen(f"lines {run.token('own_table')}", lines)
    st.session_state["own_table_task"] = TASK
    st.rerun()


def draw(chosen: Chosen) -> None:
    """How the table is understood, the rules, pictures of them, and the download."""
    answer = st.container()
    lines: OwnTable | None = st.session_state.get("own_table_as_lines")
    with page.controls():
        layout, frame, mark = _layout(chosen, lines)
        with st.popover("More options", icon=":material/tune:"):
            without_returns, without_fees, layout = _fine_points(layout, frame)
            wanted, place = basket_choices.rules("own_baskets", counted="baskets")
    understood = _understood(mark, layout, without_returns, without_fees, frame)
    with answer:
        said = st.container()
        st.caption(understanding(understood))
        for why, number in understood.left_out.items():
            st.caption("Left out, " + LEFT_OUT[why].format(words.count(number)) + (_named(understood) if why == "fee" else ""))
    try:
        with st.spinner("Counting baskets"):
            result = _rules(mark, (layout, without_returns, without_fees, tuple(wanted.how.items())), understood)
    except InvalidInput as error:  # so low a support explodes
        basket_choices.too_many(error, "own_baskets", counted="baskets")
        return
    basket_choices.told(place, result, counted="baskets")
    with said:
        st.markdown(basket_words.sentence(result, counted="baskets"))
    _cards(mark, result, wanted, understood)


def understanding(understood: Understood) -> str:
    """What the table was taken for, in one sentence."""
    layout, baskets = understood.layout, understood.baskets
    how = "Understood: each line of the file is a basket." if layout.item == own_baskets.LINES_COLUMN else {
        LONG: "Understood: one product a line; the basket is told by {}, the product by {}.",
        CELLS: "Understood: one basket a line; its products stand in {1}.",
        COLUMNS: "Understood: one basket a line; its products stand in {2} columns.",
        FLAGS: "Understood: one basket a line; {2} columns say whether a product is in it.",
    }[layout.kind].format(" and ".join(f"“{words.plain(column)}”" for column in layout.basket), f"“{words.plain(layout.item)}”",
                          words.count(len(layout.columns)))
    return (f"{how} That makes {words.count(baskets.orders)} baskets, {words.count(baskets.mixed)} of them with two products or "
            f"more, and {words.count(len(baskets.product_ids))} products.")


def _cards(mark: str, result: BasketRules, wanted: basket_choices.Rules, understood: Understood) -> None:
    rules = basket_rules.listed(result, wanted)
    left, right = st.columns([3, 2])
    with left, page.card("What lies in one basket with what", key="own_baskets_rules"):
        shown, product = basket_rules.filtered(rules, None, key="own_baskets")
        basket_words.rules_table(shown, key=f"own_baskets_table_{mark}_{len(shown)}", counted="Baskets")
        basket_rules.notes(result, shown, wanted)
        page.download(lambda _session: own_baskets.table(result).loc[shown.index], file_name="bought_together.csv",
                      key="own_baskets_download", label="Download these rules")
    with right, page.card("As a picture", key="own_baskets_picture"):
        basket_pictures.draw(result, shown, key="own_baskets", product=product, counted="baskets",
                             matrix=lambda: own_baskets.matrix(understood))
    with page.explanation("own_baskets_how"):
        basket_method.rules(result, counted="baskets")


def _layout(chosen: Chosen, lines: OwnTable | None) -> tuple[Layout, pd.DataFrame, str]:
    """How the lines are to be read: guessed, and changed by hand; with the table that is meant, and its mark."""
    if lines is not None and lines.frame is chosen.table.frame:
        return own_baskets.propose(lines.frame, CELLS), lines.frame, chosen.mark
    ways = [way for way in WAYS if way != LINES or lines is not None]
    guessed = _guessed(chosen.mark, chosen.table.frame)
    likeliest = LINES if LINES in ways and _better_as_lines(chosen.mark, chosen.table, lines) else guessed.kind
    way = st.selectbox("One line is", ways, index=ways.index(likeliest), format_func=WAYS.get, key=f"own_baskets_way_{chosen.mark}",
                       width=300)
    if way == LINES:
        return own_baskets.propose(lines.frame, CELLS), lines.frame, f"{chosen.mark} lines"
    frame = chosen.table.frame
    layout = guessed if way == guessed.kind else own_baskets.propose(frame, way)
    columns, key = list(map(str, frame.columns)), f"{chosen.mark}_{way}"
    if way == LONG:
        basket = tuple(st.multiselect("The basket is told by", columns, default=list(layout.basket), key=f"own_baskets_basket_{key}",
                                      width=280))
        item = st.selectbox("The product by", columns, index=columns.index(layout.item), key=f"own_baskets_item_{key}", width=200)
        layout = Layout(LONG, basket, item, quantity=layout.quantity, status=layout.status)
    elif way == CELLS:
        item = st.selectbox("The products stand in", columns, index=columns.index(layout.item), key=f"own_baskets_item_{key}",
                            width=200)
        separator = st.selectbox("Separated by", list(SEPARATORS), index=list(SEPARATORS).index(layout.separator),
                                 format_func=SEPARATORS.get, key=f"own_baskets_separator_{key}", width=140)
        layout = Layout(CELLS, item=item, separator=separator)
    else:
        picked = tuple(st.multiselect("The columns of products", columns, default=list(layout.columns),
                                      key=f"own_baskets_columns_{key}", width=480))
        layout = Layout(way, columns=picked, heading_is_basket=layout.heading_is_basket)
    return layout, frame, chosen.mark


def _fine_points(layout: Layout, frame: pd.DataFrame) -> tuple[bool, bool, Layout]:
    """What is left out, and by which columns it is told."""
    without_returns, key = True, layout.kind
    if layout.kind == LONG:
        numbers = [str(column) for column in frame.columns if pd.api.types.is_numeric_dtype(frame[column])]
        others = [str(column) for column in frame.columns if str(column) not in numbers]
        quantity = st.selectbox("The quantity is told by", numbers, index=numbers.index(layout.quantity)
                                if layout.quantity in numbers else None, key=f"own_baskets_quantity_{key}", placeholder="No column")
        status = st.selectbox("Whether it was cancelled by", others, index=others.index(layout.status)
                              if layout.status in others else None, key=f"own_baskets_status_{key}", placeholder="No column")
        layout = Layout(LONG, layout.basket, layout.item, quantity=quantity, status=status)
        without_returns = st.toggle("Leave out returns and cancelled lines", value=True, key="own_baskets_returns")
    elif layout.kind == COLUMNS:
        heading = st.toggle("The heading is a basket too", value=layout.heading_is_basket, key=f"own_baskets_heading_{key}",
                            help="For a file without a heading: its first line was taken for one.")
        layout = Layout(COLUMNS, columns=layout.columns, heading_is_basket=heading)
    without_fees = st.toggle("Leave out postage, discounts and the like", value=True, key="own_baskets_fees")
    return without_returns, without_fees, layout


def _named(understood: Understood) -> str:
    named = ", ".join(words.plain(name) for name in understood.fees[:MOST_FEES])
    return f" ({named}{' …' if len(understood.fees) > MOST_FEES else ''})"


def _given() -> tuple[bytes, str] | None:
    """What was just uploaded or pasted, before it is read as a table."""
    token = run.token("own_table")
    file = st.session_state.get(f"own_table_upload_{token}")
    if file is not None:
        return file.getvalue(), file.name
    text = st.session_state.get(f"own_table_paste_{token}")
    return (text.encode(), "Pasted table") if text and text.strip() else None


@st.cache_data(max_entries=12, show_spinner=False)
def _guessed(mark: str, _frame: pd.DataFrame) -> Layout:
    return own_baskets.guess(_frame)


@st.cache_data(max_entries=12, show_spinner=False)
def _better_as_lines(mark: str, _table: OwnTable, _lines: OwnTable) -> bool:
    return own_baskets.better_as_lines(_table, _lines)


@st.cache_data(max_entries=6, show_spinner=False)
def _understood(mark: str, layout: Layout, without_returns: bool, without_fees: bool, _frame: pd.DataFrame) -> Understood:
    return own_baskets.understand(_frame, layout, without_returns=without_returns, without_fees=without_fees)


@st.cache_data(max_entries=12, show_spinner=False)
def _rules(mark: str, how: tuple, _understood: Understood) -> BasketRules:
    return own_baskets.rules(_understood, **dict(how[-1]))
