"""What does the page of satisfaction say? The scores, who is happier, and how it was tested."""

import streamlit as st

from crm.analytics import satisfaction
from crm.analytics.satisfaction import Satisfaction
from crm.ui import chart, words

GROUPINGS = {"Won through": "channel", "Country": "country", "Region": "region", "Person or company": "kind",
             "Stage": "stage"}
TESTS = {"welch": "Welch's test with Games-Howell", "classic": "classic analysis of variance with Tukey",
         "kruskal": "Kruskal-Wallis with Holm"}


def groupings(segments_run: int | None) -> dict[str, str]:
    """What customers can be compared by; by group once a result of the Groups page was saved."""
    return {**GROUPINGS, **({"Group": "segment"} if segments_run is not None else {})}


def sentence(result: Satisfaction) -> str:
    """The main score with its range, and whether groups differ."""
    if result.csat is not None and result.csat.mean_low is not None:
        score = result.csat
        head = (f"**{words.share(score.top_share)} of {words.count(score.n)} answers are satisfied** "
                f"({words.share(score.top_low)} to {words.share(score.top_high)}); the mean is {score.mean:.2f} of "
                f"{score.scale_max:.0f}.")
    else:
        head = f"**{words.count(result.answers)} answers** are in."
    found = result.comparison
    if found is None:
        return head
    if not found.different:
        return f"{head} Between these groups of customers there is no difference that chance would not explain."
    best = found.groups.loc[found.groups["mean"].idxmax(), "group"]
    worst = found.groups.loc[found.groups["mean"].idxmin(), "group"]
    return f"{head} **{words.plain(best)}** customers are the happiest, **{words.plain(worst)}** the least."


def cards(result: Satisfaction) -> None:
    """Satisfaction, recommendation and effort, each with its interval and number of answers."""
    with st.grid(3, min_column_width=220):
        if (score := result.csat) is not None:
            _card("Satisfied (CSAT)", words.share(score.top_share),
                  f"{words.share(score.top_low)} to {words.share(score.top_high)}", score.n, score.few,
                  "Share of the two best scores.")
        if (net := result.nps) is not None:
            interval = f"{net.low:.0f} to {net.high:.0f}" if net.low is not None else "range unknown"
            _card("Would recommend (NPS)", f"{net.score:.0f}", interval, net.n, net.few,
                  "Promoters (9, 10) minus detractors (0 to 6), in per cent of all answers.")
        if (effort := result.ces) is not None:
            interval = (f"{effort.mean_low:.2f} to {effort.mean_high:.2f}" if effort.mean_low is not None
                        else "range unknown")
            _card("Easy to deal with (CES)", f"{effort.mean:.2f} / {effort.scale_max:.0f}", interval, effort.n,
                  effort.few, "Mean of “it was easy”; higher is easier.")


def trend_metrics(result: Satisfaction) -> dict[str, str]:
    """Which scores have a course over time."""
    there = set(result.trend["metric"])
    return {label: metric for label, metric in (("Satisfied", "csat"), ("Would recommend", "nps")) if metric in there}


def has_items(result: Satisfaction) -> bool:
    return bool(((result.items["metric"] == "likert") & (result.items["n"] > 0)).any())


def groups(result: Satisfaction) -> None:
    """The groups' means, and the verdict in words."""
    found = result.comparison
    if found is None:
        st.info(result.comparison_missing or "There is nothing to compare by.", icon=":material/lightbulb:")
        return
    chart.show(satisfaction.charts.groups(found), key="groups", height=230,
               alt="Mean score of each group of customers with its 95 % interval.")
    if not found.different:
        st.markdown("**No difference that chance would not explain.**")
        return
    pairs = found.pairs[found.pairs["different"].eq(True)]
    st.markdown(f"**The groups differ**; they explain {words.share(max(found.omega_squared, 0), 1)} of all differences.")
    for row in pairs.reindex(pairs["difference"].abs().sort_values(ascending=False).index).head(3).itertuples():
        above, below = (row.group_a, row.group_b) if row.difference > 0 else (row.group_b, row.group_a)
        st.markdown(f"- {words.plain(above)} above {words.plain(below)} by {abs(row.difference):.2f}")


def items_table(result: Satisfaction) -> None:
    """One row a question: answers, mean, spread, satisfied."""
    shown = result.items[result.items["n"] > 0]
    shown = shown.assign(top_share=shown["top_share"] * 100)
    st.dataframe(shown[["item", "n", "mean", "standard_deviation", "median", "top_share", "mean_low", "mean_high",
                        "not_applicable"]], hide_index=True, height="content", alt="Every question", column_config={
        "item": st.column_config.TextColumn("Question", width="medium"),
        "n": st.column_config.NumberColumn("Answers", format="%,d", width="small"),
        "mean": st.column_config.NumberColumn("Mean", format="%.2f", width="small"),
        "standard_deviation": st.column_config.NumberColumn("Std. deviation", format="%.2f", width="small"),
        "median": st.column_config.NumberColumn("Median", format="%.1f", width="small"),
        "top_share": st.column_config.ProgressColumn("Two best scores", format="%.0f %%", min_value=0, max_value=100),
        "mean_low": st.column_config.NumberColumn("Mean from", format="%.2f", width="small"),
        "mean_high": st.column_config.NumberColumn("to", format="%.2f", width="small"),
        "not_applicable": st.column_config.NumberColumn("No score", format="%,d", width="small")})


def method(result: Satisfaction, *, company: str) -> None:
    """How scores, intervals and the comparison are computed."""
    st.markdown(
        f"**{words.count(result.answers)} scores** given to {words.plain(company)} up to {words.day(result.as_of)}; "
        f"{words.count(result.not_applicable)} answers “not applicable” are no scores and count nowhere.")
    st.latex(r"\text{NPS} = 100\,(p - d) \qquad "
             r"\text{standard error} = 100\sqrt{\frac{p + d - (p - d)^2}{n}}")
    st.markdown("p is the share of promoters, d that of detractors (Reichheld 2003). Shares have Wilson intervals (1927), "
                "means Student's; all are 95 %. Below 30 answers a figure is marked as uncertain.")
    found = result.comparison
    if found is not None:
        st.markdown(
            f"**The comparison** uses one figure a customer and {TESTS[found.test]}, which does not need the groups to be "
            f"equally large or equally spread: statistic {found.statistic:.2f}, p = {found.p_value:.2g}, "
            f"ω² = {found.omega_squared:.3f}. The others, for comparison:")
        st.dataframe(found.tests, hide_index=True, height="content", column_config={
            "test": "Test", "statistic": st.column_config.NumberColumn("Statistic", format="%.2f"),
            "df_between": st.column_config.NumberColumn("df between", format="%.0f"),
            "df_within": st.column_config.NumberColumn("df within", format="%.1f"),
            "p_value": st.column_config.NumberColumn("p", format="%.2g")})
        if found.left_out:
            left_out = ", ".join(words.plain(name) for name in found.left_out)
            st.markdown(f"Left out, for they have a single customer: {left_out}.")


def _card(label: str, value: str, interval: str, n: int, few: bool, help: str) -> None:
    with st.container(border=True):
        st.metric(label, value, help=help)
        answers = words.count(n)
        st.caption(f"{interval} · only {answers} answers, so uncertain" if few else f"{interval} · {answers} answers")
