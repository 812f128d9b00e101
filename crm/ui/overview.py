"""What does Overview say and draw? Why revenue moved, the six cards, the months."""

import math
from datetime import datetime

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from crm.services.desk_figures import DeskFigures
from crm.services.metrics import Figure, Overview
from crm.ui import desk_now, desk_words, page, words

PERIODS = {"30 days": 30, "Quarter": 90, "Year": 365}
BEFORE = {30: "the 30 days before", 90: "the quarter before", 365: "the year before"}
QUIET_DAYS = 3  # longer than a weekend without an order: perhaps the latest ones were not brought in yet
FEW_MONTHS = 3  # each has its own tick
FEW_ANSWERS = 30  # below, a mean is too uncertain to be compared
STEADY = 0.02  # a change of less than two per cent is nothing to explain


def sentence(overview: Overview) -> str:
    """Why revenue moved: more or fewer orders, or larger or smaller ones."""
    before = BEFORE[overview.days]
    then, now = overview.revenue.previous, overview.revenue.current
    if now is not None and now < 0:
        return "In this period more was given back than sold."
    if not now:
        return "There was no revenue in this period."
    if then is None:
        return f"Your orders do not reach back far enough to compare with {before}."
    if not then or then < 0 or not overview.orders.previous or not overview.orders.current:
        return f"There was no revenue in {before}, so there is nothing to compare with."
    by_orders = math.log(overview.orders.current / overview.orders.previous)
    by_size = math.log(now / then) - by_orders
    if abs(now / then - 1) < STEADY:
        return f"Revenue is about the same as in {before}."
    if now > then:
        if by_orders > 2 * by_size:
            return f"Compared with {before}, revenue is up mainly because there were more orders."
        if by_size > 2 * by_orders:
            return f"Compared with {before}, revenue is up mainly because orders were larger."
        return f"Compared with {before}, revenue is up: there were more orders, and they were larger."
    if by_orders < 2 * by_size:
        return f"Compared with {before}, revenue is down mainly because there were fewer orders."
    if by_size < 2 * by_orders:
        return f"Compared with {before}, revenue is down mainly because orders were smaller."
    return f"Compared with {before}, revenue is down: there were fewer orders, and they were smaller."


def service_line() -> None:
    """Open complaints and missed deadlines, with the way to them; nothing where there are none."""
    now, _ = desk_now.looked_at()
    found = desk_now.figures(now)
    said = service_sentence(found, now, is_usual=bool(found.overdue) and desk_now.is_usual())
    if said is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="service_line"):
        st.markdown(f":material/support_agent: {said}", width="content")
        page.link("service_desk", "Service desk", icon=":material/arrow_forward:", query={"ticket_show": "Late"} if found.overdue else None)


def service_sentence(found: DeskFigures, now: datetime, *, is_usual: bool = False) -> str | None:
    """What of the service desk must be seen first thing in the morning; None: nothing. `is_usual`: the owner set no deadlines."""
    if not (found.open_complaints or found.overdue):
        return None
    since = desk_words.moment(found.oldest_complaint_at, now)
    complaints = ("No complaint is open" if not found.open_complaints else
                  f"**1 complaint is open**, from {since}" if found.open_complaints == 1 else
                  f"**{desk_words.number(found.open_complaints)} complaints are open**, the oldest from {since}")
    late = ("no deadline is missed" if not found.overdue else
            "**1 ticket is past its deadline**" if found.overdue == 1 else
            f"**{desk_words.number(found.overdue)} tickets are past their deadlines**")
    usual = " by usual office hours; you can set your own at the service desk, under Rules" if is_usual and found.overdue else ""
    return f"{complaints}; {late}{usual}."


def cards(overview: Overview, currency: str) -> None:
    """The six figures, each with its change and its course over this period and the one before."""
    revenue, average = overview.revenue, overview.average_order
    with st.grid(min_column_width=150):
        _card("Revenue", words.money(revenue.current, currency), words.change(revenue.current, revenue.previous),
              revenue, help="All orders of the period, less returns and cancellations.")
        _card("Orders", words.count(overview.orders.current),
              words.change(overview.orders.current, overview.orders.previous), overview.orders, kind="bar")
        _card("Active customers", words.count(overview.active_customers.current),
              words.change(overview.active_customers.current, overview.active_customers.previous),
              overview.active_customers, help="Customers with at least one order in the period.")
        _card("Average order", words.money(average.current, currency),
              words.change(average.current, average.previous), average, help="What was charged for an order, before returns.")
        _card("Came back", words.share(overview.came_back.current), _points(overview.came_back), overview.came_back,
              help="Share of the active customers who had bought before the period began.")
        few = few_answers(overview.satisfaction_answers)
        _card("Satisfaction", _score(overview.satisfaction.current), few or _score_change(overview.satisfaction),
              overview.satisfaction, plain=few is not None, help=satisfaction_help(overview.satisfaction_answers))


def few_answers(answers: int) -> str | None:
    """What the card of satisfaction says instead of a change that would be mere chance; None: there are enough answers."""
    if answers >= FEW_ANSWERS:
        return None
    return "no answers" if answers == 0 else "only 1 answer" if answers == 1 else f"only {words.count(answers)} answers"


def satisfaction_help(answers: int) -> str:
    """What the card's figure is, or why there is none."""
    if answers == 0:
        return ("No question about satisfaction was answered in the period. Answers to questions of other kinds are on the page "
                "Satisfaction.")
    if answers == 1:
        return "The only answer about satisfaction in the period, from 1 to 5."
    return f"Mean of {words.count(answers)} answers about satisfaction in the period, from 1 to 5."


def months_figure(months: pd.DataFrame) -> go.Figure:
    """Revenue by month; months that the orders do not cover whole are dotted."""
    done = months[months["is_complete"]]
    figure = go.Figure(go.Scatter(x=done["month"], y=done["revenue"], name="Revenue", mode="lines",
                                  meta={"meaning": "good"}, hovertemplate="%{x|%b %Y}: %{y:,.0f}<extra></extra>"))
    last = months.tail(1)
    for edge, part in ((months.head(2), months.head(1)), (months.tail(2), last)):
        if len(part) and not part["is_complete"].iloc[0]:
            figure.add_scatter(x=edge["month"], y=edge["revenue"], name="Part of a month", mode="lines+markers",
                               meta={"meaning": "past"}, line={"dash": "dot"}, showlegend=part is last,
                               hovertemplate="%{x|%b %Y}, part of it: %{y:,.0f}<extra></extra>")
    figure.update_yaxes(rangemode="tozero", tickformat="~s")
    if len(months) <= FEW_MONTHS:
        figure.update_xaxes(dtick="M1", tickformat="%b %Y")  # by itself the axis would go down to hours
    return figure


def ranking(frame: pd.DataFrame, currency: str, *, key: str, label: str, last: str, comparable: bool) -> None:
    """A table of the best: name, revenue as a bar, change from the period before (where orders reach back to it), one more
    figure."""
    change = (frame["revenue"] / (frame["previous"] if comparable else float("nan")) - 1) * 100
    change = change.where(change < 1000)  # after next to nothing a multiple says nothing
    shown = pd.DataFrame({"name": frame["name"], "revenue": frame["revenue"], "change": change,
                          "last": frame[frame.columns[-1]]})
    top = float(shown["revenue"].max()) if len(shown) else 1.0
    with st.container(key=key):
        st.dataframe(shown, hide_index=True, height="content", alt=label, placeholder="–", column_config={
            "name": st.column_config.TextColumn(label, width=140),
            "revenue": st.column_config.ProgressColumn("Revenue", format=f"{words.sign(currency)} %,.0f",
                                                       min_value=0, max_value=top, width=150),
            "change": st.column_config.NumberColumn("Change", format="%+.0f %%", width=75),
            "last": st.column_config.NumberColumn(last, format="%,.0f", width=65)})


def _card(label: str, value: str, delta: str | None, figure: Figure, *, kind: str = "line",
          help: str | None = None, plain: bool = False) -> None:
    """plain: the words in place of a change are none, so they get neither an arrow nor a colour."""
    trend = [point for point in figure.trend if point is not None]
    falls = (delta or "").startswith("-")
    st.metric(label, value.replace("$", r"\$"), (delta or "").removeprefix("-") or None, border=True, height="stretch",
              help=help, delta_arrow="off" if plain else "down" if falls else "up",
              chart_data=trend if len(trend) > 1 else None, chart_type=kind,
              # Amber wants attention; red is kept for loss and error.
              delta_color="off" if plain else "orange" if falls else "green")


def _points(figure: Figure) -> str | None:
    if figure.current is None or figure.previous is None:
        return None
    return f"{(figure.current - figure.previous) * 100:.1f} pts"


def _score(mean: float | None) -> str:
    return "–" if mean is None else f"{mean:.2f} / 5"


def _score_change(figure: Figure) -> str | None:
    return None if figure.current is None or figure.previous is None else f"{figure.current - figure.previous:.2f}"
