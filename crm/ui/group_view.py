"""What do groups look like, and how far can they be trusted? Cards that customers and a table of one's own share."""

import pandas as pd
import streamlit as st

from crm.analytics import segments
from crm.ui import chart, words

METHOD_NAMES = {"kmeans": "K-means", "ward": "hierarchical, Ward", "average": "hierarchical, average linkage",
                "complete": "hierarchical, complete linkage", "dbscan": "DBSCAN", "hdbscan": "HDBSCAN",
                "spectral": "spectral clustering", "mixture": "Gaussian mixture", "rfm": "RFM rules"}
MEASURES = {"How clearly apart": "silhouette", "How alike when drawn anew": "stability", "Gap": "gap",
            "Between against within": "calinski_harabasz"}


def trust(quality: dict) -> str:
    """How far the groups can be relied on, in one sentence."""
    if quality["continuum"] is None:
        return "The borders are rules, not gaps in the data."
    if quality["continuum"]:
        return "They shade into each other: the borders between these groups are a convenience."
    return "They are clearly apart, and come out alike when the data are drawn anew."


def number_reason(choice: segments.Choice) -> str:
    """Why this number of groups, in one sentence."""
    best = words.count(choice.recommended_k)
    if choice.continuum:
        return f"No number of groups stands out. {best} is the clearest of them, for convenience."
    return f"{best} groups fit best: the clearest that also come out alike when the data are drawn anew."


def how_many(choice: segments.Choice, *, key: str) -> None:
    """The numbers of groups that were compared, as a picture and a table."""
    st.markdown(number_reason(choice))
    measured = {words_of: name for words_of, name in MEASURES.items() if choice.by_k[name].notna().any()}
    measure = st.segmented_control("Compare by", list(measured), default=next(iter(measured)), required=True,
                                   key=f"{key}_measure", label_visibility="collapsed")
    chart.show(segments.by_k(choice, measured[measure]), key=f"{key}_by_k", height=240,
               alt="The measure for every number of groups from two to eight.")
    compared = choice.by_k.assign(smallest_share=choice.by_k["smallest_share"] * 100)
    st.dataframe(compared[["n_segments", "silhouette", "stability", "smallest_share", "gap", "calinski_harabasz"]],
                 hide_index=True, height="content", alt="Numbers of groups compared", column_config={
                     "n_segments": st.column_config.NumberColumn("Groups", width=70),
                     "silhouette": st.column_config.NumberColumn("Clearly apart", format="%.2f", width=90),
                     "stability": st.column_config.NumberColumn("Alike again", format="%.2f", width=90),
                     "smallest_share": st.column_config.NumberColumn("Smallest group", format="%.0f %%", width=110),
                     "gap": st.column_config.NumberColumn("Gap", format="%.2f", width=70),
                     "calinski_harabasz": st.column_config.NumberColumn("Between / within", format="%,.0f", width=110)})


def joining(groups: segments.Groups, names: dict[int, str], *, key: str) -> None:
    """The picture of its own that a method has: the tree of joins, or how near the neighbours are."""
    if "linkage" in groups.grouping.details:
        st.markdown("**Who joins whom, the most alike first**")
        chart.show(segments.dendrogram(groups, names=names), key=f"{key}_dendrogram",
                   alt="A tree of joins; the line shows where it is cut into groups.")
    if "k_distances" in groups.grouping.details:
        st.markdown("**How far the next neighbours are**")
        chart.show(segments.k_distances(groups), key=f"{key}_k_distances", height=260,
                   alt="Distances to the nearest neighbours in ascending order; the line shows what counts as near.")


def prepared_notes(groups: segments.Groups, label) -> list[str]:
    """What was done to the features before grouping, one sentence each."""
    prepared = groups.prepared
    notes = [f"{label(column)}: {words.count(number)} missing values were filled in for the grouping alone."
             for column, number in prepared.filled.items() if number]
    notes += [f"{label(column)}: {words.count(number)} amounts below 0 count as 0." for column, number in prepared.clipped.items() if number]
    notes += [f"{label(first)} and {label(second)} say the same, so it counts twice." for first, second, _ in segments.twins(prepared)]
    reasons = {"constant": "{0} was left out: it is the same everywhere.",
               "empty": "{0} was left out: nothing is written there.",
               "text": "{0} was left out: it is text that differs nearly everywhere."}
    notes += [reasons[why].format(label(column)) for column, why in prepared.dropped.items()]
    if left := prepared.left_out.get("missing_rows"):
        notes.append(f"{words.count(left)} lines with missing values were left out.")
    if groups.grouping.approximated == "micro":
        notes.append("There are many lines: very similar ones were joined to about 500 first, then grouped.")
    if groups.grouping.approximated == "sample":
        notes.append("There are many lines: a random part was grouped, and the others joined the nearest group.")
    return notes


def measures(groups: segments.Groups) -> None:
    """The figures behind the verdict, for the explanation."""
    quality = groups.quality
    rows = pd.DataFrame({
        "Measure": ["Silhouette (Rousseeuw 1987)", "Calinski-Harabasz (1974)", "Stability (adjusted Rand, Hennig 2007)",
                    "Smallest group"],
        "Here": [_figure(quality["silhouette"]), _figure(quality["calinski_harabasz"], "{:,.0f}"),
                 _figure(quality["stability"]), words.share(quality["smallest_share"], 1)],
        "Meaning": ["1 clear-cut, 0 shading into each other; below .50 the groups may be no more than a convenience",
                    "larger: more between the groups than within; only to compare numbers of groups",
                    "1 unchanged when the data are drawn anew; below .75 not to be relied on",
                    "of all; below 1 % it is a handful of exceptions"]})
    st.dataframe(rows, hide_index=True, height="content", alt="How good the groups are")


def _figure(value: float | None, pattern: str = "{:.2f}") -> str:
    return "–" if value is None or value != value else pattern.format(value)
