"""How is it computed what is bought together? Formulas with the user's own numbers, sources and limits."""

import pandas as pd
import streamlit as st

from crm import jobs
from crm.analytics.baskets import BasketRules
from crm.ui import basket_bundles, basket_groups, basket_sequences, basket_words, long_work, words
from crm.ui.basket_choices import ENGINES, Orders, Rules

COUNTED = {
    "orders": "An order counts once for each product in it; returns, cancellations and fees do not, orders of unknown customers "
              "do. {all} orders count, {mixed} of them with two products or more. A rule must hold in at least {least} of them.",
    "baskets": "A basket counts once for each product in it. {all} baskets count, {mixed} of them with two products or more. A "
               "rule must hold in at least {least} of them.",
}


def rules(result: BasketRules, *, counted: str = "orders") -> None:
    """Support, confidence, lift and the others, p-values and their correction, with the strongest rule as the example."""
    st.markdown(COUNTED[counted].format(all=words.count(result.baskets), mixed=words.count(result.mixed_baskets),
                                        least=words.count(result.min_count)))
    st.latex(r"\text{support} = \frac{n_{AB}}{N} \qquad \text{confidence} = \frac{n_{AB}}{n_A} \qquad "
             r"\text{lift} = \frac{n_{AB}\, N}{n_A\, n_B} \qquad \text{leverage} = \frac{n_{AB}}{N} - \frac{n_A n_B}{N^2}")
    st.latex(r"\text{conviction} = \frac{1 - n_B / N}{1 - n_{AB} / n_A} \qquad "
             r"\text{Zhang} = \frac{n_{AB} N - n_A n_B}{\max\{n_{AB}(N - n_A),\; n_A (n_B - n_{AB})\}}")
    if len(result.rules):
        _example(result)
    st.markdown(
        "**Is it luck?** Every rule has a p-value: how often so much togetherness, or more, would come about if the two sides had "
        "nothing to do with each other. Fisher's exact test asks so among all; what decides asks so among those of about the same "
        "size, each side as frequent there as it is. Who tries many rules finds some that look good by luck "
        f"alone. So the p-values are corrected: of one product with one, over all pairs of products that were bought in five or "
        "more (Bonferroni), so that a pair has one verdict wherever it is listed; of more products, over all "
        f"{words.count(result.rules_judged)} rules that could have been found, those below your thresholds included, so that at "
        "most one in twenty of those called more than luck is a false one (Benjamini & Hochberg 1995).")
    st.markdown(
        "**Large orders** hold a bit of everything, so that any two products lie together more often than by chance"
        f"{_usual(result)}. And where there is room for two products only, all others compete for the second place. The verdict "
        "takes both into account: expected is what there would be if the two had nothing to do with each other among orders of "
        "about the same size (Deville & Tille 2005; the tail is Poisson's, of the true variance: Roellin 2005).")
    st.latex(r"\text{pairs: } q = m\, p \qquad \text{more products: } q_{(i)} = \min_{j \ge i} \frac{m\, p_{(j)}}{j}")
    st.caption("The m p-values in ascending sequence; a rule is more than luck where its q is at most 0.05 and it holds "
               "more often than expected.")
    st.markdown(
        "**Left out as said by a shorter rule:** a rule with one product less on the left that is at least as sure. **Limits:** "
        "rules say what lies together, not why; what is always sold as a set comes first; a product that nearly everybody buys "
        "goes with everything, which lift shows and confidence does not. Thresholds are compared in whole numbers, so a rule "
        "exactly on one stays.")
    st.caption("Sources: Agrawal & Srikant 1994 (rules, Apriori), Han, Pei & Yin 2000 (FP-growth), Zaki 2000 (Eclat), Brin et al. "
               "1997 (lift, conviction), Zhang 2000.")


def others() -> None:
    """The money of bundles, what comes next, and differences between groups."""
    basket_bundles.method()
    basket_sequences.method()
    basket_groups.method()


def compare(chosen: Orders, wanted: Rules) -> None:
    """The three ways to find groups of products, side by side; asked for by a button, the slow ones take their time."""
    how = {"min_support": wanted.min_support, "min_orders": wanted.min_orders, "max_length": wanted.max_length}
    table = long_work.of_records("baskets_engines", jobs.baskets.engines, label="Compare the three ways to count", names=ENGINES,
                                 note="They find the same; this shows it, and how long each works.", **chosen.how, **how)
    if table is not None:
        _engines(table)


def _engines(table: pd.DataFrame) -> None:
    shown = table.assign(method=table["method"].map(ENGINES), agrees=table["agrees"].map({True: "the same", False: "NOT the same"}))
    st.dataframe(shown, hide_index=True, height="content", alt="Three ways to find groups of products", column_config={
        "method": st.column_config.TextColumn("Found by", width="medium"),
        "seconds": st.column_config.NumberColumn("Seconds of work", format="%.3f"),
        "groups": st.column_config.NumberColumn("Groups found", format="%,d"),
        "agrees": st.column_config.TextColumn("Result")})


def _example(result: BasketRules) -> None:
    top = result.rules.iloc[0]
    left, right = basket_words.joined(top["antecedent_names"]), basket_words.joined(top["consequent_names"])
    st.markdown(
        f"**Your first rule:** {left} (A) lies in {words.count(top['antecedent_count'])} of {words.count(result.baskets)}, {right} "
        f"(B) in {words.count(top['consequent_count'])}, both in {words.count(top['count'])}. By chance it would be "
        f"{_few(top['antecedent_count'] * top['consequent_count'] / result.baskets)}. So the confidence is "
        f"{words.share(top['confidence'], 1)} and the lift {basket_words.times(top['lift'])}. Among those of about the same size it "
        f"would be {_few(top['expected_count'])}; beside that the p-value is {_tiny(top['size_p_value'])}, corrected "
        f"{_tiny(top['size_q_value'])}: {'more than luck' if basket_words.sure(result.rules.head(1)).iloc[0] else 'maybe luck'}.")


def _usual(result: BasketRules) -> str:
    return "" if not result.usual_lift > 1.05 else f" (in yours {basket_words.times(result.usual_lift)} times)"


def _few(number: float) -> str:
    return words.count(number) if number >= 10 else f"{number:.2g}"


def _tiny(p_value: float) -> str:
    return "below 0.0001" if p_value < 0.0001 else f"{p_value:.2g}"
