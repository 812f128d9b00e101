"""Methods: from what customers bought, what speaks for each product, customer by customer?"""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from crm.analytics.recommendations.methods.blend import by_blend
from crm.analytics.recommendations.methods.content import by_content
from crm.analytics.recommendations.methods.factors import by_nmf, by_svd
from crm.analytics.recommendations.methods.linear import by_linear
from crm.analytics.recommendations.methods.popularity import by_chance, by_group, by_popularity, by_recent
from crm.analytics.recommendations.methods.recommender import Recommender
from crm.analytics.recommendations.methods.together import by_baskets, by_items
from crm.analytics.recommendations.methods.users import by_users
from crm.analytics.recommendations.purchases import Purchases
from crm.errors import InvalidInput, NotEnoughData

METHODS = ("random", "popular", "recent", "group", "items", "users", "baskets", "content", "linear", "svd", "nmf", "blend")

# Settings worth trying, the first is the default. Few, for each costs a fit where the settings are chosen.
GRIDS: dict[str, list[dict]] = {
    "random": [{}],
    "popular": [{}],
    "recent": [{"days": 90}, {"days": 30}, {"days": 14}],
    "group": [{}],
    "items": [{"measure": "cosine", "neighbours": 100, "shrinkage": 20}, {"measure": "pearson", "neighbours": 200, "shrinkage": 20},
              {"measure": "jaccard", "neighbours": 100, "shrinkage": 20}, {"measure": "cosine", "neighbours": 20, "shrinkage": 20}],
    "users": [{"measure": "cosine", "neighbours": 100, "shrinkage": 0}, {"measure": "pearson", "neighbours": 100, "shrinkage": 0},
              {"measure": "jaccard", "neighbours": 100, "shrinkage": 0}, {"measure": "cosine", "neighbours": 30, "shrinkage": 0}],
    "baskets": [{"measure": "cosine", "neighbours": 50, "shrinkage": 20}, {"measure": "cosine", "neighbours": 50, "shrinkage": 5}],
    "content": [{"text": 2.0, "category": 1.0, "price": 0.5, "neighbours": 50}],
    "linear": [{"penalty": 4.0, "neighbours": 100}, {"penalty": 1.0, "neighbours": 100}, {"penalty": 10.0, "neighbours": 100}],
    "svd": [{"factors": 64, "damping": 0.0}, {"factors": 32, "damping": 0.0}, {"factors": 16, "damping": 0.0}],
    "nmf": [{"factors": 32}, {"factors": 16}],
    "blend": [{"members": ("linear", "items", "content", "recent")}],
}

MIN_CUSTOMERS = 2  # one customer's purchases say nothing about anybody else's
NEED_CUSTOMERS = ("group", "items", "users", "linear", "svd", "nmf", "blend")

LEARN: dict[str, Callable[..., Recommender]] = {
    "random": by_chance,
    "popular": by_popularity,
    "recent": by_recent,
    "group": by_group,
    "items": by_items,
    "baskets": by_baskets,
    "users": by_users,
    "content": by_content,
    "linear": by_linear,
    "svd": by_svd,
    "nmf": by_nmf,
    "blend": by_blend,
}


def learn(purchases: Purchases, *, method: str, parameters: dict | None = None, groups: pd.Series | None = None,
          random_state: int = 0) -> Recommender:
    """What `method` learns from these purchases; settings that `parameters` does not name are the defaults of GRIDS.

    `groups`: a label a customer (index customer_id), needed by "group". Raises InvalidInput for an unknown method or an
    impossible setting, NotEnoughData for fewer than two customers (two orders for "baskets").
    """
    if method not in METHODS:
        raise InvalidInput(f"There is no method {method!r}; choose one of {', '.join(METHODS)}.", field="method")
    settings = {**GRIDS[method][0], **(parameters or {})}
    unknown = sorted(set(settings) - set(GRIDS[method][0]))
    if unknown:
        raise InvalidInput(f"The method {method!r} has no setting {unknown[0]!r}.", field="parameters")
    if method in NEED_CUSTOMERS and len(purchases.customer_ids) < MIN_CUSTOMERS:
        raise NotEnoughData(
            f"Learning from what customers have in common needs {MIN_CUSTOMERS} customers with purchases; "
            f"so far there are {len(purchases.customer_ids)}."
        )
    if method == "baskets" and purchases.orders < MIN_CUSTOMERS:
        raise NotEnoughData(f"Learning from orders needs {MIN_CUSTOMERS} of them; so far there are {purchases.orders}.")
    if method == "group":
        settings["groups"] = groups
    if method in ("random", "svd", "nmf", "blend"):
        settings["random_state"] = random_state
    if method == "blend":
        settings["learn"] = lambda part, member: learn(part, method=member, groups=groups, random_state=random_state)
    return LEARN[method](purchases, **settings)


__all__ = ["GRIDS", "METHODS", "Recommender", "learn"]
