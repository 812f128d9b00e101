"""What is the chance of something, given what is known? Exact sums by variable elimination, for many rows at once.

A factor is a table over some variables with one more axis in front, of length 1 or n: n rows whose facts differ, or n draws
of the network's tables (Zhang & Poole 1994; the sequence of elimination by smallest fill-in).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from crm.errors import InvalidInput

LARGEST_TABLE = 20_000_000  # cells of a table on the way: 160 MB


@dataclass(frozen=True, eq=False)
class Factor:
    variables: tuple[int, ...]
    values: np.ndarray  # (1 or n, one axis a variable)


def ancestors(parents: Sequence[Sequence[int]], of: Iterable[int]) -> set[int]:
    """These and all that they depend on; what nobody asked for and depends on them sums to 1 and can be left out."""
    found: set[int] = set()
    waiting = list(of)
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += parents[one]
    return found


def sum_out(factors: list[Factor], wanted: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """(values with the axes of `wanted` behind the first, scaled to at most 1; natural logarithm of the scale, a row each).

    Raises InvalidInput where a table on the way would not fit into memory.
    """
    scale = np.zeros(1)
    sizes = {one: size for factor in factors for one, size in zip(factor.variables, factor.values.shape[1:], strict=True)}
    rows = max((len(factor.values) for factor in factors), default=1)
    while hidden := {one for factor in factors for one in factor.variables} - set(wanted):
        one, cells = _next(factors, hidden, sizes)
        if cells * rows > LARGEST_TABLE:
            raise InvalidInput("These columns depend on each other in too many ways to be computed exactly; use fewer of them.")
        mine = [factor for factor in factors if one in factor.variables]
        product, more = _product(mine)
        axis = 1 + product.variables.index(one)
        rest = Factor(tuple(other for other in product.variables if other != one), product.values.sum(axis=axis))
        factors = [factor for factor in factors if one not in factor.variables] + [rest]
        scale = scale + more
    if math.prod(sizes.get(one, 1) for one in wanted) * rows > LARGEST_TABLE:
        raise InvalidInput("Too many things are asked for at once; ask for fewer of them.")
    product, more = _product(factors)
    place = [1 + product.variables.index(one) for one in wanted]
    return product.values.transpose(0, *place), scale + more


def costliest(factors: list[Factor], wanted: Sequence[int]) -> int:
    """Cells of the largest table that `sum_out` makes for one row."""
    sizes = {one: size for factor in factors for one, size in zip(factor.variables, factor.values.shape[1:], strict=True)}
    scopes = [set(factor.variables) for factor in factors]
    most = math.prod(sizes.get(one, 1) for one in wanted)
    while hidden := set().union(*scopes) - set(wanted):
        one, cells = _next_of(scopes, hidden, sizes)
        most = max(most, cells)
        joined = set().union(*(scope for scope in scopes if one in scope)) - {one}
        scopes = [scope for scope in scopes if one not in scope] + [joined]
    return most


def _next(factors: list[Factor], hidden: set[int], sizes: dict[int, int]) -> tuple[int, int]:
    return _next_of([set(factor.variables) for factor in factors], hidden, sizes)


def _next_of(scopes: list[set[int]], hidden: set[int], sizes: dict[int, int]) -> tuple[int, int]:
    """The variable whose elimination joins the fewest pairs that are not joined yet, and the cells that it costs."""
    near: dict[int, set[int]] = {}
    for scope in scopes:
        for one in scope:
            near.setdefault(one, set()).update(scope)
    best = None
    for one in sorted(hidden):
        around = sorted(near[one] - {one})
        fill = sum(right not in near[left] for place, left in enumerate(around) for right in around[place + 1:])
        cells = math.prod(sizes[other] for other in near[one])
        if best is None or (fill, cells) < best[:2]:
            best = (fill, cells, one)
    return best[2], best[1]


def _product(factors: list[Factor]) -> tuple[Factor, np.ndarray]:
    """Their product, scaled row by row so that nothing becomes too small to be held."""
    scale = np.zeros(1)
    found = Factor((), np.ones((1,)))
    for factor in sorted(factors, key=lambda one: one.values.ndim):
        variables = (*found.variables, *(one for one in factor.variables if one not in found.variables))
        values = _spread(found, variables) * _spread(factor, variables)
        most = values.reshape(len(values), -1).max(axis=1)
        safe = np.where(most > 0, most, 1.0)
        found = Factor(variables, values / safe.reshape(-1, *[1] * len(variables)))
        with np.errstate(divide="ignore"):
            scale = scale + np.log(most)
    return found, scale


def _spread(factor: Factor, variables: tuple[int, ...]) -> np.ndarray:
    """The values with an axis for each of the variables, of length 1 where the factor does not know it."""
    own = [one for one in variables if one in factor.variables]
    values = factor.values.transpose(0, *(1 + factor.variables.index(one) for one in own))
    shape = iter(values.shape[1:])
    return values.reshape(len(values), *(next(shape) if one in factor.variables else 1 for one in variables))
