"""What does the page of satisfaction say first? The main score with its range, and the cards of all of them."""

from datetime import date

import pandas as pd
import streamlit as st

from crm import jobs
from crm.analytics import satisfaction
from crm.analytics.satisfaction import Satisfaction
from crm.analytics.satisfaction.answers import FEW_ANSWERS
from crm.ui import run, words

SAVING = "save_satisfaction_saving"
METRICS = {"csat": "Satisfied", "nps": "Would recommend", "ces": "Easy to deal with", "likert": "Questions"}


def sentence(result: Satisfaction) -> str:
    """The main score with its range, and how far to trust it; where only another kind of question has many answers, that one,
    and how few answers the main score has."""
    there = {metric: int(result.items.loc[result.items["metric"] == metric, "n"].sum()) for metric in METRICS}
    there = {metric: n for metric, n in there.items() if n}
    first = next(iter(there))
    enough = next((metric for metric, n in there.items() if n >= FEW_ANSWERS), None)
    if enough is None:
        return f"{_told(result, first, there[first])} That is few, so take it as a first sign."
    if enough == first:
        return _told(result, first, there[first])
    return f"{_too_few(first, there[first])} {_told(result, enough, there[enough])}"


def _told(result: Satisfaction, metric: str, n: int) -> str:
    only = "only " if n < FEW_ANSWERS else ""
    if metric == "csat":
        score = result.csat
        among = "the only answer is" if n == 1 else f"{only}{words.count(n)} answers are"
        head = (f"**{words.share(score.top_share)} of {among} satisfied** "
                f"({words.share(score.top_low)} to {words.share(score.top_high)}).")
        if score.scale_max - score.scale_min > 1:
            head += f" The mean is {score.mean:.2f} of {score.scale_max:.0f}."
        return head
    if metric == "nps":
        net = result.nps
        between = f" ({net.low:.0f} to {net.high:.0f})" if net.low is not None else ""
        if n == 1:
            return f"**Only 1 customer has said whether to recommend you:** a net score of {net.score:.0f}."
        return (f"**{words.share(net.promoters / net.n)} of {only}{words.count(net.n)} customers would gladly recommend you, "
                f"{words.share(net.detractors / net.n)} would not**: a net score of {net.score:.0f}{between}.")
    if metric == "ces":
        by = "" if n >= FEW_ANSWERS else " by only 1 answer" if n == 1 else f" by only {words.count(n)} answers"
        return f"**Customers find you easy to deal with: {result.ces.mean:.2f} of {result.ces.scale_max:.0f}** in the mean{by}."
    return _questions(satisfaction.ranked(result.items[result.items["metric"] == "likert"]), n)


def _questions(asked: pd.DataFrame, n: int) -> str:
    """How many answers there are to how many questions, and the best and the worst one where chance would not explain it."""
    answers = "Only 1 answer" if n == 1 else f"Only {words.count(n)} answers" if n < FEW_ANSWERS else f"{words.count(n)} answers"
    if len(asked) == 1:
        return f"**{answers}** to one question {'is' if n == 1 else 'are'} in."
    head = f"**{answers}** to {words.count(len(asked))} questions are in."
    worst, best = asked.iloc[0], asked.iloc[-1]
    high, low = (f"“{words.plain(row['item'])}” ({row['mean']:.2f} of {row['scale_max']:g})" for row in (best, worst))
    if satisfaction.are_apart(worst, best):
        return f"{head} {high} scores best, {low} worst; chance would not explain that."
    return (f"{head} Which of them scores best or worst cannot be told from chance yet: the means lie close together, from {low} "
            f"to {high}.")


def _too_few(metric: str, n: int) -> str:
    answers = "Only 1 answer says" if n == 1 else f"Only {words.count(n)} answers say"
    return {"csat": f"{answers} so far whether customers are satisfied, too few to build on.",
            "nps": f"{answers} so far whether customers would recommend you, too few to build on.",
            "ces": f"{answers} so far whether you are easy to deal with, too few to build on."}[metric]


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


def _card(label: str, value: str, interval: str, n: int, few: bool, help: str) -> None:
    with st.container(border=True):
        st.metric(label, value, help=help)
        answers = "1 answer" if n == 1 else f"{words.count(n)} answers"
        st.caption(f"{interval} · only {answers}, so uncertain" if few else f"{interval} · {answers}")


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
