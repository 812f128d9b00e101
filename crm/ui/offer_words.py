"""What does the page of offers say? How good they are, which they are, what is bought together, and the methods."""

import pandas as pd
import streamlit as st

from crm.analytics.baskets import BasketRules
from crm.analytics.recommendations import Recommendations
from crm.ui import words

MODES = {"Something new": "new", "Buy again": "repeat"}
METHODS = {"items": "products bought by the same customers", "baskets": "products bought in the same order",
           "linear": "a linear model of all products", "popularity": "the best sellers"}
SHOWN = 500  # customers in the table on the page; the download has all
CHANCE = 0.05  # of the rules called more than luck, at most one in twenty is (false discovery rate)
SUPPORTS = {"1 in 1,000 orders": 0.001, "1 in 500 orders": 0.002, "1 in 200 orders": 0.005, "1 in 100 orders": 0.01,
            "1 in 50 orders": 0.02, "1 in 20 orders": 0.05}
CONFIDENCES = {"1 in 10": 0.1, "1 in 5": 0.2, "3 in 10": 0.3, "half": 0.5}


def sentence(result: Recommendations) -> str:
    """How often the offers would have hit, beside the list of best sellers."""
    people, offers = words.count(result.customers), words.count(result.products)
    head = f"**Offers for {people} customers** out of {offers} products."
    if result.evaluation is None:
        return head
    quality = result.quality.set_index("method")
    best, popular = quality.loc[result.evaluation.best_method], quality.loc["popularity"]
    top = result.evaluation.top
    if not result.evaluation.beats_popularity:
        return (f"{head} Tested on what customers bought next, no method was clearly better than simply offering the best "
                f"sellers: a list of {top} held it for {words.share(popular['hit_rate'])} of customers.")
    return (f"{head} Tested on what customers bought next, a list of {top} held it for "
            f"**{words.share(best['hit_rate'])}** of them; the best sellers did for {words.share(popular['hit_rate'])}.")


def offers_table(table: pd.DataFrame) -> None:
    """One row a customer: the first offer and why, the second."""
    first = table[table["rank"] == 1].set_index("customer_code")
    second = table[table["rank"] == 2].set_index("customer_code")["product_name"]
    shown = first.assign(second=second.reindex(first.index),
                         because=first["because"].fillna("chosen by sales alone"))
    st.dataframe(shown[["customer_name", "product_name", "because", "second"]], hide_index=True, height=460, placeholder="",
                 alt="Offers, one customer a row", column_config={
                     "customer_name": st.column_config.TextColumn("Customer", width=130),
                     "product_name": st.column_config.TextColumn("Offer first", width=150),
                     "because": st.column_config.TextColumn("Goes with", width=150),
                     "second": st.column_config.TextColumn("Then", width=130)})


def product_names(catalogue: pd.DataFrame) -> pd.Series:
    """What bars say for a product: its name, shortened."""
    short = catalogue["product_name"].where(catalogue["product_name"].str.len() <= 26,
                                            catalogue["product_name"].str.slice(0, 25) + "…")
    return pd.Series(short.to_numpy(), index=catalogue["product_id"])


def thresholds() -> dict:
    """How frequent and how sure a rule must be; good defaults behind one click."""
    with st.popover("More options", icon=":material/tune:"):
        support = st.select_slider("Bought together in at least", list(SUPPORTS), value="1 in 200 orders",
                                   key="min_support")
        confidence = st.select_slider("Of those who buy the first, at least this many buy the second",
                                      list(CONFIDENCES), value="1 in 5", key="min_confidence")
    return {"min_support": SUPPORTS[support], "min_confidence": CONFIDENCES[confidence]}


def together_sentence(result: BasketRules) -> str:
    """The strongest rule that chance does not explain, and how many there are."""
    orders = words.count(result.baskets)
    if result.rules.empty:
        return (f"Among {orders} orders no products are bought together often enough. "
                "Ask for less under “More options”.")
    sure = result.rules[(result.rules["q_value"] < CHANCE) & (result.rules["lift"] > 1)]
    if sure.empty:
        return (f"Among {orders} orders nothing is bought together more often than chance would explain: "
                f"the {words.count(len(result.rules))} rules below may be luck.")
    top = sure.iloc[0]
    names = " and ".join(words.plain(name) for name in top["antecedent_names"])
    return (f"**Who buys {names} also buys {words.plain(top['consequent_name'])}** in {words.share(top['confidence'])} of "
            f"cases, {top['lift']:.1f} times as often as by chance. Among {orders} orders, {words.count(len(sure))} of "
            f"{words.count(len(result.rules))} rules are more than luck.")


def rules_table(rules: pd.DataFrame) -> None:
    """One row a rule, the strongest first."""
    shown = rules[["antecedent_names", "consequent_names", "confidence", "lift", "count"]].head(SHOWN)
    st.dataframe(shown.assign(confidence=shown["confidence"] * 100), hide_index=True, height=360, alt="Rules of what is bought together", column_config={
                     "antecedent_names": st.column_config.TextColumn("Who buys", width=190),
                     "consequent_names": st.column_config.TextColumn("also buys", width=130),
                     "confidence": st.column_config.ProgressColumn("In", format="%.0f %%", min_value=0, max_value=100,
                                                                   width=100),
                     "lift": st.column_config.NumberColumn("× chance", format="%.1f", width=75, help="Times as often as by chance"),
                     "count": st.column_config.NumberColumn("Orders", format="%,d", width=60)})


def method(result: Recommendations) -> None:
    """How offers are made and tested."""
    st.markdown(
        "Every product is compared with every other by who bought both; a customer is offered what goes best with "
        "what they own, and each offer names the product it goes with. "
        + ("Products that the customer owns are left out." if result.mode == "new" else
           f"Only products bought before are offered, but none bought in the last {result.exclude_recent_days} days.")
        + " Postage, fees and discontinued products are never offered.")
    st.latex(r"\text{score}(c, p) = \sum_{q \in \text{bought by } c} s(q, p) \qquad "
             r"s(q, p) = \frac{n_{qp}}{\sqrt{n_q n_p}} \cdot \frac{n_{qp}}{n_{qp} + 20}")
    st.caption("The cosine of two products, damped where few customers bought both. Other methods replace s.")
    if result.evaluation is None:
        return
    measured = words.count(result.evaluation.customers_measured)
    st.markdown(
        f"**The test:** for {measured} customers the last day's orders were hidden, and each method had to find, among "
        "all products, those of that day that were new to them. The method with the best NDCG is used. "
        "Intervals are 95 %, by bootstrap over customers.")
    st.dataframe(result.quality[["method", "hit_rate", "hit_rate_low", "hit_rate_high", "ndcg", "precision", "recall",
                                 "coverage", "novelty"]].assign(method=result.quality["method"].map(METHODS)),
                 hide_index=True, height="content", column_config={
                     "method": st.column_config.TextColumn("Offers by", width="medium"),
                     **{name: st.column_config.NumberColumn(label, format="percent") for name, label in (
                         ("hit_rate", "Hit rate"), ("hit_rate_low", "from"), ("hit_rate_high", "to"),
                         ("precision", "Precision"), ("recall", "Recall"), ("coverage", "Coverage"))},
                     "ndcg": st.column_config.NumberColumn("NDCG", format="%.3f"),
                     "novelty": st.column_config.NumberColumn("Novelty (bits)", format="%.1f")})


def together_method(result: BasketRules) -> None:
    """How rules are found, with the thresholds in numbers of orders."""
    st.markdown(
        f"An order counts once for each product in it; returns, cancellations and fees do not. "
        f"{words.count(result.baskets)} orders count, {words.count(result.mixed_baskets)} of them with two products or "
        f"more. A rule must hold in at least {words.count(result.min_count)} orders.")
    st.latex(r"\text{confidence} = \frac{n_{AB}}{n_A} \qquad \text{lift} = \frac{n_{AB}\, N}{n_A\, n_B}")
    st.markdown(
        f"Among {words.count(result.rules_tried)} rules tried, some would look good by luck alone: the download carries "
        "a p-value (Fisher) and the same corrected for all that were tried (Benjamini & Hochberg 1995).")
