"""Baskets: what is bought together, as rules."""

from datetime import date

import pandas as pd
from sqlalchemy.orm import Session

from crm import frames
from crm.analytics import baskets as analysis
from crm.db import reads


@reads("sales")
def run(session: Session, *, as_of: date, min_support: float = 0.01, min_confidence: float = 0.3,
            max_length: int = 3, random_state: int = 0) -> analysis.BasketRules:
    """What is bought together; a `min_support` of 1 and more is a number of orders. See crm.analytics.baskets."""
    min_support = int(min_support) if min_support >= 1 else min_support
    return analysis.rules(
        frames.order_lines(session, until=as_of), frames.products(session), as_of=as_of, min_support=min_support,
        min_confidence=min_confidence, max_length=max_length, random_state=random_state)


def table(result: analysis.BasketRules, catalogue: pd.DataFrame) -> pd.DataFrame:
    """One row a rule, the strongest lift first: antecedents and consequents (product codes, joined by " + ") with
    their names, support, confidence, lift, leverage, conviction, count (orders), p_value, q_value."""
    code = dict(zip(catalogue["product_id"], catalogue["product_code"], strict=True))
    rules = result.rules
    written = {side: [" + ".join(code[item] for item in items) for items in rules[side]]
               for side in ("antecedents", "consequents")}
    figures = rules[["support", "confidence", "lift", "leverage", "conviction", "count", "p_value", "q_value"]]
    return pd.DataFrame({**written, "antecedent_names": [" + ".join(words) for words in rules["antecedent_names"]],
                         "consequent_names": rules["consequent_name"]}).join(figures)


def quality(result: analysis.BasketRules) -> dict:
    """What was counted, as plain figures."""
    return {"baskets": result.baskets, "mixed_baskets": result.mixed_baskets, "products": result.products,
            "min_count": result.min_count, "itemsets": len(result.itemsets), "rules": len(result.rules),
            "rules_tried": result.rules_tried}
