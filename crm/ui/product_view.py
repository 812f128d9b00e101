"""How is one product shown? Its sales, margin and prices, what goes with it, who buys it, what was changed of it."""

import hashlib

import pandas as pd
import streamlit as st

from crm import jobs
from crm.analytics import products as analysis
from crm.errors import CrmError
from crm.jobs import products as job
from crm.services import product_history, products, scores
from crm.ui import (
    audience,
    chart,
    filters,
    page,
    product_form,
    product_list,
    product_ratings,
    product_words,
    run,
    segment_saving,
    words,
)

MEASURES = {"Revenue": "revenue", "Pieces": "units", "Orders": "orders", "Margin": "margin"}
GROUPINGS = {"segment": "Group", "channel": "Won through", "kind": "Kind", "country": "Country"}
SHOWN = 100  # buyers in the table; the download has all
BESIDE = 8  # products that go with it
BUYERS_HEIGHT, BUYERS_SEEN = 318, 8  # pixels of their table, and about how many rows these hold
HISTORY = 50  # changes shown


def draw(asked: str, currency: str) -> None:
    """The product that the address asks for; where there is none, that is told with the way back."""
    st.button("All products", key="all_products", icon=":material/arrow_back:", type="tertiary", on_click=_back)
    details = None
    if asked.isdecimal() and len(asked) < 10:
        try:
            details = run.fresh(products.get, product_id=int(asked), deleted=True)
        except CrmError as error:
            st.info(words.plain(error), icon=":material/search_off:")
    if details is None:
        page.question("Which product?")
        page.answer("There is none under this address. Choose one from the list.")
        return
    _head(details)
    product_form.undo_note()
    if details.is_deleted:
        product_form.bring_back(details)
        with page.card("Details"):
            _facts(details, currency)
        return
    intro, row = st.container(), page.controls()
    with row:
        as_of, days = filters.as_of(), product_list.period()
        among = audience.chosen(as_of=as_of)
    newest = run.fresh(scores.newest_run, analysis="segments")
    result = run.cached(job.run, as_of=as_of, days=days, doing="Adding up what was sold")
    shown = run.cached(job.product, product_id=details.id, as_of=as_of, days=days, segments_run=newest,
                       doing="Looking at this product")
    with intro:
        page.answer(product_words.product_sentence(details, result, shown, currency))
    if not shown.months.empty:
        _figures(details.id, result, shown, currency)
    was_sold = shown.buyers.count + shown.buyers.anonymous_orders > 0  # not by lines of fees alone
    left, right = st.columns([3, 2])
    with left:
        if not shown.months.empty:
            with page.card("Sales by month", key="months_card"):
                _months(shown, currency)
        if was_sold:
            with page.card("What was paid for it", key="price_card"):
                _prices(shown, currency)
            with page.card("Who buys it", key="buyers_card"):
                _buyers(details, shown, among, currency)
    with right:
        with page.card("Details", key="product_card"):
            product_form.switches(details)
            _facts(details, currency, last_on=result.figures["last_on"].get(details.id))
        if was_sold:
            with page.card("What goes with it", key="beside_card"):
                _beside(details.id, as_of)
            with page.card("Which customers buy it more", key="product_groups_card"):
                _groups(shown)
        product_ratings.draw(details.id)
        with page.card("What was changed", key="history_card"):
            _history(details, currency)
    with page.explanation("product_method"):
        product_words.product_method(shown)


def _back() -> None:
    st.query_params.pop("product", None)


def _head(details: products.ProductDetails) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        page.question(words.plain(details.name))
        if not details.is_deleted:
            with st.container(horizontal=True, width="content"):
                st.button("Change", key="edit_product", type="primary", icon=":material/edit:",
                          on_click=product_form.open_for, args=(details.id,))
                product_form.delete_button(details)


def _figures(product_id: int, result: job.Products, shown: job.Product, currency: str) -> None:
    own, margin = result.figures.loc[product_id], shown.margin
    course = shown.months[shown.months["is_complete"]].tail(job.MONTHS)

    def card(label: str, written: str, column: str | None = None, help_text: str | None = None) -> None:
        trend = [] if column is None else course[column].dropna().tolist()
        st.metric(label, written.replace("$", r"\$"), border=True, height="stretch", help=help_text,
                  chart_data=trend if len(trend) > 1 else None, chart_type="bar")

    known = ("No cost of it is known, so what remains is not known either." if margin.rate != margin.rate else
             f"{words.share(margin.rate)} of the revenue. A cost is known for {words.share(margin.known_cost_share)} of it.")
    with st.grid(min_column_width=150):
        card("Revenue", words.money(own["revenue"], currency), "revenue", "Net of returns and cancellations.")
        card("Pieces", words.count(own["units"]), "units",
             "Net of returns and cancellations.")
        card("Orders", words.count(own["orders"]), "orders")
        card("Margin", words.money(margin.margin, currency), "margin", known)
        card("Customers", words.count(own["customers"]), None, "Known ones who bought it in the period.")
        card("Given back", words.count(own["returned_units"]), None, "Pieces that came back or were cancelled.")


def _months(shown: job.Product, currency: str) -> None:
    known = {label: name for label, name in MEASURES.items() if shown.months[name].notna().any()}
    label = st.segmented_control("Show", list(known), default="Revenue", required=True, key="product_measure",
                                 label_visibility="collapsed") or "Revenue"
    measure = known.get(label, "revenue")
    is_money = measure in ("revenue", "margin")
    chart.show(analysis.charts.months(shown.months, measure, is_money=is_money,
                                      words=("Whole month", "This month so far", "A year before")),
               key="product_months", height=260, currency_axis="y" if is_money else None, currency=currency,
               alt="What was sold of this product in each month, and in the same month a year before.")


def _prices(shown: job.Product, currency: str) -> None:
    if shown.paid.empty:
        st.caption("No sale of it brought an amount, so there is no price to tell.")
        return
    chart.show(analysis.charts.paid(shown.paid, shown.list_prices, until=pd.Timestamp(shown.as_of),
                                    words=("Usual price paid", "Range of most prices paid", "List price")),
               key="product_prices", height=250, currency_axis="y", currency=currency,
               alt="The usual price that was paid for a piece in each month, its range, and the list price.")
    first = shown.list_prices["valid_from"].iloc[0]
    if first > shown.paid["month"].iloc[0] + pd.DateOffset(months=1):
        st.caption(f"The list price is on record from {words.day(first)} on.")
    if shown.levels.empty:
        return
    form = f"{words.sign(currency)} %,.2f"
    ranges = not (shown.levels["price_from"] == shown.levels["price_to"]).all()
    columns = {
        "price_from": st.column_config.NumberColumn("Price from" if ranges else "Price", format=form, width=80),
        "price_to": st.column_config.NumberColumn("to", format=form, width=80),
        "units": st.column_config.NumberColumn("Pieces", format="%,.0f", width=70),
        "lines": st.column_config.NumberColumn("Sales", format="%,d", width=65),
        "median_units": st.column_config.NumberColumn("Pieces a sale", format="%,.1f", width=95,
                                                          help="The middle one: half of the sales have fewer, half have more."),
        "last_on": st.column_config.DateColumn("Last", format="D MMM YYYY", width=95)}
    if not ranges:
        columns.pop("price_to")
    st.dataframe(shown.levels[list(columns)], hide_index=True, height="content", placeholder="–", column_config=columns,
                 alt="How many pieces were sold at which price in the period")


def _buyers(details: products.ProductDetails, shown: job.Product, among: audience.Audience | None, currency: str) -> None:
    found = shown.buyers
    if found.count == 0:
        st.caption("Only customers without a name bought it so far.")
        return
    back = (f" {words.share(found.repeat_share)} of them came back for it ({words.share(found.repeat_low)} to "
            f"{words.share(found.repeat_high)}, if later buyers are like these)." if found.count > 1 else "")
    unknown = f" {words.count(found.anonymous_orders)} more orders name no customer." if found.anonymous_orders else ""
    st.markdown(f"**{words.count(found.count)} {'customer' if found.count == 1 else 'customers'}** bought it so far.{back}{unknown}")
    audience.note(among)
    people = run.cached(jobs.names.customers)
    listed = audience.rows_of(found.customers, among).merge(people, on="customer_id", how="inner")
    first = listed.head(SHOWN)
    event = st.dataframe(
        first[["customer_name", "amount", "days", "units", "last_on", "first_on"]], hide_index=True, placeholder="",
        height=BUYERS_HEIGHT if len(first) > BUYERS_SEEN else "content",
        key=f"product_buyers_{details.id}_{shown.as_of}_{_mark(among)}", on_select="rerun", selection_mode="single-cell",
        alt="Customers who bought it, those who spent most first", column_config={
            "customer_name": st.column_config.TextColumn("Customer", width=150),
            "amount": st.column_config.NumberColumn("Spent on it", format=product_list.money_format(first["amount"], currency), width=85),
            "days": st.column_config.NumberColumn("Times", format="%,d", width=60, help="Days on which it was bought."),
            "units": st.column_config.NumberColumn("Pieces", format="%,.0f", width=65),
            "last_on": st.column_config.DateColumn("Last", format="D MMM YYYY", width=95),
            "first_on": st.column_config.DateColumn("First", format="D MMM YYYY", width=95)})
    cells = event["selection"]["cells"] if event else []
    if cells:
        page.go_to("customer", customer=str(first["customer_id"].iloc[cells[0][0]]))
    st.caption(f"Click a customer to open it.{'' if len(listed) <= SHOWN else f' The first {SHOWN} of {words.count(len(listed))}.'}")
    with st.container(horizontal=True, vertical_alignment="center"):
        page.download(lambda session: jobs.names.named(audience.rows_of(found.customers, among), jobs.names.customers(session)),
                      file_name="buyers.csv", key="download_buyers", label="Download the buyers")
        segment_saving.save_segment_button(definition=None, members=listed["customer_id"].to_numpy(), key="save_buyers",
                                           proposed_name=f"Bought {details.name}"[:60], as_of=shown.as_of)


def _groups(shown: job.Product) -> None:
    tables = {label: shown.buyers.groups[name] for name, label in GROUPINGS.items()
              if name in shown.buyers.groups and shown.buyers.groups[name]["low"].notna().any()}
    if not tables:
        st.caption("That takes two groups of five customers or more. Save groups on the page Groups, or note channels and "
                   "countries with the customers.")
        return
    label = st.segmented_control("By", list(tables), default=next(iter(tables)), required=True, key="product_groups",
                                 label_visibility="collapsed") or next(iter(tables))
    table = tables.get(label, next(iter(tables.values())))
    judged = int(table["low"].notna().sum())
    chart.show(analysis.charts.groups(table), key="product_groups_chart", height=100 + 26 * min(max(judged, 2), 12),
               alt="How many times as often as other customers each group buys it, with its range.")
    more = [words.plain(name) for name in table.loc[table["direction"] == "more", "group"]]
    less = [words.plain(name) for name in table.loc[table["direction"] == "less", "group"]]
    said = [f"More often than the others: {', '.join(more)}." if more else "", f"Less often: {', '.join(less)}." if less else ""]
    st.caption(" ".join(part for part in said if part) or "No group buys it clearly more or less often than the others.")


def _beside(product_id: int, as_of) -> None:
    try:
        table = run.cached(job.goes_with, product_id=product_id, as_of=as_of, doing="Looking into the orders")
    except CrmError as error:
        st.caption(words.plain(error))
        return
    if table.empty:
        st.caption("Nothing lies in its orders more often than chance would explain.")
        return
    first = table.head(BESIDE)
    event = st.dataframe(
        first[["name", "confidence", "size_lift", "count"]].assign(confidence=first["confidence"] * 100), hide_index=True,
        height="content", placeholder="", key=f"product_beside_{product_id}_{as_of}_{st.session_state.get(product_list.OPENED, 0)}", on_select="rerun",
        selection_mode="single-cell", alt="Products that lie in the same orders", column_config={
            "name": st.column_config.TextColumn("Product", width=150),
            "confidence": st.column_config.NumberColumn("In", format="%.0f %%", width=55,
                                                        help="Of the orders that hold this product."),
            "size_lift": st.column_config.NumberColumn("× usual", format="%.1f", width=65,
                                                       help="Times as often as in other orders of about the same size."),
            "count": st.column_config.NumberColumn("Orders", format="%,d", width=60)})
    cells = event["selection"]["cells"] if event else []
    if cells:
        product_list.open_product(int(first["product_id"].iloc[cells[0][0]]))
        st.rerun()
    st.caption(f"In {words.count(first['of'].iloc[0])} orders that hold it. Only what lies there more often than chance explains.")


def _facts(details: products.ProductDetails, currency: str, *, last_on: pd.Timestamp | None = None) -> None:
    known = [("Code", details.code), ("Category", details.category), ("Kind", product_form.KINDS[details.kind]),
             ("Price", words.money(details.price, currency)), ("Cost", words.money(details.cost, currency)),
             ("Last sold", "" if pd.isna(last_on) else words.day(last_on)), ("Description", details.description), *details.custom_fields.items()]
    lines = [f":gray[{words.plain(label)}]  \n{words.plain(content)}" for label, content in known if content not in (None, "")]
    st.markdown("\n\n".join(lines))


def _history(details: products.ProductDetails, currency: str) -> None:
    known = run.fresh(product_history.changes, product_id=details.id)
    if known.empty:
        st.caption(f"Nothing since it came into the records on {words.day(details.created_at)}.")
        return
    for entry in known[known["field"] != "code"].head(HISTORY).itertuples(index=False):
        st.markdown(f":gray[{words.day(entry.happened_at)}] {_told(entry, currency)}")


def _told(entry, currency: str) -> str:
    if entry.field is None:
        return {"deleted": "Deleted", "restored": "Brought back"}.get(entry.action, "Added")
    label = words.plain(product_words.FIELDS.get(entry.field, entry.field))
    old, new = (_content(entry.field, content, currency) for content in (entry.old, entry.new))
    by = f" :gray[by the file {words.plain(entry.file)}]" if entry.file else ""
    if entry.action == "created":
        return f"Added, {label}: {new}{by}"
    return f"{label}: {old} → **{new}**{by}"


def _content(field: str, content, currency: str) -> str:
    if content is None or content == "":
        return "–"
    if isinstance(content, bool) or field.startswith("is_"):
        return "yes" if content else "no"
    if field in ("price", "cost"):
        return page.amount(float(content), currency)
    return words.plain(product_form.KINDS.get(content, content) if field == "kind" else content)


def _mark(among: audience.Audience | None) -> str:
    return hashlib.sha256(repr(among).encode()).hexdigest()[:8]
