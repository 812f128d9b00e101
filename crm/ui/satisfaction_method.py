"""How are the figures of satisfaction computed? Methods, formulas, sources and limits, with the user's own numbers."""

import streamlit as st

from crm.analytics.satisfaction import AfterAnswers, AtRisk, Satisfaction
from crm.services import settings
from crm.ui import page, run, words


def draw(result: Satisfaction) -> None:
    """Scores, their ranges, and how a change is told from chance."""
    company = words.plain(run.fresh(settings.company).name)
    st.markdown(
        f"**{words.count(result.answers)} scores** given to {company} up to {words.day(result.as_of)}. "
        f"{words.count(result.not_applicable)} answers “does not apply” and {words.count(result.outside_scale)} outside their scale "
        "are no scores and count nowhere.")
    st.latex(r"\text{NPS} = 100\,(p - d) \qquad "
             r"\text{standard error} = 100\sqrt{\frac{p + d - (p - d)^2}{n}}")
    own = ""
    if result.nps is not None and result.nps.standard_error is not None:
        net = result.nps
        own = (f" Here: {words.count(net.promoters)} promoters and {words.count(net.detractors)} detractors of {words.count(net.n)}, "
               f"so {net.score:.1f} with a standard error of {net.standard_error:.2f}.")
    st.markdown(f"p is the share of promoters (9, 10), d that of detractors (0 to 6; Reichheld 2003).{own} “Satisfied” is the share of the "
                "two best scores of a scale (of the best alone on three points or fewer, of the upper fifth above eleven points), with Wilson's interval (1927). "
                "Means have Student's interval. All ranges are 95 %. Below 30 answers a figure is marked as uncertain. Answers count "
                "as independent of each other; where few customers give many, the ranges are somewhat too narrow.")
    st.markdown("**Changes.** Each day is tried as the beginning of a new level, and the one where both sides differ most is kept:")
    st.latex(r"T = \max_k \frac{\left|\bar y_{1..k} - \bar y_{k+1..n}\right|}{s\sqrt{1/k + 1/(n-k)}}")
    st.markdown(
        "y are the answers in time, one a customer and day, at least 30 (and 2 % of all) on each side. How large T gets by chance alone is found by "
        "shuffling the answers 999 times; above 3,000 answers, by as many random courses of the same law (Csörgö and Horváth 1997). "
        "Each part is then tried again, at 5 % times its share of the answers (Meinshausen 2008): where nothing changed, in 95 of "
        "100 courses no change is reported. The range of the day is where the likelihood falls by less than 7.36 / 2 (Siegmund 1988). "
        "Where weeks differ more than chance allows, the test is stricter by as much. A slow drift shows as a step, or as several; the size of a "
        "change that was just found is on average somewhat overstated.")


def money(after: AfterAnswers, risk: AtRisk, currency: str) -> None:
    """Who came back after which score, and what may be lost."""
    days = words.count(after.horizon_days)
    st.markdown(
        f"**{words.count(after.customers)} customers** count, each once: by the first answer that they gave as a buyer, if the {days} days "
        f"after it were over by {words.day(after.as_of)}. So nothing that came later decides which answer counts. Left out: "
        f"{words.count(after.too_early)} whose time is not over, {words.count(after.not_buyers)} who had not bought before they answered. “Gave "
        "no score” are customers who had not answered by then, followed from one of their orders, drawn by lot, as long after it "
        "as answers usually come. Shares have Wilson's interval (1927); a steady rise is tested by Cochran (1954) and Armitage (1955).")
    st.latex(r"\hat\delta = \frac{\sum_s w_s\,(p_{s,\text{happy}} - p_{s,\text{unhappy}})}{\sum_s w_s} \qquad "
             r"w_s = \frac{n_{s,\text{happy}}\; n_{s,\text{unhappy}}}{n_s}")
    if after.adjusted is not None:
        st.markdown(f"Who has ordered often or lately comes back anyway. So happy and unhappy customers are compared within eight kinds s (1, 2, "
                    f"3 to 5, more orders; lately or not), by Mantel and Haenszel with Sato's interval (1989). Here δ = {after.adjusted.value:.3f} "
                    f"({after.adjusted.low:.3f} to {after.adjusted.high:.3f}), from {words.count(after.adjusted.n)} customers.")
    st.markdown(
        f"**What may be lost** is δ times what the {words.count(risk.customers)} unhappy customers bought in the last 12 months "
        f"({page.amount(risk.revenue, currency)}), and only told where the interval of δ lies above 0. Unhappy is below the middle of the "
        "scale (0 to 6 on 0 to 10 of recommendation), by the latest score of the last 12 months. It is no forecast: it supposes that those who do not come back would have "
        "bought as before, and it cannot tell whether unhappiness drives them away or whether both have another cause.")
