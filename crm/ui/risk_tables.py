"""What does the page of risks show? Its cards and tables: whom to look at, open orders, dependence, complaints."""

import pandas as pd
import streamlit as st

from crm.analytics import risk
from crm.analytics.risk import Risk
from crm.ui import page, risk_words, run, words

SHOWN = 100  # nobody looks into more people in a week
LEVELS = {"high": "High", "watch": "Watch", "low": "Low"}
DUE_FROM = {"recorded": "On record", "given": "Your term", "usual": "Usual term", "": "Not known"}


def cards(result: Risk, currency: str) -> None:
    """Six figures, with their change from the year before where it is known."""
    trend = result.payments.trend.set_index("period")
    top = result.concentration.top.set_index("first")
    waiting = result.disputes.customers["open"].sum() if result.disputes.is_recorded else None
    back = result.returns.share_of_amount if result.returns.is_recorded else None
    open_help = ("Not known: payments that name their orders are needed." if result.open_amount != result.open_amount
                 else f"In all {words.money(result.open_amount, currency)} is open, due or not.".replace("$", r"\$"))
    with st.grid(min_column_width=150):
        _card("Overdue", words.money(result.overdue_amount, currency), help=open_help)
        _card("Bills paid late", words.share(trend.loc["year", "share_late"], 1),
              _points(trend.loc["year", "share_late"], trend.loc["before", "share_late"]),
              help=f"Of {words.count(trend.loc['year', 'bills'])} bills due in the last 365 days, overdue ones included; "
                   "below it the change from the 365 days before.")
        largest = 3 if result.concentration.buyers >= 3 else 1
        _card("Top 3 customers" if largest == 3 else "Top customer", risk_words.percent(top.loc[largest, "share"]),
              _points(top.loc[largest, "share"], top.loc[largest, "share_before"]),
              help="Share of the revenue of the last 365 days; below it the change from the 365 days before.")
        _card("Given back", words.share(back, 1), help="Of what was sold in the last two years, by amount."
              if back is not None else "Not known: no return is on record.")
        about = ("" if result.disputed_amount != result.disputed_amount
                 else f" They are about orders of {page.amount(result.disputed_amount, currency)}.")
        _card("Open complaints", words.count(waiting), help=f"Not resolved yet, or opened again.{about}"
              if waiting is not None else "Not known: no requests or complaints are on record.")
        _card("At high risk", words.money(result.high_revenue, currency),
              help="What customers at the level “high” brought in the last 365 days.")


def _card(label: str, value: str, delta: str | None = None, *, help: str) -> None:
    falls = (delta or "").startswith("−")
    st.metric(label, value.replace("$", r"\$"), (delta or "").removeprefix("−") or None, border=True, height="stretch",
              help=help, delta_arrow="down" if falls else "up", delta_color="green" if falls else "orange")


def _points(now: float, before: float) -> str | None:
    if now != now or before != before or round((now - before) * 100, 1) == 0:
        return None
    moved = (now - before) * 100
    return f"{'−' if moved < 0 else ''}{abs(moved):.1f} pts"


def first(result: Risk) -> pd.DataFrame:
    """Whom to look at first: those who stand out and can still hurt."""
    customers = result.customers
    return customers[customers["level"].isin(["high", "watch"]) & customers["is_present"]].head(SHOWN)


def first_table(result: Risk, shown: pd.DataFrame, currency: str) -> None:
    """Whom to look at first, one a row; a click opens the customer. `shown`: jobs.risk.details of `first`, with
    customer_name."""
    levels = result.customers.loc[result.customers["is_present"], "level"].value_counts().reindex(["high", "watch", "low"], fill_value=0)
    if shown.empty:
        st.success("Nobody on this list stands out: no customer on it reaches the level “watch”.", icon=":material/verified_user:")
        return
    event = st.dataframe(
        pd.DataFrame({"name": shown["customer_name"], "level": [level(row) for row in shown.to_dict("records")],
                      "why": risk_words.spelled_out(shown, result), "overdue": shown["overdue_amount"],
                      "year": shown["revenue_year"]}),
        # What is listed is part of the key: another list is another widget, with nothing selected.
        key=f"risk_list_{run.current().key}_{hash(tuple(shown['customer_id']))}", hide_index=True,
        height=_height(shown, 500), placeholder="–", on_select="rerun", selection_mode="single-cell",
        alt="Customers, the highest risk first", column_config={
            "name": st.column_config.TextColumn("Customer", width=150),
            "level": st.column_config.TextColumn("Level", width=80),
            "why": st.column_config.TextColumn("Why", width=520),
            "overdue": st.column_config.NumberColumn("Overdue", format=f"{words.sign(currency)} %,.0f", width=80),
            "year": st.column_config.NumberColumn("A year", format=f"{words.sign(currency)} %,.0f", width=80)})
    st.caption(f"{words.count(levels['high'])} high, {words.count(levels['watch'])} watch, {words.count(levels['low'])} low. "
               "Click a customer to open it. The number is a score out of 100: a reading aid, no probability. Who bought "
               "nothing for a year, owes nothing and waits for no answer is only in the download.")
    if (shown["possible"] < risk.HIGH_NEEDS).all():
        st.caption("Too few parts are known to call anybody “high”: bring in payments, returns or complaints as well.")
    cells = event["selection"]["cells"] if event else []
    if cells:
        # A position becomes an id at once: after the next change it would mean somebody else.
        page.go_to("customer", customer=str(shown["customer_id"].iloc[cells[0][0]]))


def _height(rows: pd.DataFrame, most: int) -> int | str:
    """As high as the rows, or `most` pixels where there are more."""
    return "content" if 35 * (len(rows) + 1) <= most else most


def level(row: dict) -> str:
    """The level and the score, as a table shows them."""
    return f"{LEVELS[row['level']]} · {row['score']:.0f}" if row["level"] in LEVELS else "Not known"


def for_download(table: pd.DataFrame, result: Risk) -> pd.DataFrame:
    """Every customer with the reasons in words, figures rounded as people read them."""
    return table.drop(columns="customer_id", errors="ignore").round(4).assign(why=risk_words.spelled_out(table, result))


def open_table(table: pd.DataFrame, currency: str) -> None:
    """The open orders, the longest overdue first. `table`: jobs.risk.open_orders."""
    money = f"{words.sign(currency)} %,.2f"
    shown = table.head(SHOWN)
    st.dataframe(pd.DataFrame({
        "name": shown["customer_name"], "open": shown["open_amount"], "days": shown["days_overdue"], "due": shown["due_on"],
        "from": shown["due_from"].map(DUE_FROM), "ordered": shown["ordered_on"]}),
        hide_index=True, placeholder="–", height=_height(shown, 320), alt="Open orders, the longest overdue "
        "first", column_config={
            "name": st.column_config.TextColumn("Customer", width=130),
            "open": st.column_config.NumberColumn("Open", format=money, width=75),
            "days": st.column_config.NumberColumn("Days late", format="%,d", width=65, help="Below 0: not due yet."),
            "due": st.column_config.DateColumn("Due", format="D MMM YYYY", width=85),
            "from": st.column_config.TextColumn("Due day", width=80),
            "ordered": st.column_config.DateColumn("Ordered", format="D MMM YYYY", width=85)})


def dependence_table(by: pd.DataFrame) -> None:
    """The same for products, categories, ways customers came, and countries."""
    if by.empty:
        st.caption("Neither products, categories, channels nor countries are on record.")
        return
    shown = pd.DataFrame({
        "what": by["dimension"].map(risk_words.DIMENSIONS), "largest": by["largest"], "share": by["share_1"] * 100,
        "before": by["share_1_before"] * 100, "three": by["share_3"] * 100, "of": by["groups"]})
    st.dataframe(shown, hide_index=True, height="content", placeholder="–", alt="Shares of the largest product, category, "
                 "channel and country", column_config={
                     "what": st.column_config.TextColumn("By", width=75),
                     "largest": st.column_config.TextColumn("Largest", width=135),
                     "share": st.column_config.NumberColumn("Share", format="%.0f %%", width=50),
                     "before": st.column_config.NumberColumn("Before", format="%.0f %%", width=55,
                                                             help="In the 365 days before."),
                     "three": st.column_config.NumberColumn("Top 3", format="%.0f %%", width=50),
                     "of": st.column_config.NumberColumn("In all", format="%,d", width=50)})
    unsaid = by[by["not_stated"] >= 0.01]
    if len(unsaid):
        kinds = ", ".join(f"{risk_words.DIMENSIONS[row.dimension].lower()} {words.share(row.not_stated)}" for row in unsaid.itertuples())
        st.caption(f"Share of revenue of which it is not known: {kinds}.")


def complaints_table(result: Risk, names: pd.DataFrame, currency: str) -> None:
    """Open complaints by customer, who waits longest first."""
    if not result.disputes.is_recorded:
        st.caption("No requests or complaints are on record. They can be brought in as tickets, with the customer, the kind "
                   "and the day.")
        return
    found = result.disputes.customers
    waiting = found[found["open"] > 0].sort_values(["open_days", "customer_id"], ascending=[False, True]).head(SHOWN)
    waiting = waiting.merge(names, on="customer_id").merge(result.customers[["customer_id", "revenue_year"]],
                                                           on="customer_id")
    if waiting.empty:
        st.success("No complaint is open.", icon=":material/check_circle:")
        return
    state = ["no answer yet" if row.unanswered else "opened again" if row.reopened else "answered"
             for row in waiting.itertuples()]
    columns = {"name": waiting["customer_name"], "days": waiting["open_days"], "state": state,
               "all": waiting["complaints"], "year": waiting["revenue_year"]}
    if result.disputed_amount == result.disputed_amount:
        columns["about"] = waiting["disputed_amount"]
    money = f"{words.sign(currency)} %,.0f"
    st.dataframe(pd.DataFrame(columns), hide_index=True, placeholder="–", height=_height(waiting, 320),
                 alt="Customers with open complaints, the longest waiting first", column_config={
                     "name": st.column_config.TextColumn("Customer", width=130),
                     "days": st.column_config.NumberColumn("Days open", format="%,d", width=70),
                     "state": st.column_config.TextColumn("State", width=95),
                     "all": st.column_config.NumberColumn("In 2 years", format="%,d", width=70),
                     "year": st.column_config.NumberColumn("A year", format=money, width=70),
                     "about": st.column_config.NumberColumn("About", format=money, width=70)})
