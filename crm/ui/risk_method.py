"""How is the risk computed? The method of the page, with the user's own figures."""

import pandas as pd
import streamlit as st

from crm.analytics import risk
from crm.analytics.risk import Risk
from crm.ui import words


def method(result: Risk, currency: str) -> None:
    """How it was computed, with the figures of this result."""
    paid, found, late = result.payments, result.concentration, result.payments.usual_late
    points = risk.POINTS
    st.markdown(
        "**The score** adds up the points of named parts, as a share of the points that are possible, from 0 to 100. It says whom to look at first and why. It is not a probability, and it was not fitted to losses: no company "
        "of one person has enough of them.")
    st.latex(r"\text{score} = 100 \cdot \frac{\sum \text{points of the known parts}}{\sum \text{possible points of these}}")
    st.dataframe(pd.DataFrame({
        "part": ["Pays late", "Gives back", "Complains", "Much hangs on it"], "points": list(points.values()),
        "all": ["half of the bills late by 30 days at the middle, or a bill of a usual order 90 days overdue",
                "25 % more of the bought items given back than usual",
                "half: 25 % more orders with a complaint than usual; half: one waits for an answer",
                "brings 25 % of the revenue of a year (none up to 5 %)"]}),
        hide_index=True, height="content", column_config={
            "part": st.column_config.TextColumn("Part", width=130),
            "points": st.column_config.NumberColumn("Points", width=60),
            "all": st.column_config.TextColumn("All points for", width=620)})
    st.markdown(
        f"From {risk.WATCH_FROM} of 100 on the level is **watch**, from {risk.HIGH_FROM} on **high**; below it is **low**. A "
        "part of which nothing is on record is not counted as 0: the score is taken over the others and says so, and nobody "
        f"is called high on less than 40 possible points.")
    st.markdown(
        "**Few bills, few items.** One late bill of one is no worse than nine of twelve. Each share is drawn towards what "
        "is usual, as if some more cases had gone as they usually go (a beta prior, fitted to all customers by moments: "
        "empirical Bayes, Kleinman 1973).")
    st.latex(r"\tilde p = \frac{k + w\,m}{n + w}")
    figures = []
    if late.mean == late.mean:
        figures.append(f"bills: m = {words.share(late.mean, 1)}, w = {late.weight:.0f}")
    if result.returns.is_recorded:
        figures.append(f"items given back: m = {words.share(result.returns.usual_lines.mean, 1)}, "
                       f"w = {result.returns.usual_lines.weight:.0f}")
    if result.disputes.is_recorded and result.disputes.usual_share.mean == result.disputes.usual_share.mean:
        figures.append(f"orders with a complaint: m = {words.share(result.disputes.usual_share.mean, 1)}, "
                       f"w = {result.disputes.usual_share.weight:.0f}")
    if figures:
        st.markdown(f"Here, with k of n cases: {'; '.join(figures)}.")
    grace = result.parameters["grace_days"]
    after = f"more than {grace} days after its due day" if grace else "after its due day"
    st.markdown(
        f"**Late** is what came {after}, in the two years up to {words.day(result.as_of)}. "
        "What is overdue and still open counts as late. "
        "**Open** is an order less the payments that name it; what names no order, what was paid too much and what was "
        "credited is taken off the customer's oldest open orders, and up to 3 % of an order may be missing as cash discount. "
        "Orders from before the payments on record begin do not count, nor those of customers of whom no payment is usual. "
        "Where no due day is on record, the middle of the customer's own earlier days to pay is taken (at least three bills), "
        "or that of all customers of the kind where nearly all have the same. "
        f"On record are {words.count(paid.payments)} payments, {words.count(paid.with_due_day)} of them with a due day and "
        f"{words.count(paid.with_order)} with an order.")
    st.markdown(
        "**Dependence** is the share of each customer in the revenue of the last 365 days, net of returns; who gave back more "
        "than was bought counts as 0, and sales without a name count in the whole. The Herfindahl-Hirschman index is the sum "
        "of the squared shares, and its inverse the number of equally large customers that would be as concentrated.")
    st.latex(r"\mathrm{HHI} = \sum_i s_i^2, \qquad N = \frac{1}{\mathrm{HHI}}")
    if found.hhi == found.hhi and found.hhi > 0:
        st.markdown(f"Here HHI is {found.hhi:.4f} and N is {found.equivalent:,.1f}, of {words.count(found.buyers)} customers "
                    f"with revenue; {words.share(found.unnamed_share, 1)} of revenue was sold without a name.")
    st.markdown(
        "Returns and complaints are those of the two years up to that day. A category or a customer is called unusual where "
        "even the low end of its 95 % interval lies above one and a half times the usual share, and at least three items came "
        "back. When a complaint was opened again is not on record: a look back at an "
        "earlier day sees it as opened again as soon as it had been answered.")
