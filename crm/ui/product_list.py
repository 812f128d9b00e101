"""How is the list of products shown, searched and filtered, and what do they say together?"""

import hashlib

import pandas as pd
import streamlit as st

from crm.analytics import products as analysis
from crm.jobs import products as job
from crm.services import product_listing, products
from crm.ui import chart, filters, page, product_form, run, words

PERIODS = {"12 months": 365, "3 months": 91, "2 years": 730, "All time": job.EVERYTHING}
CLASSES = {"A": "A", "B": "B", "C": "C"}
SHOWS = {"On sale": "on_sale", "Sold out": "sold_out", "No longer sold": "discontinued", "Never offered": "never_offered",
         "Deleted": "deleted"}
SORTS = {"Revenue": "revenue", "Name": "name", "Pieces sold": "units", "Orders": "orders", "Margin": "margin",
         "Share that remains": "rate", "Last sold": "last_on", "Change": "sure_change", "Price": "price", "Category": "category",
         "Code": "code"}
MEASURES = {"Revenue": "revenue", "Margin": "margin"}
OPENED = "products_opened"  # how often a product was opened by a click
DIRECTIONS = {"up": "▲", "down": "▼"}
CENTS_BELOW, NO_CENTS_FROM = 100, 10_000  # where cents are read, and where they only widen the column
STATES = {"is_discontinued": "No longer sold", "is_sold_out": "Sold out", "is_excluded": "Never offered"}


def controls() -> dict:
    """The search box and the choices beside it."""
    with page.controls():
        query = st.text_input("Search", key="product_search", placeholder="Name, code or category", live="300ms",
                              type="search", width=270, bind="query-params", icon=":material/search:")
        letter = st.pills("Class", list(CLASSES), key="product_class", bind="query-params",
                          help="A: the few products that make 80 % of the sum. B: those that make the next 15 %. C: the rest.")
        days = period()
        sort = st.selectbox("Sort by", list(SORTS), key="product_sort", width=150, bind="query-params")
        with st.popover("More options", icon=":material/tune:"):
            as_of = filters.as_of()
            by = st.segmented_control("Classes by", list(MEASURES), default="Revenue", required=True, key="product_by",
                                      help="By margin, only products whose cost is known take part.") or "Revenue"
            show = st.selectbox("Show", list(SHOWS), index=None, key="product_show", placeholder="All that are not deleted")
            categories = run.fresh(products.categories)
            category = st.selectbox("Category", categories, index=None, key="product_category", placeholder="All categories")
            kind = st.selectbox("Kind", list(product_form.KINDS), index=None, key="product_kind", placeholder="All but fees",
                                format_func=product_form.KINDS.get)
            upwards = st.toggle("Reverse the order", key="product_reverse")
    figures_first = sort not in ("Name", "Category", "Code")  # the largest figure first, the alphabet from A
    return {"query": query or "", "letter": letter, "show": SHOWS.get(show), "category": category, "kind": kind,
            "sort": SORTS[sort or "Revenue"], "descending": figures_first != upwards, "as_of": as_of, "days": days,
            "by": MEASURES[by]}


def period() -> int:
    """How many days back figures are summed; 0: all time."""
    chosen = st.selectbox("Period", list(PERIODS), key="product_period", width=125, bind="query-params",
                          help="For revenue, pieces, orders and margin. Buyers and prices are told of all time.")
    return PERIODS[chosen or "12 months"]


def in_period(days: int) -> str:
    """The period as it stands in a sentence."""
    return {365: "in the last 12 months", 91: "in the last 3 months", 730: "in the last 2 years"}.get(days, "so far")


def table(result: job.Products, chosen: dict, currency: str) -> None:
    """One page of the list; a click on a cell opens the product on this page."""
    number = st.session_state.get(_key("page", chosen), 1)
    found = run.fresh(product_listing.page, number=number, **_asked(result, chosen))
    if found.total == 0:
        st.info("No product fits. Try another word, or clear the filters.", icon=":material/search_off:")
        return
    rows = found.rows
    shown = pd.DataFrame({
        "name": rows["name"], "revenue": rows["revenue"], "letter": rows["letter"].where(rows["letter"].isin(list("ABC")), None),
        "change": [changed(row) for row in rows.to_dict("records")], "course": rows["course"].map(bars), "units": rows["units"],
        "orders": rows["orders"], "rate": rows["rate"] * 100, "price": rows["price"], "last_on": rows["last_on"],
        "state": [_state(row) for row in rows.to_dict("records")]})
    # What nothing is known of would be an empty column.
    for name in ("change", "rate", "price", "state", "letter"):
        if not shown[name].replace("", None).notna().any():
            shown = shown.drop(columns=name)
    sign = words.sign(currency)
    event = st.dataframe(
        shown, key=f"{_key('list', chosen, number)}_{st.session_state.get(OPENED, 0)}", hide_index=True, height="content", on_select="rerun",
        selection_mode="single-cell", placeholder="", alt="Products, one a row", column_config={
            "name": st.column_config.TextColumn("Product", width=190),
            "revenue": st.column_config.NumberColumn("Revenue", format=money_format(rows["revenue"], currency), width=90),
            "letter": st.column_config.TextColumn("Class", width=55),
            "change": st.column_config.TextColumn("Change", width=80, help="Sales against the same months a year before. "
                                                  "“≈” is a difference that may well be chance."),
            "course": st.column_config.BarChartColumn("Last 12 months", width=130, y_min=0, help="Revenue of the latest twelve months, the last one "
                                                      "so far. A month with more given back than sold has no bar."),
            "units": st.column_config.NumberColumn("Pieces", format="%,.0f", width=70),
            "orders": st.column_config.NumberColumn("Orders", format="%,.0f", width=65),
            "rate": st.column_config.NumberColumn("Remains", format="%.0f %%", width=75,
                                                  help="Of the revenue, after the cost of the goods, where it is known."),
            "price": st.column_config.NumberColumn("Price", format=f"{sign} %,.2f", width=80),
            "last_on": st.column_config.DateColumn("Last sold", format="D MMM YYYY", width=95),
            "state": st.column_config.TextColumn("State", width=95)})
    cells = event["selection"]["cells"] if event else []
    if cells:
        # A position becomes an id at once: after the next sort it would mean another product.
        open_product(int(rows["id"].iloc[cells[0][0]]))
        st.rerun()
    _pager(found, chosen)
    page.download(lambda session: _download(product_listing.page(session, size=None, **_asked(result, chosen)).rows),
                  file_name="products.csv", key="download_products", label="Download this list", whole="products")


def deleted() -> None:
    """In a company whose products were all deleted: the way back to them."""
    gone = run.fresh(product_listing.page, show="deleted", size=10).rows
    if len(gone):
        st.caption("Deleted earlier; open one to bring it back:")
        for product_id, name in zip(gone["id"], gone["name"], strict=True):
            st.button(words.plain(name), key=f"deleted_{product_id}", type="tertiary", icon=":material/restore_from_trash:",
                      on_click=open_product, args=(int(product_id),))


def open_product(product_id: int) -> None:
    """Show that product on this page; for a callback, or before a rerun. A link would leave the old one in the address."""
    st.query_params["product"] = str(product_id)
    # A new key drops the click, so that the product does not open again on the way back.
    st.session_state[OPENED] = st.session_state.get(OPENED, 0) + 1


def changed(row: dict) -> str:
    """A change with its direction, "≈" where it may be chance, nothing where it is not known."""
    if row.get("direction") in DIRECTIONS:
        size = row["change"] * 100
        return f"{DIRECTIONS[row['direction']]} {'over 1,000' if size > 1000 else f'{size:+.0f}'} %".replace("-", "−")
    return "≈" if row.get("low") == row.get("low") and row.get("low") is not None else ""


def bars(course: list[float] | float | None) -> list[float] | None:
    """A course as bars that start at 0, where nothing below can be drawn; None where none is known."""
    return [max(float(amount), 0.0) if amount == amount else 0.0 for amount in course] if isinstance(course, list) else None


def money_format(amounts: pd.Series, currency: str) -> str:
    """How a column of money is written: with cents where small amounts stand in it, and none too large for them."""
    size = amounts.dropna().abs()
    cents = ((size > 0) & (size < CENTS_BELOW)).any() and size.max() < NO_CENTS_FROM
    return f"{words.sign(currency)} %,.{2 if cents else 0}f"


def concentrated(result: job.Products) -> None:
    """The curve of the best products, and what it says."""
    found = result.classes
    if found.ranked < analysis.charts.FEWEST_PRODUCTS:
        st.caption(f"A picture of this takes at least {words.count(analysis.charts.FEWEST_PRODUCTS)} products that sold; so far "
                   f"{'it is one' if found.ranked == 1 else f'there are {words.count(found.ranked)}'}.")
        return
    chart.show(analysis.charts.pareto(found), key="pareto", height=270,
               alt="Share of revenue that the best products make together, the first one, the first two and so on.")
    st.caption(f"Products in class A: {words.count(found.counts['A'])}, B: {words.count(found.counts['B'])}, "
               f"C: {words.count(found.counts['C'])}.")


def movers(result: job.Products, names: pd.Series) -> None:
    """Products whose sales changed by more than chance explains."""
    table = result.figures.reset_index()
    table = table[table["letter"] != "fee"]
    judged = int(table["low"].notna().sum())
    sure = int((table["direction"] != "").sum())
    if judged == 0:
        st.info("A change is told from three months on that can be compared with the same months a year before.",
                icon=":material/lightbulb:")
        return
    if sure == 0:
        st.markdown("No single product changed by more than chance would explain.")
    else:
        figure = analysis.charts.movers(table, names=names)
        chart.show(figure, key="movers", alt="Products whose sales grew or shrank, with the range of the change.")
    of_all = result.change
    together = "" if of_all is None or of_all["low"] != of_all["low"] else (
        f" All products together: {points(of_all['change'])} ({points(of_all['low'])} to {points(of_all['high'])}).")
    compared = "the one product" if judged == 1 else f"{words.count(judged)} products"
    st.caption(f"Of {compared} compared with the same months a year before, {words.count(sure)} changed by "
               f"more than chance explains.{together}")


def short_names(catalogue: pd.DataFrame) -> pd.Series:
    """What a picture says for a product, by product_id: its name, shortened."""
    full = catalogue["product_name"]
    return pd.Series(full.where(full.str.len() <= 26, full.str.slice(0, 25) + "…").to_numpy(), index=catalogue["product_id"])


def points(change: float) -> str:
    """A change in per cent with its sign."""
    return "many times as much" if change > 10 else f"{change * 100:+.0f} %".replace("-", "−")


def _asked(result: job.Products, chosen: dict) -> dict:
    """The choices as `product_listing.page` takes them."""
    figures, among = result.figures, None
    if chosen["letter"] is not None:
        among = figures.index[figures["letter"] == chosen["letter"]]
    elif not chosen["kind"] and not chosen["show"] and not chosen["query"]:
        among = figures.index[figures["letter"] != "fee"]  # postage is found by a search, or as a kind
    kept = ("query", "show", "category", "kind", "sort", "descending")
    return {**{name: chosen[name] for name in kept}, "figures": figures, "among": among}


def _download(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.drop(columns=["id", "version", "course", "p_value", "q_value", "since", "until", "share", "sure_change"]).rename(
        columns={"letter": "class", "rate": "margin_rate", "low": "change_low", "high": "change_high",
                 "months": "months_compared", "now": "sales_now", "before": "sales_before", "last_on": "last_sold",
                 "first_on": "first_sold"})


def _state(row: dict) -> str:
    return next((label for name, label in STATES.items() if row[name]), "")


def _pager(found: product_listing.Page, chosen: dict) -> None:
    number = st.session_state.get(_key("page", chosen), 1)
    first = (number - 1) * product_listing.PAGE_SIZE + 1
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.caption(f"{words.count(first)}–{words.count(first + len(found.rows) - 1)} of {words.count(found.total)}. Click a "
                   "product to open it.")
        pages = -(-found.total // product_listing.PAGE_SIZE)
        if pages > 1:
            st.pagination(pages, key=_key("page", chosen))


def _key(name: str, chosen: dict, number: int | None = None) -> str:
    """A widget's key that holds what is listed: with another filter, sort or page it is another widget."""
    mark = hashlib.sha256(repr((sorted(chosen.items(), key=lambda item: item[0]), number, run.current().key)).encode())
    return f"products_{name}_{mark.hexdigest()[:12]}"
