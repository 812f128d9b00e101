"""Asking: what would each method have listed for the customers of a split?"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from crm.analytics.recommendations.judging.listing import best
from crm.analytics.recommendations.judging.repeat import REPEAT_GRIDS, REPEAT_METHODS, RepeatRecommender, learn_repeat
from crm.analytics.recommendations.judging.splits import Split
from crm.analytics.recommendations.methods import GRIDS, METHODS, learn
from crm.analytics.recommendations.methods.blend import by_blend
from crm.analytics.recommendations.methods.recommender import Recommender, blocks
from crm.analytics.recommendations.purchases import Purchases
from crm.errors import InvalidInput

QUESTIONS = ("new", "repeat")


def methods_of(question: str) -> tuple[str, ...]:
    """The methods that answer a question, random and popular among them."""
    if question not in QUESTIONS:
        raise InvalidInput(f"There is no question “{question}”; choose new or repeat.", field="question")
    return METHODS if question == "new" else REPEAT_METHODS


def grid_of(question: str, method: str) -> list[dict]:
    """The settings worth trying, the default first."""
    return (GRIDS if question == "new" else REPEAT_GRIDS)[method]


def learner(question: str, purchases: Purchases, *, method: str, parameters: dict | None, groups: pd.Series | None,
            exclude_recent_days: int = 0, random_state: int = 0, made: dict[str, Recommender] | None = None) -> Recommender:
    """What a method learns. `made`: what others have learned from these very purchases, which a blend need not learn again."""
    if question == "repeat":
        return learn_repeat(purchases, method=method, parameters=parameters, exclude_recent_days=exclude_recent_days,
                            random_state=random_state)
    if method == "blend" and made:
        return _blend_of(made, purchases, parameters=parameters, random_state=random_state)
    return learn(purchases, method=method, parameters=parameters, groups=groups, random_state=random_state)


def _blend_of(made: dict[str, Recommender], purchases: Purchases, *, parameters: dict | None, random_state: int) -> Recommender:
    def member(learned_from: Purchases, name: str) -> Recommender:
        if learned_from is purchases and name in made and made[name].parameters == GRIDS[name][0]:
            return made[name]
        return learn(learned_from, method=name, random_state=random_state)

    return by_blend(purchases, **{**GRIDS["blend"][0], **(parameters or {})}, random_state=random_state, learn=member)


def lists(recommender: Recommender, split: Split, question: str, rows: np.ndarray, *, top: int,
          before_each: Callable[[], None] | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Places and scores (rows x top) of the lists for these rows of `split.asked`, -1 and -inf past the end.

    "new": nothing that the customer has had; "repeat": only what the customer has had. Block by block, so that memory does
    not grow with the number of customers.
    """
    never = np.flatnonzero(~split.may_be_listed)
    n_products = len(split.may_be_listed)
    width = min(top, n_products)
    places = np.empty((len(rows), width), dtype=np.int64)
    values = np.empty((len(rows), width), dtype=np.float32)
    for block in blocks(len(rows), n_products):
        if before_each is not None:
            before_each()
        asked = split.asked.part(rows[block])
        if isinstance(recommender, RepeatRecommender):
            scores = recommender.scores(asked, split.listed_on[rows[block]])
        else:
            scores = recommender.scores(asked)
            owned = asked.owned
            scores[np.repeat(np.arange(owned.shape[0]), np.diff(owned.indptr)), owned.indices] = -np.inf
        scores[:, never] = -np.inf
        places[block], values[block] = best(scores, width)
    return places, values
