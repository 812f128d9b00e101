"""How many customers bought b new in the window that a opened, and how many were to be expected?

Products of sparse tables, not loops over customers: windows by the products that opened them, and windows by the products
that were new in them or that the customer had already.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.baskets.first_days import FirstDays
from crm.analytics.baskets.windows import Windows, entries

BLOCK_STEPS = 20_000_000  # multiplications at a time, so that memory stays small
BLOCK_PAIRS = 20_000


@dataclass(frozen=True, eq=False)
class Usual:
    """Strata x products, of customers who did not have the product: how often it was bought new, and how many new things
    were bought at all (chances)."""

    bought: np.ndarray
    chances: np.ndarray

    @property
    def rate(self) -> np.ndarray:
        """The share of new things that were this product."""
        return np.divide(self.bought, self.chances, out=np.zeros(self.chances.shape), where=self.chances > 0)


def count_pairs(first: FirstDays, windows: Windows, *, min_customers: int) -> tuple[pd.DataFrame, int, Usual]:
    """Pairs of columns with at least `min_customers` who bought b new in the window that a opened: a, b, customers (who
    did not have b yet), customers_then, expected (the same customers included); how many pairs could have reached that
    number; and what is usual, right for the products b."""
    from scipy.sparse import csr_matrix

    n_windows, n_products = len(windows.stratum), first.products

    def held(begin: np.ndarray, end: np.ndarray, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The windows and the products, of those `chosen`, of entries begin[i] to end[i]."""
        number, window = entries(begin, end)
        product = first.product[number]
        kept = chosen[product]
        return window[kept], product[kept]

    def by_window(window: np.ndarray, product: np.ndarray, value: np.ndarray) -> csr_matrix:
        starts = np.searchsorted(window, np.arange(n_windows + 1))
        return csr_matrix((value, product, starts), shape=(n_windows, n_products))

    opened = np.flatnonzero(windows.opened_by >= 0)
    opening = first.product[opened]
    opens = csr_matrix((np.ones(len(opened), dtype=np.float32), (opening, windows.opened_by[opened])),
                       shape=(n_products, n_windows))
    buyers = np.bincount(opening, minlength=n_products)
    is_reached = np.zeros(len(first.product), dtype=bool)
    is_reached[entries(windows.has, windows.gets)[0]] = True
    is_first = buyers >= min_customers
    is_next = np.bincount(first.product[is_reached], minlength=n_products) >= min_customers
    tried = int(is_first.sum()) * int(is_next.sum()) - int((is_first & is_next).sum())

    new_window, new_product = held(windows.has, windows.gets, is_next)
    new = by_window(new_window, new_product, np.ones(len(new_window), dtype=np.float32))
    a, b, then = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    for rows in blocks(opens, new, np.flatnonzero(is_first)):
        together = opens[rows] @ new
        kept = np.flatnonzero(together.data >= min_customers)
        a.append(rows[np.searchsorted(together.indptr, kept, side="right") - 1])
        b.append(together.indices[kept].astype(np.int64))
        then.append(together.data[kept].astype(np.int64))
    found = pd.DataFrame({"a": np.concatenate(a), "b": np.concatenate(b), "customers_then": np.concatenate(then)})

    # Who had b already is looked at only where enough bought it then: most customers have had much.
    is_found = np.zeros(n_products, dtype=bool)
    is_found[found["b"]] = True
    had_window, had_product = held(windows.begins, windows.has, is_found)
    usual = usual_of(windows, (new_window, new_product), (had_window, had_product), products=n_products)
    rate = usual.rate
    missed = windows.new[had_window] * rate[windows.stratum[had_window], had_product]
    # One product of tables for both: customers who had it, and how many of them would have been expected to buy it.
    had = by_window(had_window, had_product, 1 + 1j * missed)
    both = np.zeros(len(found), dtype=complex)
    for rows in blocks(opens, had, np.unique(found["a"].to_numpy())):
        asked = np.flatnonzero(np.isin(found["a"].to_numpy(), rows))
        place = np.searchsorted(rows, found["a"].to_numpy()[asked])
        both[asked] = np.asarray((opens[rows] @ had)[place, found["b"].to_numpy()[asked]]).ravel()
    exposed = np.bincount(
        opening * windows.strata + windows.stratum[windows.opened_by[opened]],
        weights=windows.new[windows.opened_by[opened]], minlength=n_products * windows.strata,
    ).reshape(n_products, windows.strata)
    everybody = of_pairs(exposed, rate, found["a"].to_numpy(), found["b"].to_numpy())
    return found.assign(customers=buyers[found["a"].to_numpy()] - both.real.astype(np.int64),
                        expected=np.maximum(everybody - both.imag, 0.0)), tried, usual


def blocks(opens, held, rows: np.ndarray) -> Iterator[np.ndarray]:
    """The rows of `opens` in groups whose product with `held` takes so many steps."""
    work = (opens[rows] @ np.diff(held.indptr).astype(float)) if len(rows) else np.zeros(0)
    number = np.cumsum(work) // BLOCK_STEPS
    for block in np.unique(number):
        yield rows[number == block]


def usual_of(windows: Windows, new: tuple[np.ndarray, np.ndarray], had: tuple[np.ndarray, np.ndarray], *,
             products: int) -> Usual:
    """What is usual, from the windows and products that were `new` and that customers `had`; right for products that the
    latter covers."""
    shape, size = (windows.strata, products), windows.strata * products
    bought = np.bincount(windows.stratum[new[0]] * products + new[1], minlength=size).reshape(shape)
    closed = np.bincount(windows.stratum[had[0]] * products + had[1], weights=windows.new[had[0]], minlength=size)
    everything = np.bincount(windows.stratum, weights=windows.new, minlength=windows.strata)
    return Usual(bought=bought, chances=everything[:, None] - closed.reshape(shape))


def of_pairs(exposed: np.ndarray, rate: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Row a of `exposed` times column b of `rate`, for each pair."""
    by_product = np.ascontiguousarray(rate.T)
    return np.concatenate([np.zeros(0)] + [
        np.einsum("ij,ij->i", exposed[a[start:start + BLOCK_PAIRS]], by_product[b[start:start + BLOCK_PAIRS]])
        for start in range(0, len(a), BLOCK_PAIRS)])
