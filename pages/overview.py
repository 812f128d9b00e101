"""How is business?"""

import streamlit as st

from crm.services import metrics, settings
from crm.ui import chart, overview, page, run, words

currency = run.fresh(settings.company).currency
as_of = run.fresh(settings.as_of)

with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
    page.question("How is business?")
    period = st.segmented_control("Period", list(overview.PERIODS), default="Quarter", required=True, key="period",
                                  label_visibility="collapsed", bind="query-params") or "Quarter"

extent = run.cached(metrics.extent, today=run.fresh(settings.today))
if extent.orders == 0:
    page.answer("There are no orders yet. Bring in a file of orders, or add a customer and type the first one.")
    with st.container(horizontal=True):
        page.link("data", "Bring in a file", icon=":material/upload_file:")
        page.link("customers", "Add a customer", icon=":material/person_add:")
    overview.service_line()
    st.stop()

days = overview.PERIODS[period]
figures = run.cached(metrics.overview, as_of=as_of, days=days)
page.answer(overview.sentence(figures))
overview.service_line()
if (as_of - extent.last_on).days > overview.QUIET_DAYS:
    st.caption(f"The last order is of {words.day(extent.last_on)}; the days since then count as days without orders.")
overview.cards(figures, currency)

with page.card("Revenue by month", key="months"):
    months = run.cached(metrics.monthly_revenue, as_of=as_of)
    chart.show(overview.months_figure(months), key="months_chart", currency_axis="y", currency=currency,
               alt="Revenue of each month; the month that is not over yet is dotted.")

comparable = figures.revenue.previous is not None
left, right = st.columns(2)
with left, page.card("Best products"):
    overview.ranking(run.cached(metrics.top_products, as_of=as_of, days=days), currency, key="top_products",
                     label="Product", last="Sold", comparable=comparable)
with right, page.card("Best customers"):
    overview.ranking(run.cached(metrics.top_customers, as_of=as_of, days=days), currency, key="top_customers",
                     label="Customer", last="Orders", comparable=comparable)

with page.explanation("overview_method"):
    st.markdown(
        f"All figures count the **{days} days up to {words.day(as_of)}** and the equally long time before. "
        "Revenue is what was charged less returns and cancellations; orders are those on which something was charged; "
        "*came back* is the share of the period's customers who had bought before it began. "
        "The small lines show both periods, cut into twelve equal parts.")
