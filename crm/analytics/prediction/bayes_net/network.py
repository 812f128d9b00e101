"""The network itself: variables, who depends directly on whom, and the chances of each state given those."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.prediction.bayes_net.states import UNKNOWN, Coding, State
from crm.errors import InvalidInput


@dataclass(frozen=True, eq=False)
class Network:
    """A discrete Bayesian network: P(all) is the product of P(variable | its parents).

    variables: one a column, with its states. parents: of each variable, numbers of others. tables: of each variable, chances
    0..1 with one axis a parent (in the sequence of `parents`) and the last one for its own states, summing to 1 over it.
    weights: the same shapes, past cases with the prior's (the parameters of a Dirichlet distribution); None in networks made by
    hand. cases: (n, variables) uint8 states of the past rows, None where they were not kept. n_cases: rows learned from, 0 by
    hand. rows_per_group: how many of them are about the same customer, on average. target: the number of the variable that is
    to be foreseen, or None.
    """

    variables: tuple[Coding, ...]
    parents: tuple[tuple[int, ...], ...]
    tables: tuple[np.ndarray, ...]
    weights: tuple[np.ndarray, ...] | None = None
    cases: np.ndarray | None = None
    n_cases: int = 0
    rows_per_group: float = 1.0
    target: int | None = None

    @classmethod
    def from_tables(cls, tables: Mapping[str, tuple[Sequence[str], Sequence[str], object]], *, target: str | None = None) -> Network:
        """A network made by hand: name -> (states, parents, chances with an axis a parent and the last for the states).

        Raises InvalidInput for unknown parents, a circle, wrong shapes, or chances that do not sum to 1 (within 1e-9).
        """
        names = list(tables)
        variables, parents, chances = [], [], []
        for name, (states, above, table) in tables.items():
            unknown = [one for one in above if one not in names]
            if unknown:
                raise InvalidInput(f"{name} depends on {unknown[0]}, which is not in the network.")
            table = np.asarray(table, dtype=float)
            shape = (*(len(tables[one][0]) for one in above), len(states))
            if table.shape != shape:
                raise InvalidInput(f"The table of {name} has the shape {table.shape}; {shape} is needed.")
            if (table < 0).any() or np.abs(table.sum(axis=-1) - 1).max() > 1e-9:
                raise InvalidInput(f"The chances of {name} must not be below 0 and must sum to 1.")
            variables.append(Coding(name, "word", words=tuple(str(state) for state in states)))
            parents.append(tuple(names.index(one) for one in above))
            chances.append(table)
        if sequence(parents) is None:
            raise InvalidInput("The arrows run in a circle; a variable cannot depend on itself.")
        return cls(tuple(variables), tuple(parents), tuple(chances), target=None if target is None else names.index(target))

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(one.name for one in self.variables)

    @property
    def sizes(self) -> tuple[int, ...]:
        return tuple(one.size for one in self.variables)

    @property
    def edges(self) -> tuple[tuple[int, int], ...]:
        """(from, to), numbers of variables."""
        return tuple((above, child) for child, parents in enumerate(self.parents) for above in parents)

    def number(self, name: str) -> int:
        """Which variable that is. Raises InvalidInput for an unknown name."""
        if name not in self.names:
            raise InvalidInput(f"The network has no {name}; it has {', '.join(self.names)}.")
        return self.names.index(name)

    def states(self, name: str) -> tuple[State, ...]:
        return self.variables[self.number(name)].states

    def codes(self, frame: pd.DataFrame) -> np.ndarray:
        """(n, variables) int16 states; -1 for a value that no past row had, and for a column that the frame has not."""
        return np.column_stack([
            one.codes(frame[one.name]) if one.name in frame else np.full(len(frame), UNKNOWN, dtype=np.int16)
            for one in self.variables]) if self.variables else np.zeros((len(frame), 0), dtype=np.int16)

    def facts(self, given: Mapping[str, object]) -> dict[int, int]:
        """Facts as variable -> state, from name -> State or value. Raises InvalidInput for unknown ones."""
        return {self.number(name): self.variables[self.number(name)].code_of(fact) for name, fact in given.items()}

    def log_likelihood(self, frame: pd.DataFrame) -> np.ndarray:
        """(n,) natural logarithm of the chance of each whole row; NaN where it holds a value that no past row had."""
        codes = self.codes(frame)
        total = np.zeros(len(codes))
        with np.errstate(divide="ignore"):
            for child, parents in enumerate(self.parents):
                total += np.log(self.tables[child][tuple(np.maximum(codes[:, one], 0) for one in (*parents, child))])
        return np.where((codes == UNKNOWN).any(axis=1), np.nan, total)


def sequence(parents: Sequence[Sequence[int]]) -> list[int] | None:
    """All variables, each after its parents; None where the arrows run in a circle.

    >>> sequence([(1,), (), (0, 1)]), sequence([(1,), (0,)])
    ([1, 0, 2], None)
    """
    placed: list[int] = []
    waiting = list(range(len(parents)))
    while waiting:
        ready = [one for one in waiting if all(above in placed for above in parents[one])]
        if not ready:
            return None
        placed += ready
        waiting = [one for one in waiting if one not in placed]
    return placed
