"""The rules as a picture, of four kinds: all at a glance, what hangs together, every two products, what leads to what."""

from collections.abc import Callable

import pandas as pd
import streamlit as st

from crm.analytics.baskets import BasketRules, pictures
from crm.errors import CrmError
from crm.ui import basket_words, chart, words

KINDS = {"Map": "Each point is a rule: at the right what is bought often together, at the top what is nearly sure; larger is more "
                "times as often as by chance. Empty circles may be luck.",
         "Network": "Products that go together, more than by luck; a thicker line is more times as often as by chance.",
         "Matrix": "Every two products. Green: more often together than by chance; orange: more seldom; the fuller, the more so.",
         "Flow": "From what is bought, at the left, to what is bought with it, at the right; thicker is more often."}
ALT = {"Map": "Rules by how often and how surely they hold.", "Network": "Products that are bought together, joined by lines.",
       "Matrix": "Every two products by how many times as often as by chance they lie together.",
       "Flow": "The first rules, from what is bought to what is bought with it."}
_MAP = {"sure": "More than luck", "unsure": "May be luck", "confidence": "Then also bought"}
MAP_WORDS = {
    "orders": {**_MAP, "support": "Share of all orders",
               "said": "With {left} also {right}: {confidence} of them, {lift} times the usual, in {count} orders"},
    "baskets": {**_MAP, "support": "Share of all baskets",
                "said": "With {left} also {right}: {confidence} of them, {lift} times the usual, in {count} baskets"}}
_NETWORK = {"product": "{name}: with {others} others in this picture", "chosen": "This product", "others": "Other products"}
NETWORK_WORDS = {
    "orders": {**_NETWORK, "pair": "{one} + {other}: in {count} orders, {lift} times as often as by chance"},
    "baskets": {**_NETWORK, "pair": "{one} + {other}: in {count} baskets, {lift} times as often as by chance"}}
MATRIX_WORDS = {
    "orders": {"said": "{one} + {other}: {lift} times as often as by chance, in {count} orders",
               "never": "{one} + {other}: never together"},
    "baskets": {"said": "{one} + {other}: {lift} times as often as by chance, in {count} baskets",
                "never": "{one} + {other}: never together"}}
FLOW_WORDS = {
    "orders": {"rule": "With {left} also {right}: {count} orders, {share} of them, {lift} times the usual", "bar": "{name}: {count}"},
    "baskets": {"rule": "With {left} also {right}: {count} baskets, {share} of them, {lift} times the usual", "bar": "{name}: {count}"}}
Matrix = tuple[pd.DataFrame, pd.DataFrame]


def draw(result: BasketRules, rules: pd.DataFrame, *, key: str, matrix: Callable[[], Matrix], product: int | None = None,
         counted: str = "orders") -> None:
    """The choice and the picture. `rules`: those listed; `matrix()` gives lift and count of every two products; `product`:
    the one that the list is about, marked where it can be; `counted`: orders, or baskets of a table."""
    kind = st.segmented_control("As a picture", list(KINDS), default="Map", required=True, key=f"{key}_kind",
                                label_visibility="collapsed") or "Map"
    names = _names(result)
    if kind == "Map":
        figure = pictures.rule_scatter(rules, names=names, words=MAP_WORDS[counted]) if len(rules) else None
    elif kind == "Network":
        pairs = _pairs(result, product)
        figure = pictures.product_network(pairs, names=names, chosen=product, words=NETWORK_WORDS[counted]) if len(pairs) else None
    elif kind == "Matrix":
        try:
            figure = pictures.lift_matrix(*matrix(), names=names, words=MATRIX_WORDS[counted])
        except CrmError as error:
            st.caption(words.plain(error))
            return
    else:
        figure = pictures.rule_streams(rules, names=names, words=FLOW_WORDS[counted]) if len(rules) else None
    if figure is None:
        st.caption("There is nothing to draw: no rule is listed." if kind != "Network" else
                   "There is nothing to draw: no two products go together more than by luck.")
        return
    chart.show(figure, key=f"{key}_{kind}", alt=ALT[kind])
    st.caption(KINDS[kind])


def _pairs(result: BasketRules, product: int | None) -> pd.DataFrame:
    """The pairs that are more than luck, those first that lie together in most orders beyond chance."""
    pairs = result.pairs
    pairs = pairs[basket_words.sure(pairs)]
    if product is not None:
        pairs = pairs[(pairs["product_id_a"] == product) | (pairs["product_id_b"] == product)]
    return pairs.iloc[(-(pairs["count"] * (1 - 1 / pairs["lift"]))).argsort(kind="stable")]


def _names(result: BasketRules) -> dict[int, str]:
    pairs, rules = result.pairs, result.rules
    known = dict(zip(pairs["product_id_a"].tolist(), pairs["name_a"], strict=True))
    known |= dict(zip(pairs["product_id_b"].tolist(), pairs["name_b"], strict=True))
    for ids, names in ((rules[side], rules[named]) for side, named in (("antecedents", "antecedent_names"),
                                                                     ("consequents", "consequent_names"))):
        for group, called in zip(ids, names, strict=True):
            known.update(zip(group, called, strict=True))
    return known
