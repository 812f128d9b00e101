"""How do the groups change over time? Their sizes, who moved where, and one customer's own way through them."""

from datetime import date

import pandas as pd
import streamlit as st

from crm.analytics.segments import history_charts
from crm.analytics.segments.history import GONE, NEW, History
from crm.analytics.segments.names import RFM_GROUPS, SEGMENT_MEANINGS
from crm.errors import CrmError
from crm.jobs import audiences
from crm.services import rfm_settings
from crm.ui import chart, page, run, words

EVERY = {"Quarters": ("quarter", 8), "Months": ("month", 12)}  # two years, one year
SPAN = {"quarter": "three months", "month": "month"}
GONE_AFTER = {"Never": None, "A year": 365, "Two years": 730, "Three years": 1095}
BY = {"Customers": "customers", "Shares": "share"}
ACTIVE = tuple(group for group in RFM_GROUPS if SEGMENT_MEANINGS[group] == "good")
QUIET = tuple(group for group in RFM_GROUPS if SEGMENT_MEANINGS[group] != "good") + (GONE,)


def draw(as_of: date) -> None:
    """The groups of clear rules at earlier moments: bars over time, streams of the last period, a table of all moves."""
    with page.controls():
        every, periods = EVERY[st.segmented_control("By", list(EVERY), default="Quarters", required=True,
                                                    key="history_every") or "Quarters"]
        by = BY[st.segmented_control("Show", list(BY), default="Customers", required=True, key="history_by") or "Customers"]
        gone = st.selectbox("Count as gone after", list(GONE_AFTER), key="history_gone", width=180,
                            help="Without an order for so long, customers leave the groups until they order again.")
    with page.advice():
        found = run.cached(audiences.history, as_of=as_of, every=every, periods=periods, gone_after_days=GONE_AFTER[gone],
                           doing="Looking back")
        names = _names()
        page.answer(sentence(found))
        left, right = st.columns([3, 2])
        with left, page.card("How large the groups were", key="history_card"):
            chart.show(history_charts.sizes_over_time(found, names=names, by=by), key="history_sizes", height=340,
                       alt="One bar for each moment, with the number of customers in each group.")
        with right, page.card("Who moved where", key="moves_card"):
            period = _period(found)
            figure = history_charts.moves(found, names=names, period=period)
            chart.show(figure, key="history_moves", height=figure.layout.meta["height"],
                       alt="Streams from the groups at the start of the period on the left to those at its end on the right.")
        _all_moves(found, names)
        # The page explains its groups itself; this is about their past alone.
        with st.expander("How the past groups are found", icon=":material/function:", key="history_method"):
            method(found)


def sentence(found: History) -> str:
    """What the last period brought: who went quiet, who came back, who came first."""
    last = found.flows[found.flows["period"] == found.flows["period"].max()]
    quiet = _moved(last, ACTIVE, QUIET)
    back = _moved(last, QUIET, ACTIVE)
    first = _moved(last, (NEW,), (*ACTIVE, *QUIET))
    since = words.day(found.periods[-2])
    return (f"**In the last {SPAN[found.every]}, {_people(quiet)} went quiet and {_people(back)} came back.** "
            f"{_people(first).capitalize()} ordered for the first time since {since}.")


def steps(customer_id: int, *, as_of: date) -> str | None:
    """One customer's way through the groups in one line of Markdown; None where there is none to tell."""
    try:
        found = run.cached(audiences.history, as_of=as_of)
    except CrmError:  # what is missing for it is told on the Groups page
        return None
    course = found.of_customer(customer_id)
    if course.empty:
        return None
    names, begun = _names(), course[course["group"] != course["group"].shift()]
    ways = [f"{words.plain(names[group])} :gray[{period:%b %Y}]" for period, group
            in begun[["period", "group"]].itertuples(index=False)]
    ways[-1] = f"**{words.plain(names[begun['group'].iloc[-1]])}** :gray[since {begun['period'].iloc[-1]:%b %Y}]"
    return " → ".join(ways)


def method(found: History) -> None:
    """How the past groups are found, with the borders in use."""
    cuts = found.cuts
    st.markdown(
        f"Every customer's group is looked up at {len(found.periods)} moments, from {words.day(found.periods[0])} to "
        f"{words.day(found.periods[-1])}, each as if it were that day: later orders are not looked at. The moments are "
        "counted back from the last day, so that all periods are equally long.")
    st.markdown(
        "The borders between the marks are the same at every moment (those that you set, else those that part today's "
        "customers into fifths). So customers change groups by what they do, never because others buy more. Orders and "
        "spend add up over the years: further back, fewer customers had the time to become good ones.")
    st.dataframe(pd.DataFrame({
        "marks": ["5", "4", "3", "2", "1"],
        "days": [*(_upto(border) for border in cuts.recency_days), "longer"],
        "orders": [*(_from(border) for border in reversed(cuts.orders)), "fewer"],
        "money": [*(_from(border) for border in reversed(cuts.money)), "less"]}),
        hide_index=True, height="content", alt="The borders between the marks", column_config={
            "marks": "Marks", "days": "Days since last order", "orders": "Orders", "money": "Net spend"})


def _names() -> dict[str, str]:
    own = run.fresh(rfm_settings.read)
    return {group: own.called(group) for group in RFM_GROUPS} | {NEW: "No customer yet", GONE: "Gone"}


def _period(found: History) -> pd.Timestamp:
    ends = dict(reversed([(f"{words.day(begin)} to {words.day(end)}", pd.Timestamp(end))
                          for begin, end in zip(found.periods, found.periods[1:], strict=False)]))
    return ends[st.selectbox("Period", list(ends), key=f"history_period_{found.every}_{found.periods[-1]}",
                             label_visibility="collapsed")]


def _all_moves(found: History, names: dict[str, str]) -> None:
    with st.expander("All moves as a table", icon=":material/table:", key="history_table", on_change="rerun") as box:
        if box.open:
            table = audiences.flows_table(found, names)
            moved = table[table["from_group"] != table["to_group"]].sort_values(
                ["period", "customers"], ascending=False, kind="stable")
            st.dataframe(moved, hide_index=True, height=320, alt="Moves between groups", column_config={
                "period": st.column_config.DateColumn("Period to", format="D MMM YYYY"), "from_group": "From", "to_group": "To",
                "customers": st.column_config.NumberColumn("Customers", format="%,d")})
            page.download(lambda session: table, file_name="group_moves.csv", key="download_moves",
                          label="Download all moves")


def _moved(flows: pd.DataFrame, sources: tuple[str, ...], targets: tuple[str, ...]) -> int:
    return int(flows.loc[flows["from_group"].isin(sources) & flows["to_group"].isin(targets), "customers"].sum())


def _people(number: int) -> str:
    return "nobody" if number == 0 else "1 customer" if number == 1 else f"{words.count(number)} customers"


def _upto(border: float) -> str:
    return f"up to {border:,.0f}" if abs(border) != float("inf") else "–"


def _from(border: float) -> str:
    return f"from {border:,.0f}" if abs(border) != float("inf") else "–"
