"""Is it bought together more in one group of customers, or in one season, than in another?"""

import pandas as pd
import streamlit as st

from crm import jobs
from crm.analytics.baskets.groups import GroupDifferences
from crm.services import scores
from crm.ui import audience, basket_words, page, run, words
from crm.ui.basket_choices import Orders

SEASON, GROUPS = "The season", "Your groups"
COMPARED = {SEASON: None, GROUPS: "segment", "The country": "country", "The region": "region", "The channel": "channel",
            "The kind of customer": "kind", "The stage": "stage", "The gender": "gender"}
SHOWN = 100  # rows


def draw(chosen: Orders) -> None:
    """What to compare by, the pairs that differ, and the one that was clicked, group by group."""
    saved_run = run.fresh(scores.newest_run, analysis="segments")
    offered = [label for label in COMPARED if label != GROUPS or saved_run is not None]
    by = st.selectbox("Compare by", offered, key="baskets_by", bind="query-params", width=220) or SEASON
    if by == SEASON:
        found = run.cached(jobs.baskets.by_season, as_of=chosen.as_of, since=chosen.since, doing="Comparing the seasons",
                           **chosen.customers)
        if chosen.months is not None:
            st.caption("Every season counts here, whatever season is chosen above.")
    else:
        found = run.cached(jobs.baskets.by_group, as_of=chosen.as_of, since=chosen.since, months=chosen.months,
                           group_by=COMPARED[by], segments_run=saved_run if by == GROUPS else None, doing="Comparing the groups")
        if chosen.among is not None:
            st.caption("All customers count here, whichever are chosen above.")
    st.markdown(sentence(found))
    left, right = st.columns([3, 2])
    with left:
        picked = _table(found, key=f"differ_{by}_{run.current().key}_{chosen.as_of}_{audience.mark()}")
    with right:
        _one(found, picked)
    page.download(lambda _session: _download(found), file_name="differences.csv", key="download_differences",
                  label="Download all pairs and groups")
    _notes(found)


def sentence(found: GroupDifferences) -> str:
    """The surest difference, and how many there are."""
    tested = found.table[found.table["most"].notna()]
    if tested.empty:
        return "**No pair of products was bought often enough in two of the groups to compare it.**"
    sure = tested[tested["q_value"] <= basket_words.SURE]
    if sure.empty:
        return (f"**No difference is more than luck.** {words.count(len(tested))} pairs were compared: what goes together goes "
                "together everywhere.")
    top = sure.iloc[0]
    cells = found.cells[found.cells["row"] == top.name].set_index("label")["times_alike"]
    return (f"**{_pair(top)}** differ most: in {words.plain(top['most'])} they are bought together "
            f"{cells[top['most']]:.1f} times as often as if all groups were alike, in {words.plain(top['least'])} "
            f"{cells[top['least']]:.1f} times. Of {words.count(len(tested))} pairs compared, {words.count(len(sure))} differ more "
            "than by luck.")


def _pair(row: pd.Series) -> str:
    return f"{basket_words.joined(row['left_names'])} and {basket_words.joined(row['right_names'])}"


def _table(found: GroupDifferences, *, key: str) -> int | None:
    shown = found.table[found.table["most"].notna()].head(SHOWN)
    rows = pd.DataFrame({
        "pair": [" + ".join((*left, *right)) for left, right in zip(shown["left_names"], shown["right_names"], strict=True)],
        "most": shown["most"].astype("str"), "least": shown["least"].astype("str"), "count": shown["count"],
        "real": (shown["q_value"] <= basket_words.SURE).map(basket_words.REAL)})
    event = st.dataframe(rows, hide_index=True, height="content" if len(rows) <= 10 else 388, key=key, on_select="rerun",
                         selection_mode="single-cell", alt="Pairs of products that differ between groups, the surest first",
                         column_config={
        "pair": st.column_config.TextColumn("Bought together", width=240),
        "most": st.column_config.TextColumn("Most in", width=95), "least": st.column_config.TextColumn("Least in", width=95),
        "count": st.column_config.NumberColumn("Orders", format="%,d", width=64),
        "real": st.column_config.TextColumn("Real?", width=76, help="Whether the difference is more than luck")})
    cells = event["selection"]["cells"]
    place = cells[0][0] if cells and cells[0][0] < len(shown) else 0
    return int(shown.index[place]) if len(shown) else None


def _one(found: GroupDifferences, picked: int | None) -> None:
    if picked is None:
        return
    st.markdown(f"**{_pair(found.table.loc[picked])}**")
    cells = found.cells[found.cells["row"] == picked]
    rows = pd.DataFrame({"label": cells["label"].astype("str"), "times": cells["times_alike"], "together": cells["together"],
                         "orders": cells["orders"],
                         "note": cells["is_tested"].map({True: "", False: "too few"})})
    if cells["is_tested"].all():  # an empty column says nothing
        rows = rows.drop(columns="note")
    st.dataframe(rows, hide_index=True, height="content" if len(rows) <= 10 else 388, key="differ_one", placeholder="–",
                 alt="The pair in each group", column_config={
        "label": st.column_config.TextColumn("In", width=95),
        "times": st.column_config.NumberColumn("× if alike", format="%.2f", width=74,
                                               help="Bought together so many times as often as if all groups were alike, orders of "
                                                    "about the same size compared"),
        "together": st.column_config.NumberColumn("With both", format="%,d", width=75),
        "orders": st.column_config.NumberColumn("Orders", format="%,d", width=75),
        "note": st.column_config.TextColumn("Tested", width=70, help="Too few orders to test this one")})
    st.caption("Click another pair to see it.")


def _download(found: GroupDifferences) -> pd.DataFrame:
    """One row a pair and group: the pair, its figures over all groups, and those of the group."""
    pairs = found.table[["count", "lift", "statistic", "p_value", "q_value", "most", "least"]].add_prefix("all_")
    pairs.insert(0, "products", [" + ".join((*left, *right)) for left, right in
                                 zip(found.table["left_names"], found.table["right_names"], strict=True)])
    return pairs.join(found.cells.set_index("row"), how="inner").reset_index(drop=True)


def _notes(found: GroupDifferences) -> None:
    if found.left_out:
        named = ", ".join(words.plain(label) for label in found.left_out)
        st.caption(f"Left out, for fewer than 50 of their orders hold two products or more: {named}.")
    if found.without:
        st.caption(f"Orders in none of the groups: {words.count(found.without)}.")


def method() -> None:
    """How a difference is told from chance."""
    st.markdown(
        "**Differences between groups and seasons** are told by the odds ratio within orders of about the same size, not by lift: a "
        "lift is higher wherever a product is rarer or orders are larger. Tested is whether it is the same in all groups (Breslow & "
        "Day 1980, Tarone 1985), with a wider variance where the same customers buy a pair again and again, corrected over all pairs "
        "compared.")
