"""Tab “Money”: who orders again after which score, what may be lost with unhappy customers, and whom to answer first."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import streamlit as st
from sqlalchemy.orm import Session

from crm import jobs
from crm.analytics import satisfaction
from crm.analytics.satisfaction import AfterAnswers, AtRisk
from crm.analytics.satisfaction.answers import FEW_ANSWERS
from crm.jobs.satisfaction.money import Money
from crm.services import satisfaction_tasks, settings, tasks
from crm.ui import audience, chart, dialogs, page, run, satisfaction_method, segment_saving, words

HORIZONS = {"90 days": 90, "180 days": 180, "1 year": 365}
SCORES = {"By itself": None, "Satisfied": "csat", "Would recommend": "nps", "Questions": "likert", "Easy to deal with": "ces"}
LEVELS = {"low": "Unhappy", "middle": "In between", "high": "Happy", "none": "Gave no score"}
SURE = 0.05
SHOWN = 100  # nobody answers more people in a week
FIRST = 10  # of them get a task where none is marked
FORM = "satisfaction_tasks"


def draw(*, as_of: date, among: audience.Audience | None) -> None:
    """The tab."""
    currency = run.fresh(settings.company).currency
    with page.controls():
        horizon = st.segmented_control("Ordered again within", list(HORIZONS), default="180 days", required=True,
                                       key="satisfaction_horizon") or "180 days"
        with st.popover("More options", key="satisfaction_money_options"):
            score = st.selectbox("Score", list(SCORES), key="satisfaction_money_metric",
                                 help="What counts as happy. By itself: “Satisfied” where at least 30 customers count by it, else the "
                                      "score by which most do.")
    result = audience.ask(jobs.satisfaction.money.run, among, as_of=as_of, horizon_days=HORIZONS[horizon], metric=SCORES[score],
                          doing="Following customers after their answers")
    after, risk = result.after, result.risk
    st.markdown(sentence(after))
    if SCORES[score] is None:
        st.caption(chosen(after))
    left, right = st.columns([3, 2])
    with left, page.card("Who orders again", key="returning_card"):
        chart.show(satisfaction.charts.returning(after, names=LEVELS), key="returning", height=260,
                   alt="The share of customers who ordered again after each score, with its range; at the right those who gave no score.")
        _rates(after)
    with right, page.card("What may be lost", key="lost_card"):
        _lost(risk, currency)
    with page.card("Unhappy customers", key="unhappy_card"):
        _unhappy(result, as_of, currency)
    with st.expander("How this is computed: money", icon=":material/function:", key="satisfaction_money_method"):
        satisfaction_method.money(after, risk, currency)


def sentence(after: AfterAnswers) -> str:
    """Whether happy customers come back more often, how much, and what that does not prove."""
    if after.difference is None:
        return (f"**There is nobody to compare with:** all {words.count(after.customers)} customers whose time is over scored alike. "
                "Ask more customers.")
    rows = after.rows.groupby("level")[["came_back", "n"]].sum()
    high, low = (rows.loc[level, "came_back"] / rows.loc[level, "n"] for level in ("high", "low"))
    days = words.count(after.horizon_days)
    head = (f"**Of happy customers {words.share(high)} ordered again within {days} days, of unhappy ones {words.share(low)}.**")
    fewest = int(min(rows.loc["high", "n"], rows.loc["low", "n"]))
    few = f" One side is only {words.count(fewest)} customers, so this is a first sign." if fewest < 30 else ""
    found = after.adjusted or after.difference
    alike = "Among customers with equally many and equally recent orders" if after.adjusted else "Among all these customers"
    if not found.is_shown:
        return (f"{head} {alike} that is no difference that chance would not explain ({_points(found.low)} to {_points(found.high)} "
                f"percentage points).{few}")
    if found.value > 0:
        return (f"{head} {alike}, happy ones come back more often by {_points(found.value)} percentage points ({_points(found.low)} to "
                f"{_points(found.high)}). That one goes with the other does not prove that it is its cause.{few}")
    return (f"{head} {alike}, it is the unhappy ones who come back more often, by {_points(-found.value)} percentage points "
            f"({_points(-found.high)} to {_points(-found.low)}); so unhappiness costs no orders that could be seen.{few}")


def chosen(after: AfterAnswers) -> str:
    """Which score says here who is happy, and why that one was chosen by itself."""
    count = "1 customer counts" if after.customers == 1 else f"{words.count(after.customers)} customers count"
    if after.metric == "csat":
        return f"Happy or not is told by the questions about satisfaction; {count} by them."
    why = ("the questions about satisfaction have no more of them" if after.customers < FEW_ANSWERS
           else f"by the questions about satisfaction fewer than {FEW_ANSWERS} count yet")
    return {"nps": f"Happy or not is told by whether customers would recommend you: {count} by it, {why}.",
            "likert": f"Happy or not is told by the mean of a customer's answers to your other questions: {count} by it, {why}.",
            "ces": f"Happy or not is told by how easy you are to deal with: {count} by it, {why}."}[after.metric]


def _points(part: float) -> str:
    return f"{part * 100:.0f}".replace("-", "−")


def _rates(after: AfterAnswers) -> None:
    rows = after.rows[after.rows["n"] > 0]
    told = rows["n_left"].sum() > 0
    shown = pd.DataFrame({
        "score": [LEVELS[row.level] if row.label in ("", row.level) else row.label for row in rows.itertuples()],
        "share": rows["share"] * 100,
        "range": [_range(row.low, row.high) for row in rows.itertuples()],
        "n": rows["n"],
        "left": rows["left_share"] * 100,
        "left_range": [_range(row.left_low, row.left_high) if row.n_left else None for row in rows.itertuples()],
    })
    months = round(after.leaving_days / 30.4)
    st.dataframe(
        shown if told else shown.drop(columns=["left", "left_range"]), hide_index=True, height="content", placeholder="–",
        alt="Share of customers who ordered again, and who left, by score", column_config={
            "score": st.column_config.TextColumn("Score", width=85),
            "share": st.column_config.NumberColumn("Ordered again", format="%.0f %%", width=105),
            "range": st.column_config.TextColumn("Surely within", width=100, help="95 % range"),
            "n": st.column_config.NumberColumn("Customers", format="%,d", width=80),
            "left": st.column_config.NumberColumn("Left", format="%.0f %%", width=55,
                                                  help=f"No order within {months} months; only of customers for whom they are over."),
            "left_range": st.column_config.TextColumn("Left: within", width=95)})
    notes = []
    if after.trend_p_value is not None:
        notes.append(tendency(after))
    if rows["few"].any():
        notes.append("Shares of fewer than 30 customers are uncertain and may stray.")
    if after.too_early:
        notes.append(f"Not counted yet, for their time is not over: {words.count(after.too_early)} customers.")
    st.caption(" ".join(notes))


def tendency(after: AfterAnswers) -> str:
    """Whether the share rises or falls over all scores together; a single score may lie off that course."""
    if after.trend_p_value >= SURE:
        return "All in all there is no rise or fall with the score that chance would not explain."
    if after.trend_z > 0:
        return "All in all, more order again with a higher score; chance alone would not explain this tendency."
    return "All in all, fewer order again with a higher score; chance alone would not explain this tendency."


def _range(low: float, high: float) -> str:
    return f"{low * 100:.0f}–{high * 100:.0f} %"


def _lost(risk: AtRisk, currency: str) -> None:
    if risk.customers == 0:
        st.markdown("**Nobody is unhappy** by the latest score of the last 12 months.")
        return
    st.markdown(f"**{_people(risk.customers)} unhappy**, by the latest score of the last 12 months. In these 12 months they "
                f"bought for **{page.amount(risk.revenue, currency)}**.")
    if risk.lost is None:
        st.markdown("**No money at risk can be shown:** that unhappy customers come back less often than happy ones with as many "
                    "orders may be chance.")
    else:
        st.metric("May be lost a year", words.money(round(risk.lost), currency).removesuffix(".00"))
        st.caption(f"{page.amount(round(risk.lost_low), currency).removesuffix('.00')} to "
                   f"{page.amount(round(risk.lost_high), currency).removesuffix('.00')}: what they bought, times how much less often "
                   "unhappy customers come back. What an answer would save is not known by this.")
    if risk.unanswered:
        st.markdown(f"**{_customers(risk.unanswered)} had no reply from you since**; they bought for "
                    f"{page.amount(risk.unanswered_revenue, currency)}.")
    else:
        st.markdown("**All of them had a reply from you** since.")


def _unhappy(result: Money, as_of: date, currency: str) -> None:
    risk = result.risk
    if risk.customers == 0:
        st.info("There is nobody to show here.", icon=":material/sentiment_satisfied:")
        return
    rows = risk.unhappy.head(SHOWN).merge(run.cached(jobs.names.customers), on="customer_id", how="inner")
    has_task = rows["customer_id"].isin(run.fresh(satisfaction_tasks.open_for))
    answered = [words.day(row.answered_on) if row.answered else "No, task made" if task else "No"
                for row, task in zip(rows.itertuples(), has_task, strict=True)]
    money = f"{words.sign(currency)} %,.0f"
    event = st.dataframe(
        pd.DataFrame({
            "name": rows["customer_name"], "revenue": rows["revenue"],
            "score": [f"{row.score:g} of {row.scale_max:g}" for row in rows.itertuples()], "answered": answered,
            "said_on": rows["said_on"], "comment": rows["comment"].str.slice(0, 300), "since": rows["ordered_since"],
            "open": rows["has_open_ticket"]}),
        key=f"unhappy_{run.current().key}_{hash((as_of, tuple(rows['customer_id'])))}", hide_index=True, placeholder="–",
        height="content" if len(rows) <= 10 else 35 * 12, on_select="rerun", selection_mode="multi-row",
        alt="Unhappy customers, those without your reply and with most revenue first", column_config={
            "name": st.column_config.TextColumn("Customer", width=145),
            "revenue": st.column_config.NumberColumn("12 months", format=money, width=80, help="Net revenue of the last 12 months."),
            "score": st.column_config.TextColumn("Score", width=60),
            "answered": st.column_config.TextColumn("You replied", width=110, help="A contact of yours, or an answer to a ticket, "
                                                                                   "on a later day than the score."),
            "said_on": st.column_config.DateColumn("Said on", format="D MMM YYYY", width=95),
            "comment": st.column_config.TextColumn("What they wrote", width=250),
            "since": st.column_config.CheckboxColumn("Ordered", width=70, help="Ordered something since then."),
            "open": st.column_config.CheckboxColumn("Ticket", width=60, help="A ticket is open.")})
    st.caption("Those without your reply first, then those who bought most. Mark customers at the left to make tasks or a segment of "
               "them alone.")
    places = event["selection"]["rows"] if event else []
    marked = rows.iloc[[place for place in places if place < len(rows)]]
    free = rows[~rows["answered"] & ~has_task].head(FIRST)
    meant = marked if len(marked) else free
    who = f"{words.count(len(marked))} marked" if len(marked) else f"the first {words.count(len(free))} without your reply"
    ids = marked["customer_id"] if len(marked) else risk.unhappy["customer_id"]
    segment = f"{words.count(len(marked))} marked" if len(marked) else f"all {words.count(len(ids))}"
    with st.container(horizontal=True, vertical_alignment="center"):
        if len(meant):
            dialogs.button(f"Make tasks for {who}", key="unhappy_task", title="Make tasks", icon=":material/add_task:", form=FORM,
                           draw=lambda: _form(meant, as_of, currency))
        segment_saving.save_segment_button(definition=None, members=ids.to_numpy(dtype="int64"), key="unhappy_segment", as_of=as_of,
                                           proposed_name=f"Unhappy, {words.day(as_of)}", label=f"Save {segment} as a segment")
        page.download(lambda session: for_download(session, result), file_name="unhappy.csv", key="download_unhappy",
                      label="Download all unhappy customers")


def _form(meant: pd.DataFrame, as_of: date, currency: str) -> None:
    token = run.token(FORM)
    day = max(as_of, run.fresh(settings.as_of))
    st.markdown(f"One task each for **{_customers(len(meant))}**: answer what they were unhappy about.")
    due_on = st.date_input("Until", value=day + timedelta(days=7), min_value=day, key=f"unhappy_due_{token}", format="YYYY-MM-DD")
    if st.button("Make the tasks", key=f"unhappy_sent_{token}", type="primary"):
        told = list(meant.itertuples())
        wanted = pd.DataFrame({"customer_id": meant["customer_id"].to_numpy(), "title": [title(row) for row in told],
                               "note": [note(row, currency) for row in told]})
        made = run.command(satisfaction_tasks.make, form=FORM, customers=wanted, due_on=due_on)
        if made is not run.FAILED:
            dialogs.close()
            # None: a second click on the same button
            st.session_state["toast"] = "Made." if made is None else _made(made)
            st.rerun()


def title(row) -> str:
    """What a task says in one line."""
    return f"Ask {row.customer_name} what was not right"[:tasks.TITLE_LIMIT]


def note(row, currency: str) -> str:
    """The score, what they wrote, and what they buy."""
    said = f"Scored {row.score:g} of {row.scale_max:g} on {words.day(row.said_on)}."
    bought = f" Bought for {words.money(row.revenue, currency)} in the 12 months before."
    wrote = f"\n“{row.comment[:1000]}”" if isinstance(row.comment, str) else ""
    return said + bought + wrote


def _made(made: satisfaction_tasks.MadeTasks) -> str:
    said = "1 task made." if made.made == 1 else f"{words.count(made.made)} tasks made."
    return f"{said} Had one already: {words.count(made.left_out)}." if made.left_out else said


def for_download(session: Session, result: Money) -> pd.DataFrame:
    """All unhappy customers, as on the screen."""
    table = jobs.satisfaction.money.table(result, jobs.names.customers(session))
    days = {name: table[name].dt.date for name in ("said_on", "last_ordered_on", "answered_on")}
    return table.assign(**days, **{name: np.round(table[name], 2) for name in ("revenue", "lifetime_revenue")})


def _people(number: int) -> str:
    return "1 customer is" if number == 1 else f"{words.count(number)} customers are"


def _customers(number: int) -> str:
    return "1 customer" if number == 1 else f"{words.count(number)} customers"
