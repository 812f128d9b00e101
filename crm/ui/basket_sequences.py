"""What do customers buy next, and after how long?"""

import pandas as pd
import streamlit as st

from crm import jobs
from crm.analytics.baskets import pictures
from crm.analytics.baskets.sequences import Sequences
from crm.ui import basket_words, chart, page, run, words
from crm.ui.basket_choices import Orders

WITHIN = {"30 days": 30, "60 days": 60, "90 days": 90, "180 days": 180, "a year": 365}
SHOWN = 200  # rows; the download has all
MOST_STREAMS = 12  # in the picture beside the table


def draw(chosen: Orders) -> None:
    """How soon, and what follows what."""
    within = st.segmented_control("Bought within", list(WITHIN), default="90 days", required=True, key="sequences_within") or "90 days"
    found = run.cached(jobs.baskets.sequences, as_of=chosen.as_of, within_days=WITHIN[within], doing="Following the customers",
                       **chosen.customers)
    st.markdown(sentence(found))
    if chosen.since is not None or chosen.months is not None:
        st.caption("All the time counts here: whether a purchase was the first shows only so.")
    left, right = st.columns([3, 2])
    with left:
        st.markdown("**First this, then that**")
        _table(found)
    with right:
        st.markdown("**As a picture**")
        surely = found.table[_sure(found.table)]
        if len(surely):
            chart.show(pictures.sequence_streams(surely, names=_names(found), most=MOST_STREAMS), key="sequences_picture",
                       alt="The surest steps, from the first product to the next.")
        else:
            st.caption("There is nothing to draw: no step is more than luck.")
    if len(found.paths):
        st.markdown("**In three steps**")
        _paths(found)
    page.download(lambda _session: found.table, file_name="bought_next.csv", key="download_sequences", label="Download all pairs")


def sentence(found: Sequences) -> str:
    """The surest step, and how long it takes."""
    customers = words.count(found.customers)
    above = found.table[_sure(found.table)]
    if above.empty:
        return (f"**Of {customers} customers, none buy one product after another more often than by chance** within "
                f"{words.count(found.within_days)} days.")
    top = above.iloc[0]
    return (f"**Who bought {words.plain(top['name'])} for the first time buys {words.plain(top['next_name'])} next** in "
            f"{words.share(top['share'], 0 if top['share'] >= 0.1 else 1)} of cases within {words.count(found.within_days)} days, "
            f"{basket_words.times(top['lift'])} times the usual, half of them after {words.count(top['days_median'])} days or less. "
            f"{words.count(len(above))} such steps are more than luck, among {customers} customers.")


def _sure(table: pd.DataFrame) -> pd.Series:
    return (table["q_value"] <= basket_words.SURE) & (table["lift"] > 1)


def _table(found: Sequences) -> None:
    shown = found.table.head(SHOWN)
    rows = pd.DataFrame({
        "first": shown["name"], "next": shown["next_name"], "share": shown["share"] * 100, "lift": shown["lift"],
        "days": [f"{low:,.0f}–{high:,.0f}" for low, high in zip(shown["days_low"], shown["days_high"], strict=True)],
        "then": shown["customers_then"], "real": _sure(shown).map(basket_words.REAL)})
    st.dataframe(rows, hide_index=True, height="content" if len(rows) <= 10 else 388, key="sequences_table",
                 alt="What customers buy first and what next", column_config={
        "first": st.column_config.TextColumn("First", width=132),
        "next": st.column_config.TextColumn("Then", width=132),
        "share": st.column_config.NumberColumn("Of them", format="%.1f %%", width=64),
        "lift": st.column_config.NumberColumn("× usual", format="%.1f", width=60),
        "days": st.column_config.TextColumn("Days", width=64, help="Half of them buy within these days after the first"),
        "then": st.column_config.NumberColumn("Who", format="%,d", width=56, help="Customers"),
        "real": st.column_config.TextColumn("Real?", width=76, help="Whether it is more than luck")})


def _paths(found: Sequences) -> None:
    shown = found.paths.head(SHOWN)
    rows = pd.DataFrame({**{f"step{place}": shown[f"name_{place}"] for place in (1, 2, 3)},
                         "share": shown["share"] * 100, "usual": shown["usual_share"] * 100, "customers": shown["customers"],
                         "days": shown["days_median"]})
    st.dataframe(rows, hide_index=True, height="content" if len(rows) <= 8 else 318, key="paths_table",
                 alt="Three products one after another", column_config={
        "step1": st.column_config.TextColumn("First", width=112), "step2": st.column_config.TextColumn("Then", width=112),
        "step3": st.column_config.TextColumn("And then", width=112),
        "share": st.column_config.NumberColumn("Went on", format="%.0f %%", width=80,
                                               help="Of those who took the first step, how many took the second"),
        "usual": st.column_config.NumberColumn("Usual", format="%.0f %%", width=80,
                                               help="Of all who bought the second product, whatever came before"),
        "customers": st.column_config.NumberColumn("Customers", format="%,d", width=90),
        "days": st.column_config.NumberColumn("Days", format="%.0f", width=70, help="From the first to the third, the middle one")})


def _names(found: Sequences) -> dict[int, str]:
    table = found.table
    return {**dict(zip(table["product_id"].tolist(), table["name"], strict=True)),
            **dict(zip(table["next_product_id"].tolist(), table["next_name"], strict=True))}


def method() -> None:
    """How a step is told from chance."""
    st.markdown(
        "**What comes next:** only first purchases count, and only customers who were observed for the whole window. The usual "
        "share is that of comparable customers in a window of the same length: as many new things bought, as long a history, the "
        "same time of the year (indirect standardisation, Breslow & Day 1987). The p-value is the upper tail of a binomial, corrected "
        "as above.")
