"""Chance: how likely is so much togetherness, or more, if the products had nothing to do with each other?"""

from __future__ import annotations

import numpy as np

NEGLIGIBLE = 1e-17  # of the sum so far: below what a float can add


def upper_tail(*, orders: int, with_a: np.ndarray, with_b: np.ndarray, both: np.ndarray) -> np.ndarray:
    """P(at least `both` of the orders with b also hold a) by chance: Fisher's one-sided exact test (1935).

    >>> three = np.array([3])
    >>> float(upper_tail(orders=10, with_a=three, with_b=three, both=three)[0].round(6))
    0.008333
    """
    expected = with_a * (with_b / orders)
    above = both > expected
    tail = np.empty(len(both))
    tail[above] = sum_away(orders, with_a[above], with_b[above], both[above], step=1)
    # Below the middle the other side is the short one: P(X >= k) = 1 - P(X <= k - 1).
    under = ~above
    tail[under] = 1 - sum_away(orders, with_a[under], with_b[under], both[under] - 1, step=-1)
    return np.clip(tail, 0, 1)


def sum_away(
    orders: int, with_a: np.ndarray, with_b: np.ndarray, start: np.ndarray, *, step: int
) -> np.ndarray:
    """Sum of the hypergeometric probabilities from `start` away from the mean, where terms only shrink."""
    total = np.zeros(len(start))
    possible = start >= np.maximum(0, with_a + with_b - orders)
    index = np.flatnonzero(possible & (start <= np.minimum(with_a, with_b)))
    a, b, k = (values[index].astype(float) for values in (with_a, with_b, start))
    term = np.exp(log_probability(orders, a, b, k))
    total[index] = term
    while len(index):
        if step > 0:
            ratio = (a - k) * (b - k) / ((k + 1) * (orders - a - b + k + 1))
        else:
            ratio = k * (orders - a - b + k) / ((a - k + 1) * (b - k + 1))
        term = term * ratio
        k = k + step
        total[index] += term
        going = term > NEGLIGIBLE * total[index]
        index, a, b, k, term = index[going], a[going], b[going], k[going], term[going]
    return total


def log_probability(orders: int, a: np.ndarray, b: np.ndarray, k: np.ndarray) -> np.ndarray:
    """Log of C(a, k) C(orders - a, b - k) / C(orders, b)."""
    return log_choose(a, k) + log_choose(orders - a, b - k) - log_choose(np.full_like(b, orders), b)


def log_choose(n: np.ndarray, k: np.ndarray) -> np.ndarray:
    """Log of n! / (k! (n - k)!)."""
    from scipy.special import gammaln

    return gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
