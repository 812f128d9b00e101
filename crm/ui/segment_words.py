"""What does the page of groups say? Its sentence, its table, its method."""

import pandas as pd
import streamlit as st

from crm.analytics.segments import Segmentation
from crm.ui import page, words

METHODS = {"Clear rules": "rfm", "Found in the data": "kmeans"}
MEANINGS = {
    "Champions": "bought lately, often, for much", "Best": "bought lately, often, for much",
    "Loyal": "come back again and again", "Regular": "buy now and then, lately too",
    "New": "first order not long ago", "Promising": "bought lately, not often yet",
    "Occasional": "buy rarely", "At risk": "used to buy often, silent for long",
    "Fading": "buy less than they did", "Sleeping": "bought some time ago, not often",
    "Lost": "nothing for very long", "Refunded": "gave back what they bought",
}


def sentence(result: Segmentation, currency: str) -> str:
    """The answer in one line: who brings most, or who is slipping away."""
    profile = result.profile
    best = profile.sort_values("revenue", ascending=False).iloc[0]
    people, name = words.count(best["customers"]), words.plain(best["segment"])
    brings, of = page.amount(best["revenue"], currency), words.share(best["share_of_revenue"])
    everybody = words.count(profile["customers"].sum())
    if result.method == "kmeans" and result.quality["continuum"]:
        return (f"**{people} of {everybody} customers** ({name}) bring {brings}, {of} of revenue. "
                "Your customers shade into each other: the borders between these groups are a convenience.")
    risky = profile[profile["segment"].isin(["At risk", "Fading"])]
    if len(risky):
        silent, worth = words.count(risky["customers"].sum()), page.amount(risky["revenue"].sum(), currency)
        return (f"**{people} of {everybody} customers** ({name}) bring {brings}, {of} of revenue. "
                f"**{silent} customers** who brought {worth} so far have gone quiet.")
    return f"**{people} of {everybody} customers** ({name}) bring {brings}, {of} of revenue."


def wanted_groups() -> int | None:
    """How many groups; None: as many as the data recommend."""
    words_of = {None: "As many as fit best", **{number: str(number) for number in range(2, 9)}}
    return st.selectbox("How many groups?", list(words_of), format_func=words_of.get, key="n_segments")


def profile_table(profile: pd.DataFrame, currency: str) -> None:
    """One row a group: what it is, how many, what they bring, what is typical."""
    money = f"{words.sign(currency)} %,.0f"
    medians = [f"median_{name}" for name in ("recency_days", "frequency", "monetary")]
    profile = profile.assign(**(profile[medians] + 0.5) // 1)
    shown = profile.assign(meaning=profile["segment"].map(MEANINGS), share=profile["share_of_revenue"] * 100)
    st.dataframe(shown[["segment", "customers", "share", "median_recency_days", "median_frequency", "median_monetary",
                        "meaning"]],
                 hide_index=True, height="content", alt="The groups of customers", column_config={
                     "segment": st.column_config.TextColumn("Group", width=90),
                     "customers": st.column_config.NumberColumn("Customers", format="%,d", width=80),
                     "share": st.column_config.NumberColumn("Of revenue", format="%.0f %%", width=80),
                     "median_recency_days": st.column_config.NumberColumn("Days silent", format="%,.0f", width=80),
                     "median_frequency": st.column_config.NumberColumn("Orders", format="%.0f", width=65),
                     "median_monetary": st.column_config.NumberColumn("Spent", format=money, width=75),
                     "meaning": st.column_config.TextColumn("Who they are", width="large")})
    st.caption("Days silent, orders and spent are those of the customer in the middle of each group.")


def method(result: Segmentation, day: str) -> None:
    """How the groups were made, with the figures of this result."""
    quality = result.quality
    if result.method == "rfm":
        st.markdown(
            "Every customer gets three marks from 1 to 5: **recency** (days since the last order), **frequency** "
            "(number of orders) and **monetary** (spend, net of returns). A mark is the fifth of all customers that one "
            "belongs to; equal customers always get equal marks. The group follows from the marks of recency and "
            "frequency by fixed rules (RFM, Hughes 1994).")
    else:
        st.markdown(
            "Recency, frequency and spend are put on a log scale and made equally wide, then grouped by **K-means** "
            "(k-means++, Arthur & Vassilvitskii 2007). The number of groups is the one with the best silhouette "
            "whose smallest group is not tiny; stability is how alike the groups come out when customers are drawn anew "
            "(adjusted Rand; below .75 they are not to be relied on).")
        st.dataframe(quality["by_k"], hide_index=True, height="content", column_config={
            "n_segments": "Groups", "silhouette": st.column_config.NumberColumn("Silhouette", format="%.2f"),
            "calinski_harabasz": st.column_config.NumberColumn("Calinski-Harabasz", format="%,.0f"),
            "smallest_share": st.column_config.NumberColumn("Smallest group", format="percent"),
            "stability": st.column_config.NumberColumn("Stability", format="%.2f")})
    if quality["silhouette"] == quality["silhouette"]:
        formula = r"\text{silhouette} = \operatorname{mean}\frac{b_i - a_i}{\max(a_i, b_i)}"
        st.latex(f"{formula} = {quality['silhouette']:.2f}")
        st.caption("Near 1: clear-cut groups. Near 0: groups that shade into each other (Rousseeuw 1987).")
    counted = words.count(len(result.customers))
    st.markdown(f"Counted: **{counted} customers** with an order up to {day}.")
    if quality["clipped_monetary"]:
        st.markdown(f"{words.count(quality['clipped_monetary'])} customers got more back than they paid; "
                    "their spend is taken as 0 for the grouping.")
