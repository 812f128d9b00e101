"""Which tables does the page of journeys have? Steps, whole ways, beginnings, groups, where everybody stands."""

import pandas as pd
import streamlit as st

from crm.analytics.journey import AGAIN, FEW, Groups, Journey
from crm.jobs import journey as job
from crm.ui import journey_words, page, words

SHOWN = 12  # lines of a table; the downloads have all


def figures(result: Journey) -> None:
    """The cards at the top; what is not known yet says so."""
    first, second = result.to_first_order, result.to_second_order
    with st.grid(min_column_width=150):
        st.metric("Customers followed", words.count(result.customers), border=True)
        if second is not None and second.within_days is not None:
            st.metric("Buy again", words.share(second.share), border=True,
                      help=f"Of those who bought once, within {journey_words.span(second.within_days)} of the first order.")
            st.metric("Half of them within", journey_words.days(second.half_days), border=True, help="Of those who buy again in that time.")
        if first is not None and first.within_days is not None:
            st.metric("Order at all", words.share(first.share), border=True,
                      help=f"Of those whose first contact is on record, within {journey_words.span(first.within_days)}.")
        st.metric("Silent today", words.count(result.silent_now), border=True,
                  help=f"Nothing was heard of them for {result.silence_days} days.")


def steps(result: Journey) -> None:
    """What follows each step, and how soon."""
    ways = result.following.head(SHOWN)
    shown = pd.DataFrame({
        "way": [f"{journey_words.NAMES[row.from_kind]} → {journey_words.NAMES[row.to_kind]}" for row in ways.itertuples()],
        "customers": ways["customers"].to_numpy(), "share": ways["share"].to_numpy() * 100, "days": ways["days_median"].to_numpy(),
        "between": [journey_words.between(row) for _, row in ways.iterrows()]})
    with st.container(key="journey_steps"):
        st.dataframe(shown, hide_index=True, height="content", placeholder="–", alt="What follows each step, the most frequent first",
                     column_config={
                         "way": st.column_config.TextColumn("From → to", width=170),
                         "customers": st.column_config.NumberColumn("Customers", format="%,d", width=75),
                         "share": st.column_config.NumberColumn("Of 100", format="%.0f", width=55, help="Of the customers at the step before the arrow"),
                         "days": st.column_config.NumberColumn("Days", format="%.0f", width=50, help="Typically: half took less, half longer"),
                         "between": st.column_config.TextColumn("Usually", width=75, help="Days: the middle half of the customers")})
    st.caption(journey_words.steps_caption(result))
    names = {"from_kind": journey_words.NAMES, "to_kind": journey_words.NAMES}
    page.download(lambda session: result.following.replace(names), file_name="journey_next.csv", key="download_next",
                  label="Download this table")


def by_step_download(result: Journey) -> None:
    """What the picture shows, as a table."""
    names = {"from_kind": journey_words.NAMES, "to_kind": journey_words.NAMES}
    page.download(lambda session: job.table(result).replace(names), file_name="journey_steps.csv", key="download_steps",
                  label="Download the picture as a table")


def stands(result: Journey) -> None:
    """Where everybody stands today."""
    table = result.stages
    shown = pd.DataFrame({"stage": table["stage"].map(journey_words.STAND), "customers": table["customers"], "silent": table["silent"],
                          "share": (table["silent"] / table["customers"].where(table["customers"] > 0)) * 100})
    st.dataframe(shown, hide_index=True, height="content", placeholder="–", alt="How far customers came, and how many of them are silent today",
                 column_config={
                     "stage": st.column_config.TextColumn("Today", width=120),
                     "customers": st.column_config.NumberColumn("Customers", format="%,d", width=85),
                     "silent": st.column_config.NumberColumn("Silent", format="%,d", width=70),
                     "share": st.column_config.ProgressColumn("Of 100", format="%.0f", min_value=0, max_value=100, width=110)})


def stops_download(result: Journey) -> None:
    page.download(lambda session: result.dropouts.replace({"kind": journey_words.FOR_TABLE}), file_name="journey_stops.csv",
                  key="download_stops", label="Download this table")


def soon(result: Journey) -> None:
    """Who has ordered, and ordered again, after so many days."""
    found = {name: wait.by_days.set_index("day") for name, wait in
             (("ordered", result.to_first_order), ("again", result.to_second_order)) if wait is not None}
    if not found:
        return
    days = next(iter(found.values())).index
    shown = pd.DataFrame({"within": [journey_words.span(day).capitalize() for day in days]})
    titles = {"ordered": "First order", "again": "Second order"}
    for name, table in found.items():
        shown[name] = [_likely(table.loc[day]) for day in days]
    st.dataframe(shown, hide_index=True, height="content", alt="Who has ordered, and ordered again, after so many days",
                 column_config={"within": st.column_config.TextColumn("Within", width=90)} | {
                     name: st.column_config.TextColumn(f"{titles[name]}, of 100", width=135, help="Beside it what it likely is, given the numbers")
                     for name in found})


def _likely(row: pd.Series) -> str:
    if row["share"] != row["share"]:
        return "–"
    return f"{journey_words.of_100(row['share'])} ({journey_words.of_100(row['low'])} to {journey_words.of_100(row['high'])})"


def whole(result: Journey, currency: str) -> None:
    """The most usual whole ways, and what customers on them have brought."""
    ways = result.whole.head(SHOWN)
    money = f"{words.sign(currency)} %,.0f"
    shown = pd.DataFrame({"customers": ways["customers"], "way": [journey_words.way(row.path, row.end) for row in ways.itertuples()],
                          "revenue": ways["revenue_median"], "share": ways["share"] * 100, "days": ways["days"]})
    with st.container(key="journey_whole"):
        st.dataframe(shown, hide_index=True, height="content", placeholder="–", alt="The most usual whole ways", column_config={
            "customers": st.column_config.NumberColumn("Customers", format="%,d", width=75),
            "way": st.column_config.TextColumn("Way", width=390),
            "revenue": st.column_config.NumberColumn("Typically brought", format=money, width=110,
                                                     help="All orders so far, net of returns: half of them brought less, half more"),
            "share": st.column_config.NumberColumn("Of 100", format="%.1f", width=55),
            "days": st.column_config.NumberColumn("Days", format="%,.0f", width=55, help="From the first to the last step, typically")})
    page.download(lambda session: job.written(result.whole, journey_words.NAMES), file_name="journey_ways.csv", key="download_ways",
                  label="Download all ways")


def beginnings(result: Journey, currency: str) -> None:
    """What customers brought after their first two steps."""
    table = result.beginnings
    if result.after_days is None or table.empty:
        st.caption("What a beginning brings needs thirty customers whose second step is 30 days ago or longer, and ten on one beginning.")
        return
    shown = pd.DataFrame({
        "way": [journey_words.way(path) for path in table["path"]], "revenue": table["revenue_median"], "customers": table["customers"],
        "bought": table["bought_share"] * 100})
    with st.container(key="journey_beginnings"):
        st.dataframe(shown.head(SHOWN), hide_index=True, height="content", placeholder="–", alt="What customers brought after their first two steps",
                     column_config={
                         "way": st.column_config.TextColumn("First two steps", width=175),
                         "revenue": st.column_config.NumberColumn("Brought later", format=f"{words.sign(currency)} %,.0f", width=95,
                                                                  help="Half of them less, half more"),
                         "customers": st.column_config.NumberColumn("Customers", format="%,d", width=75),
                         "bought": st.column_config.NumberColumn("Of 100 ordered", format="%.0f", width=100)})
    time = "year" if result.after_days == 365 else journey_words.days(result.after_days)
    st.caption(f"In the {time} after the second step, of customers for whom it is over. That customers on one way bring more does not say that "
               "the way makes them: who means to buy much may also begin so.")
    page.download(lambda session: job.written(table, journey_words.NAMES), file_name="journey_beginnings.csv", key="download_beginnings",
                  label="Download this table")


def groups(found: Groups) -> None:
    """One row a group: who buys again, where they stop, the most usual way."""
    enough = found.dropouts.assign(share=found.dropouts["share"].where(found.dropouts["judged"] >= FEW))
    stops = enough.pivot(index="group", columns="kind", values="share")
    shown = pd.DataFrame({
        "group": [journey_words.label(found, name) for name in found.table["group"]],
        "again": found.table["again_share"].where(found.table["again_judged"] >= FEW) * 100,
        "customers": found.table["customers"],
        **{kind: (stops[kind].reindex(found.table["group"]) * 100).to_numpy() for kind in ("first_order", "second_order", "complaint", "low_score")
           if kind in stops and stops[kind].notna().any()},
        "way": [journey_words.way(row.usual_path, row.usual_end) for row in found.table.itertuples()]})
    said = "Of 100 customers so many stop: they did not order in the days after it; blank where fewer than ten can be judged"
    with st.container(key="journey_groups"):
        st.dataframe(shown, hide_index=True, height="content", placeholder="–", alt="The groups beside one another", column_config={
            "group": st.column_config.TextColumn("Group", width=135),
            "again": st.column_config.ProgressColumn("Buy again", format="%.0f", min_value=0, max_value=100, width=90,
                                                     help=f"Of 100, within {journey_words.span(found.again_days)} of the first order"),
            "customers": st.column_config.NumberColumn("Customers", format="%,d", width=80),
            "first_order": st.column_config.NumberColumn("After one order", format="%.0f", width=95, help=said),
            "second_order": st.column_config.NumberColumn("After two", format="%.0f", width=65, help=said),
            "complaint": st.column_config.NumberColumn("A complaint", format="%.0f", width=80, help=said),
            "low_score": st.column_config.NumberColumn("A low score", format="%.0f", width=80, help=said),
            "way": st.column_config.TextColumn("Most usual way", width=300)})
    names = journey_words.FOR_TABLE | {AGAIN: "Buys again"}
    page.download(lambda session: found.dropouts.merge(found.tests, on="kind", how="left").replace({"kind": names}),
                  file_name="journey_groups.csv", key="download_groups", label="Download all comparisons")
