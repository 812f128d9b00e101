"""Do customers come back? Cohorts by the first order, when the second one comes, and whether it is getting better."""

import streamlit as st

from crm.analytics import cohorts
from crm.jobs import cohorts as job
from crm.services import scores, settings
from crm.ui import chart, cohort_words, filters, page, run


def compare(as_of, options: dict) -> None:
    """Two or more groups of customers beside one another."""
    saved_run = run.fresh(scores.newest_run, analysis="segments")
    offered = cohort_words.groupings(saved_run)
    with page.controls():
        group = st.selectbox("Compare by", list(offered), key="compare_by", width=200)
        outcome = st.segmented_control("Whether they", list(cohort_words.OUTCOMES), default="Come back", required=True,
                                       key="compare_outcome") or "Come back"
        chosen_groups = st.empty()
    question = {"as_of": as_of, "group_by": offered[group], "outcome": cohort_words.OUTCOMES[outcome],
                "segments_run": saved_run if offered[group] == "segment" else None,
                "days": options["within_days"] if outcome == "Come back" else None,
                "silence_days": options["silence_days"], "new_customers": options["new_customers"]}
    with page.advice():
        found = run.cached(job.compare, doing="Comparing groups", **question)
        only = chosen_groups.multiselect("Only these groups", found.available["group"].tolist(), key=f"only_{group}",
                                         placeholder="The largest ones", max_selections=cohorts.MOST_GROUPS)
        if len(only) > 1:
            found = run.cached(job.compare, doing="Comparing groups", only=tuple(sorted(only)), **question)
        page.answer(cohort_words.compared_sentence(found))
        left, right = st.columns([3, 2])
        with left:
            chart.show(cohorts.charts.compared(found), key="compared", height=320,
                       alt="One curve for each group: the share that has come back, or still buys, by days since the first order.")
        with right:
            cohort_words.compared_table(found)
        cohort_words.compared_notes(found)


page.question("Do customers come back?")
currency = run.fresh(settings.company).currency
intro, controls = st.container(), page.controls()
with controls:
    as_of = filters.as_of()
    by = st.segmented_control("First order by", list(cohort_words.GRAINS), default="Best fit", required=True, key="by",
                              bind="query-params") or "Best fit"
    shown = st.segmented_control("Show", list(cohort_words.SHOWN), default="Come back", required=True, key="shown",
                                 bind="query-params") or "Come back"
    options = cohort_words.options()

with page.advice():
    result = run.cached(job.run, as_of=as_of, by=cohort_words.GRAINS[by], doing="Following your customers", **options)
    measure = cohort_words.SHOWN[shown]
    with intro:
        page.answer(cohort_words.sentence(result))
        if note := cohort_words.left_out(result):
            st.caption(note)
    left, right = st.columns([3, 2])
    with left, page.card("Customers by their first order", key="triangle_card"):
        rows = len(cohorts.charts.shown_cohorts(result, shown=measure))
        if rows:
            writing = {"write": cohort_words.revenue(currency)} if shown == "Revenue per customer" else {}
            chart.show(cohorts.charts.triangle(result, shown=measure, label=cohort_words.cohort_label(result), **writing),
                       key="triangle", height=80 + 26 * rows,
                       alt="One row for each group of customers by the time of their first order, one column for each period "
                           "since; darker is more.")
            st.caption(cohort_words.triangle_caption(result, shown, currency))
        else:
            st.caption(cohort_words.no_rows(result))
        page.download(lambda session: job.triangle(result, shown=measure), file_name="cohorts.csv", key="download_cohorts",
                      label="Download this table")
    with right:
        with page.card("Is it getting better?", key="trend_card"):
            if len(result.cohorts):
                chart.show(cohorts.charts.over_time(result), key="over_time", height=240,
                           alt="The share of each group of customers that came back in time, with its range; level lines are "
                               "the older and the newer customers that are compared.")
            st.caption(cohort_words.trend_line(result.trend) if result.trend else result.trend_missing)
        with page.card("How soon they come back", key="soon_card"):
            cohort_words.by_days_table(result)
            st.caption(cohort_words.quartiles_line(result))
    left, right = st.columns(2)
    with left, page.card("How many come back, and how sure that is", key="curve_card"):
        chart.show(cohorts.charts.coming_back(result), key="coming_back", height=260,
                   alt="Share of new customers who have ordered again, by days since the first order, with its range.")
    with right, page.card("When the second order comes", key="when_card"):
        chart.show(cohorts.charts.when(result), key="when", height=260,
                   alt="Share of new customers whose second order comes in each stretch of days after the first.")
    with page.card("How long they go on buying", key="staying_card"):
        if result.staying:
            chart.show(cohorts.charts.staying(result), key="staying", height=260,
                       alt="Share of customers still buying, by days since the first order, with its range.")
            st.caption(cohort_words.staying_line(result.staying))
        else:
            st.caption(result.staying_missing)
    with st.expander("Compare groups", icon=":material/compare_arrows:", key="compare_groups", on_change="rerun") as box:
        if box.open:
            compare(as_of, options)
    with page.explanation("cohorts_method"):
        cohort_words.method(result)
