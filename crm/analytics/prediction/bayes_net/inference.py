"""Exact answers of a network: the chances of some variables given facts, for one question or for a whole table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from crm.analytics.prediction.bayes_net.elimination import LARGEST_TABLE, Factor, ancestors, costliest, sum_out
from crm.analytics.prediction.bayes_net.network import Network
from crm.analytics.prediction.bayes_net.states import UNKNOWN

MOST_WORK = 100_000_000  # cells times rows of one table on the way: about a second


def chances(network: Network, wanted: Sequence[int], facts: Mapping[int, int],
            tables: Mapping[int, np.ndarray] | None = None) -> tuple[np.ndarray, np.ndarray]:
    """(chances of the wanted variables, an axis each, behind an axis of the draws; natural logarithm of the chance of the facts).

    tables: other tables than the network's, with an axis of draws in front. Chances are NaN where the facts are impossible.
    """
    asked = [one for one in wanted if one not in facts]
    factors = _one_question(network, {*asked, *facts}, facts, tables)
    values, scale = sum_out(factors, asked)
    total = values.reshape(len(values), -1).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        values = values / total.reshape(-1, *[1] * len(asked))
        likelihood = scale + np.log(total)
    if len(asked) < len(wanted):  # what is known already has its state for certain
        for place, one in enumerate(wanted):
            if one in facts:
                certain = np.eye(network.sizes[one])[facts[one]]
                values = np.expand_dims(values, 1 + place) * certain.reshape(-1, *[1] * (values.ndim - 1 - place))
    return values, np.broadcast_to(likelihood, (len(values),))


def cost(network: Network, wanted: Sequence[int], facts: Mapping[int, int]) -> int:
    """Cells of the largest table on the way to the answer."""
    asked = [one for one in wanted if one not in facts]
    return costliest(_one_question(network, {*asked, *facts}, facts, None), asked)


def _one_question(network: Network, about: set[int], facts: Mapping[int, int], tables: Mapping[int, np.ndarray] | None) -> list[Factor]:
    factors = []
    for one in sorted(ancestors(network.parents, about)):
        family = (*network.parents[one], one)
        table = tables[one] if tables is not None else network.tables[one][None]
        kept = tuple(facts.get(other, slice(None)) for other in family)
        factors.append(Factor(tuple(other for other in family if other not in facts), table[(slice(None), *kept)]))
    return factors


def row_chances(network: Network, wanted: int, codes: np.ndarray) -> np.ndarray:
    """(n, states of the wanted variable): its chances in every row, given all other columns that are known (codes not -1).

    The wanted column's own codes are not looked at. Where everything is known, only the variable's own table and those of its
    children count (its Markov blanket); what is not known is summed over. Where that would take longer than seconds (dozens
    of unknown columns that all hang together), unknown columns are taken to be in their most frequent state instead.
    """
    n = len(codes)
    found = np.full((n, network.sizes[wanted]), np.nan)
    hidden = codes == UNKNOWN
    hidden[:, wanted] = True
    for pattern, rows in _patterns(hidden):
        factors = _families(network, wanted, set(np.flatnonzero(pattern).tolist()))
        if not factors:
            found[rows] = 1.0
            continue
        cells = costliest([Factor(free, np.empty((1, *(network.sizes[one] for one in free)))) for _, free in factors], (wanted,))
        if cells * len(rows) > MOST_WORK and pattern.sum() > 1:
            found[rows] = row_chances(network, wanted, _filled(network, wanted, codes[rows]))
            continue
        step = max(1, min(len(rows), LARGEST_TABLE // 10 // max(cells, 1)))
        for start in range(0, len(rows), step):
            part = rows[start:start + step]
            found[part] = sum_out([_at_rows(network, child, free, codes, part) for child, free in factors], (wanted,))[0]
    total = found.sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        return found / total


def _filled(network: Network, wanted: int, codes: np.ndarray) -> np.ndarray:
    codes = codes.copy()
    for one in range(codes.shape[1]):
        if one != wanted:
            weights = network.tables[one] if network.weights is None else network.weights[one]
            codes[codes[:, one] == UNKNOWN, one] = weights.reshape(-1, weights.shape[-1]).sum(axis=0).argmax()
    return codes


def _patterns(hidden: np.ndarray):
    """Each different set of unknown columns with its rows."""
    if not len(hidden):
        return
    key = np.packbits(hidden, axis=1)
    if (key == key[0]).all():
        yield hidden[0], np.arange(len(hidden))
        return
    _, first, place = np.unique(key, axis=0, return_index=True, return_inverse=True)
    order = np.argsort(place.ravel(), kind="stable")
    for one, rows in zip(first, np.split(order, np.cumsum(np.bincount(place.ravel()))[:-1]), strict=True):
        yield hidden[one], rows


def _families(network: Network, wanted: int, hidden: set[int]) -> list[tuple[int, tuple[int, ...]]]:
    """(child, its family's unknown variables) of those tables that bear on the wanted variable."""
    needed = ancestors(network.parents, {*set(range(len(network.parents))) - hidden, wanted})
    open_ones = [(child, tuple(one for one in (*network.parents[child], child) if one in hidden)) for child in sorted(needed)]
    open_ones = [(child, free) for child, free in open_ones if free]
    reached, grown = {wanted}, True
    while grown:
        more = {one for _, free in open_ones if reached & set(free) for one in free} - reached
        reached |= more
        grown = bool(more)
    return [(child, free) for child, free in open_ones if reached & set(free)]


def _at_rows(network: Network, child: int, free: tuple[int, ...], codes: np.ndarray, rows: np.ndarray) -> Factor:
    family = (*network.parents[child], child)
    known = [axis for axis, one in enumerate(family) if one not in free]
    open_axes = [family.index(one) for one in free]
    table = network.tables[child].transpose(*known, *open_axes)
    if not known:
        return Factor(free, table[None])
    place = np.zeros(len(rows), dtype=np.intp)
    for axis in known:
        place = place * network.sizes[family[axis]] + codes[rows, family[axis]]
    return Factor(free, table.reshape(-1, *table.shape[len(known):])[place])
