"""Which rules were found? One list with its filters; a rule that is clicked can become a segment of those who did not follow it."""

import pandas as pd
import streamlit as st

from crm import jobs
from crm.analytics.baskets import BasketRules
from crm.ui import basket_words, run, segment_saving, words
from crm.ui.basket_choices import Orders, Rules

LARGE_ORDERS = 1.5  # times as often as by chance that any two products lie together: from here on it is worth telling
PRODUCTS_OFFERED = 2_000  # in the filter, those with most rules first


def listed(result: BasketRules, wanted: Rules) -> pd.DataFrame:
    """The rules that are wanted, of those found, the strongest first."""
    rules = result.rules
    if wanted.only_sure:
        rules = rules[basket_words.sure(rules)]
    return rules[~rules["redundant"]] if wanted.fold else rules


def filtered(rules: pd.DataFrame, catalogue: pd.DataFrame | None, *, key: str) -> tuple[pd.DataFrame, int | None]:
    """The rules about a product or a category that is chosen, and that product; `catalogue`: product_id, category, None where
    there are none."""
    names = _names(rules)
    categories: list[str] = []
    if catalogue is not None:
        categories = sorted(catalogue.loc[catalogue["product_id"].isin(list(names)), "category"].dropna().unique())
    with st.container(horizontal=True, vertical_alignment="bottom"):
        product = st.selectbox("About", list(names), index=None, format_func=lambda one: names.get(one, "–"), key=f"{key}_product",
                               placeholder="Every product", width=240)
        category = st.selectbox("Of the category", categories, index=None, key=f"{key}_category", placeholder="Every category",
                                width=200) if len(categories) > 1 else None
    if product is not None:
        rules = rules[_about(rules, {product})]
    if category is not None:
        rules = rules[_about(rules, set(catalogue.loc[catalogue["category"] == category, "product_id"].tolist()))]
    return rules, product


def key_of(rules: pd.DataFrame, chosen: Orders, wanted: Rules) -> str:
    """A name for this very list: a row that is clicked in it means no rule of another."""
    listed = hash((chosen.as_of, chosen.since, chosen.months, str(chosen.among), wanted, tuple(rules.index[:basket_words.SHOWN])))
    return f"rules_{run.current().key}_{listed}"


def notes(result: BasketRules, shown: pd.DataFrame, wanted: Rules) -> None:
    """What is left out of the list, and why."""
    hidden = len(result.rules) - len(listed(result, wanted))
    if hidden:
        st.caption(f"Left out: {words.count(hidden)} rules. See “More options”.")
    if result.usual_lift > LARGE_ORDERS:
        st.caption(f"In these orders any two products lie together {basket_words.times(result.usual_lift)} times as often as by "
                   "chance, only because some orders are large. What is called luck takes that into account.")
    if len(shown) > basket_words.SHOWN:
        st.caption(f"The first {words.count(basket_words.SHOWN)} of {words.count(len(shown))} rules; the download has all.")


def saving(rule: pd.Series | None, chosen: Orders) -> None:
    """Who bought the first and not the second, as a segment."""
    if rule is None:
        st.caption("Click a rule to save the customers who bought the first and never the second.")
        return
    having, lacking = rule["antecedents"], rule["consequents"]
    found = run.cached(jobs.baskets.who_lacks, as_of=chosen.as_of, since=chosen.since, having=having, lacking=lacking,
                       doing="Looking for these customers")
    if chosen.among is not None:
        found = found[pd.Index(found).isin(chosen.among.customer_ids)]
    first, second = basket_words.joined(rule["antecedent_names"]), basket_words.joined(rule["consequent_names"])
    st.markdown(f"**{words.count(len(found))} customers bought {first} and never {second}.**")
    if len(found):
        name = f"{' + '.join(rule['antecedent_names'])}, not yet {' + '.join(rule['consequent_names'])}"
        segment_saving.save_segment_button(definition=None, members=found, proposed_name=name, key="save_rule_customers",
                                           as_of=chosen.as_of, label="Save these customers as a segment")


def _about(rules: pd.DataFrame, products: set[int]) -> list[bool]:
    return [not products.isdisjoint((*left, *right)) for left, right in zip(rules["antecedents"], rules["consequents"], strict=True)]


def _names(rules: pd.DataFrame) -> dict[int, str]:
    """The products of the rules by name, those in most rules first."""
    ids = [product for side in ("antecedents", "consequents") for items in rules[side] for product in items]
    names = [name for side in ("antecedent_names", "consequent_names") for items in rules[side] for name in items]
    known = dict(zip(ids, names, strict=True))
    return {product: known[product] for product in pd.Series(ids, dtype="int64").value_counts().index[:PRODUCTS_OFFERED].tolist()}
