"""What does the page of satisfaction say first? The main score with its range, and the cards of all of them."""

from datetime import date

import streamlit as st

from crm import jobs
from crm.analytics.satisfaction import Satisfaction
from crm.ui import run, words

SAVING = "save_satisfaction_saving"
METRICS = {"csat": "Satisfied", "nps": "Would recommend", "ces": "Easy to deal with", "likert": "Questions"}


def sentence(result: Satisfaction) -> str:
    """The main score with its range, and how far to trust it."""
    trust = " That is few, so take it as a first sign." if _few(result) else ""
    if result.csat is not None:
        score = result.csat
        head = (f"**{words.share(score.top_share)} of {words.count(score.n)} answers are satisfied** "
                f"({words.share(score.top_low)} to {words.share(score.top_high)}).")
        if score.scale_max - score.scale_min > 1:
            head += f" The mean is {score.mean:.2f} of {score.scale_max:.0f}."
        return head + trust
    if result.nps is not None:
        net = result.nps
        between = f" ({net.low:.0f} to {net.high:.0f})" if net.low is not None else ""
        return (f"**{words.share(net.promoters / net.n)} of {words.count(net.n)} customers would gladly recommend you, "
                f"{words.share(net.detractors / net.n)} would not**: a net score of {net.score:.0f}{between}.{trust}")
    if result.ces is not None:
        return f"**Customers find you easy to deal with: {result.ces.mean:.2f} of {result.ces.scale_max:.0f}** in the mean.{trust}"
    asked = result.items[result.items["n"] > 0]
    if len(asked) == 1:
        return f"**{words.count(result.answers)} answers** to one question are in.{trust}"
    best, worst = asked.loc[asked["mean"].idxmax(), "item"], asked.loc[asked["mean"].idxmin(), "item"]
    return (f"**{words.count(result.answers)} answers** to {words.count(len(asked))} questions are in. “{words.plain(best)}” scores best, "
            f"“{words.plain(worst)}” worst.{trust}")


def cards(result: Satisfaction) -> None:
    """Satisfaction, recommendation and effort, each with its interval and number of answers."""
    if result.csat is None and result.nps is None and result.ces is None:
        return
    with st.grid(3, min_column_width=220):
        if (score := result.csat) is not None:
            _card("Satisfied (CSAT)", words.share(score.top_share),
                  f"{words.share(score.top_low)} to {words.share(score.top_high)}", score.n, score.few,
                  "Share of the two best scores; of “yes” where the answer is yes or no.")
        if (net := result.nps) is not None:
            interval = f"{net.low:.0f} to {net.high:.0f}" if net.low is not None else "range unknown"
            _card("Would recommend (NPS)", f"{net.score:.0f}", interval, net.n, net.few,
                  "Promoters (9, 10) minus detractors (0 to 6), in per cent of all answers.")
        if (effort := result.ces) is not None:
            interval = (f"{effort.mean_low:.2f} to {effort.mean_high:.2f}" if effort.mean_low is not None
                        else "range unknown")
            _card("Easy to deal with (CES)", f"{effort.mean:.2f} / {effort.scale_max:.0f}", interval, effort.n,
                  effort.few, "Mean of “it was easy”; higher is easier.")


def _few(result: Satisfaction) -> bool:
    first = result.csat or result.nps or result.ces
    return first.few if first is not None else result.answers < 30


def _card(label: str, value: str, interval: str, n: int, few: bool, help: str) -> None:
    with st.container(border=True):
        st.metric(label, value, help=help)
        answers = words.count(n)
        st.caption(f"{interval} · only {answers} answers, so uncertain" if few else f"{interval} · {answers} answers")


def save_button(as_of: date) -> None:
    """A button that keeps each customer's happiness, worked out only when it is pressed; pressed twice, it is saved once."""
    st.space("stretch")
    if not st.button("Save to the customers", key=f"save_satisfaction_{run.token(SAVING)}", type="primary", icon=":material/save:"):
        return
    happy = run.cached(jobs.satisfaction.happiness, as_of=as_of, doing="Reading the answers")
    if happy.empty:
        st.toast("No answer names its customer, so there is nothing to save.", icon=":material/info:")
    elif run.command(jobs.satisfaction.save, happy, form=SAVING, as_of=as_of) is not run.FAILED:
        st.toast("Saved. It shows in the list of customers and on each customer's page.", icon=":material/check_circle:")
