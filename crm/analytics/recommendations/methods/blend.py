"""A blend: several methods heard together, each with the weight that it has earned on purchases kept back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from crm.analytics.recommendations.methods.recommender import Recommender, blocks
from crm.analytics.recommendations.purchases import Asked, Purchases, as_ones, ask, ones, only, places
from crm.errors import InvalidInput

KEPT_BACK = 1_000  # customers whose last day weighs the members; their NDCG is then known to about .01
MIN_KEPT_BACK = 20  # below it one customer would decide; all members then weigh the same
ROUNDS = 12  # each adds a twelfth of a vote: finer weights than the customers kept back can tell apart
TOP = 10  # the length of list that weights are chosen for
SHORTLIST = 50  # best products of each member that can come among the blend's first TOP while weights are tried

DISCOUNT = 1 / np.log2(np.arange(2, TOP + 2))  # of a hit at each place


@dataclass(frozen=True, eq=False)
class Blend(Recommender):
    """`members` and their `shares` of the vote, which add up to 1. A member that cannot say abstains."""

    members: tuple[Recommender, ...] = ()
    shares: tuple[float, ...] = ()

    def scores(self, asked: Asked) -> np.ndarray:
        found = None
        for rows in blocks(len(asked), asked.owned.shape[1]):
            part = sum(np.float32(share) * standard(member.scores(asked.part(rows)))
                       for member, share in zip(self.members, self.shares, strict=True))
            found = np.empty((len(asked), part.shape[1]), dtype=np.float32) if found is None else found
            found[rows] = part
        return np.empty(asked.owned.shape, dtype=np.float32) if found is None else found

    def because(self, asked: Asked, products: np.ndarray) -> np.ndarray:
        found = np.full(products.shape, -1, dtype=np.int64)
        for place in np.argsort(-np.array(self.shares), kind="stable"):
            if (found >= 0).all():
                break
            found = np.where(found >= 0, found, self.members[place].because(asked, products))
        return found


def by_blend(purchases: Purchases, *, members: tuple[str, ...], random_state: int,
             learn: Callable[[Purchases, str], Recommender]) -> Blend:
    """Mean of the members' standardised scores, weighted by what they add (Caruana et al. 2004).

    The last day of up to KEPT_BACK returning customers is kept back, the members learn from the rest, and vote after vote
    goes to the member whose vote raises the NDCG of the blend most; then the members learn from everything. `learn`
    makes a member from purchases and a method's name.
    """
    if not members or "blend" in members:
        raise InvalidInput("A blend needs at least one other method.", field="members")
    shares = earned(purchases, members, random_state=random_state, learn=learn)
    heard = [(name, share) for name, share in zip(members, shares, strict=True) if share > 0]
    return Blend("blend", {"members": tuple(members), "shares": dict(heard)},
                 members=tuple(learn(purchases, name) for name, _ in heard), shares=tuple(share for _, share in heard))


def earned(purchases: Purchases, members: tuple[str, ...], *, random_state: int,
           learn: Callable[[Purchases, str], Recommender]) -> tuple[float, ...]:
    """Each member's share of the vote; equal shares where fewer than MIN_KEPT_BACK customers can tell."""
    equal = (1 / len(members),) * len(members)
    drawn = returning(purchases, random_state=random_state)
    if len(members) == 1 or len(drawn) < MIN_KEPT_BACK:
        return equal
    last = np.full(len(purchases.customer_ids) + 1, np.datetime64("NaT", "D"))
    last[drawn] = last_days(purchases)[drawn]
    hidden = purchases.day == last[purchases.customer]  # customer -1 is the last entry, which is no day
    rest, last_orders = only(purchases, ~hidden), only(purchases, hidden)
    # Both have the same customers and products; the products are brought into the order of the rest.
    truth = ones(last_orders)[drawn][:, places(last_orders.product_ids, rest.product_ids)]
    asked = ask(rest, rest.customer_ids[drawn])
    owned = as_ones(asked.owned)
    truth = (truth - truth.multiply(owned)).toarray()
    telling = truth.any(axis=1)
    if telling.sum() < MIN_KEPT_BACK:
        return equal
    asked, truth, owned = asked.part(telling), truth[telling], owned[telling].tocoo()
    votes = [standard(learn(rest, name).scores(asked)) for name in members]
    for vote in votes:
        vote[owned.row, owned.col] = -np.inf
    return elected(*shortlisted(votes, truth), ideal(truth))


def shortlisted(votes: list[np.ndarray], truth: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
    """The same votes and truth for what any member has among its SHORTLIST best alone: a tenth of the work."""
    count = min(SHORTLIST, truth.shape[1])
    column = np.sort(np.hstack([np.argpartition(vote, -count, axis=1)[:, -count:] for vote in votes]), axis=1)
    again = np.zeros(column.shape, dtype=bool)
    again[:, 1:] = column[:, 1:] == column[:, :-1]
    short = [np.where(again, -np.inf, np.take_along_axis(vote, column, axis=1)) for vote in votes]
    return short, np.where(again, 0, np.take_along_axis(truth, column, axis=1))


def elected(votes: list[np.ndarray], truth: np.ndarray, best_sum: np.ndarray) -> tuple[float, ...]:
    """Vote after vote to the member that helps the NDCG most, the first among equals; the best moment counts."""
    total = np.zeros_like(votes[0])
    chosen: list[int] = []
    reached: list[float] = []
    for _ in range(ROUNDS):
        gains = [ndcg(total + vote, truth, best_sum) for vote in votes]
        best = int(np.argmax(gains))
        total += votes[best]
        chosen.append(best)
        reached.append(gains[best])
    counted = chosen[: int(np.argmax(reached)) + 1]
    return tuple(counted.count(member) / len(counted) for member in range(len(votes)))


def ndcg(scores: np.ndarray, truth: np.ndarray, best_sum: np.ndarray) -> float:
    """Mean NDCG of the first TOP products of each row (Jarvelin & Kekalainen 2002); `truth` is 1 where bought, `best_sum` the
    discounted sum of the best list."""
    left = scores.copy()
    row = np.arange(len(left))
    found = np.zeros(len(left))
    for discount in DISCOUNT[: left.shape[1]]:
        best = left.argmax(axis=1)
        found += truth[row, best] * discount
        left[row, best] = -np.inf
    return float((found / best_sum).mean())


def ideal(truth: np.ndarray) -> np.ndarray:
    """The discounted sum of the best list of each row; every row has at least one product."""
    return np.cumsum(DISCOUNT)[np.minimum(truth.sum(axis=1).astype(int), TOP) - 1]


def standard(scores: np.ndarray) -> np.ndarray:
    """Each row with mean 0 and deviation 1; noughts for a row that cannot say or does not differ."""
    found = np.where(np.isneginf(scores), np.float32(0), scores)
    found -= found.mean(axis=1, keepdims=True)
    deviation = np.sqrt(np.einsum("ij,ij->i", found, found) / max(1, found.shape[1]))
    found /= np.where(deviation > 0, deviation, 1)[:, None]
    return found


def last_days(purchases: Purchases) -> np.ndarray:
    """The last day on which each customer bought, datetime64[D]."""
    known = purchases.customer >= 0
    last = np.full(len(purchases.customer_ids), np.iinfo(np.int64).min)
    np.maximum.at(last, purchases.customer[known], purchases.day[known].astype(np.int64))
    return last.astype("datetime64[D]")


def returning(purchases: Purchases, *, random_state: int) -> np.ndarray:
    """Codes of up to KEPT_BACK customers with orders on two days or more, drawn by the seed, ascending."""
    known = purchases.customer >= 0
    earlier = purchases.day[known] < last_days(purchases)[purchases.customer[known]]
    codes = np.flatnonzero(np.bincount(purchases.customer[known][earlier], minlength=len(purchases.customer_ids)))
    if len(codes) > KEPT_BACK:
        codes = np.sort(np.random.default_rng(random_state).choice(codes, KEPT_BACK, replace=False))
    return codes
