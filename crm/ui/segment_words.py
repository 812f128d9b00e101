"""What does the page of groups say? Its sentence, its table, its method."""

import streamlit as st

from crm.analytics.segments import IN_NO_GROUP, Segmentation
from crm.ui import feature_words, group_view, page, words

NOTABLE = 0.35  # deviations from the average; less is no difference that anyone would notice
HIGH = {True: "above average: {0}", False: "below average: {0}"}
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
    in_groups = profile[profile["segment"] != IN_NO_GROUP]
    best = (in_groups if len(in_groups) else profile).sort_values("revenue", ascending=False).iloc[0]
    people, name = words.count(best["customers"]), words.plain(best["segment"])
    brings, of = page.amount(best["revenue"], currency), words.share(best["share_of_revenue"])
    everybody = words.count(profile["customers"].sum())
    if result.groups is not None and result.groups.grouping.k == 0:
        return (f"**{everybody} customers, and no crowded place among them**: this kind finds no groups here. "
                "Try another kind under More options.")
    if result.groups is not None and result.quality["none_share"]:
        apart = words.count(profile.loc[profile["segment"] == IN_NO_GROUP, "customers"].sum())
        return (f"**{people} of {everybody} customers** ({name}) bring {brings}, {of} of revenue. "
                f"**{apart} customers** are like too few others to be in a group.")
    if result.groups is not None and result.quality["continuum"]:
        return (f"**{people} of {everybody} customers** ({name}) bring {brings}, {of} of revenue. "
                "Your customers shade into each other: the borders between these groups are a convenience.")
    risky = profile[profile["segment"].map(result.called_first).isin(["At risk", "Fading"])]
    if len(risky):
        silent, worth = words.count(risky["customers"].sum()), page.amount(risky["revenue"].sum(), currency)
        return (f"**{people} of {everybody} customers** ({name}) bring {brings}, {of} of revenue. "
                f"**{silent} customers** who brought {worth} so far have gone quiet.")
    return f"**{people} of {everybody} customers** ({name}) bring {brings}, {of} of revenue."


def profile_table(result: Segmentation, currency: str) -> None:
    """One row a group: what it is, how many, what they bring, what is typical."""
    money = f"{words.sign(currency)} %,.0f"
    profile = result.profile
    medians = [f"median_{name}" for name in ("recency_days", "frequency", "monetary")]
    profile = profile.assign(**(profile[medians] + 0.5) // 1)
    shown = profile.assign(meaning=[meaning(result, name) for name in profile["segment"]],
                           share=profile["share_of_revenue"] * 100)
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


def meaning(result: Segmentation, name: str) -> str:
    """Who the members of a group are: by its name, or by the two features in which they differ most from all."""
    if result.called_first(name) in MEANINGS:
        return MEANINGS[result.called_first(name)]
    groups = result.groups
    labels = {known: label for label, known in (result.names or {}).items()}
    if groups is None or labels.get(name, -1) < 0:
        return "like no others" if name == IN_NO_GROUP else ""
    centre = groups.centroids[labels[name]]
    most = sorted(range(len(centre)), key=lambda place: -abs(centre[place]))[:2]
    return " · ".join(HIGH[centre[place] > 0].format(feature_words.label(groups.prepared.columns[place]))
                      for place in most if abs(centre[place]) > NOTABLE) or "much like the average"


def alike(adjusted_rand: float) -> str:
    """How alike two groupings are, in one sentence."""
    figure = f"{adjusted_rand:.2f}"
    if adjusted_rand >= 0.75:
        return f"Both ways put nearly the same customers together (agreement {figure} of 1)."
    if adjusted_rand >= 0.3:
        return f"Both ways agree in part (agreement {figure} of 1): look where the streams split."
    return f"The two ways see different things (agreement {figure} of 1, where 0 is chance)."


def method(result: Segmentation, day: str) -> None:
    """How the groups were made, with the figures of this result."""
    quality = result.quality
    if result.method == "rfm":
        st.markdown(
            "Every customer gets three marks from 1 to 5: **recency** (days since the last order), **frequency** "
            "(number of orders) and **monetary** (spend, net of returns). A mark is the fifth of all customers that one "
            "belongs to, or the borders that you set; equal customers always get equal marks. The group follows from the "
            "marks by fixed rules (RFM, Hughes 1994).")
    else:
        chosen = ", ".join(feature_words.label(key) for key in result.parameters["features"])
        st.markdown(f"Grouped by: {words.plain(chosen)}. Very large values are softened by the logarithm, every feature is made "
                    f"equally wide, then customers who are alike are put together by **{group_view.METHOD_NAMES[result.method]}** "
                    f"({SOURCES[result.method]}).")
        if quality["by_k"] is not None:
            st.markdown("The number of groups is the one with the best silhouette among those that come out alike when "
                        "customers are drawn anew and have no tiny group; where there is none, the clearest of all. Silhouettes of features on different scales "
                        "cannot be compared.")
    if quality["silhouette"] == quality["silhouette"]:
        formula = r"\text{silhouette} = \operatorname{mean}\frac{b_i - a_i}{\max(a_i, b_i)}"
        st.latex(f"{formula} = {quality['silhouette']:.2f}")
        st.caption("Near 1: clear-cut groups. Near 0: groups that shade into each other (Rousseeuw 1987).")
    counted = words.count(len(result.customers))
    st.markdown(f"Counted: **{counted} customers** with an order up to {day}.")
    if quality["left_out"]:
        st.markdown(f"Left out for missing values: {words.count(quality['left_out'])} customers.")
    if quality["clipped_monetary"]:
        st.markdown(f"{words.count(quality['clipped_monetary'])} customers got more back than they paid; "
                    "their spend is taken as 0 for the grouping.")


SOURCES = {
    "kmeans": "k-means++, Arthur & Vassilvitskii 2007", "ward": "Ward 1963", "average": "Sokal & Michener 1958",
    "complete": "Sørensen 1948", "dbscan": "Ester et al. 1996", "hdbscan": "Campello, Moulavi & Sander 2013",
    "spectral": "Ng, Jordan & Weiss 2002", "mixture": "expectation-maximisation, Dempster, Laird & Rubin 1977",
}
