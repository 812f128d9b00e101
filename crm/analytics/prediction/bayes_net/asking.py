"""What is the chance, given what we know; how many past cases were like that, and which facts change it most?"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.prediction.bayes_net.elimination import LARGEST_TABLE, ancestors
from crm.analytics.prediction.bayes_net.inference import chances, cost
from crm.analytics.prediction.bayes_net.network import Network
from crm.analytics.prediction.bayes_net.states import State, in_signs
from crm.analytics.prediction.bayes_net.structure import information_of
from crm.errors import InvalidInput

DRAWS = 200  # of the tables from what the past rows leave open; their middle 95 % is the interval
FEWEST_DRAWS = 40  # fewer do not mark the ends of it


@dataclass(frozen=True, eq=False)
class Answer:
    """The chances of the wanted columns given the facts.

    wanted: their names. states: of each of them. probability: 0..1, an axis each, summing to 1. low, high: the same shape,
    95 % of what the tables may be after so many past rows (the arrows taken as given); NaN for networks made by hand or where
    it would take too long. facts_probability: chance of all facts together, 0..1. cases: past rows that fit all facts, None where
    they were not kept; cases_by_state: the same shape as probability, how many of them were in each state.
    """

    wanted: tuple[str, ...]
    states: tuple[tuple[State, ...], ...]
    given: dict[str, State]
    probability: np.ndarray
    low: np.ndarray
    high: np.ndarray
    facts_probability: float
    cases: int | None
    cases_by_state: np.ndarray | None

    @property
    def is_seen(self) -> bool | None:
        """At least one past row fits all facts; None where the rows were not kept."""
        return None if self.cases is None else self.cases > 0

    def of(self, *state: object) -> tuple[float, float, float]:
        """(probability, low, high) of these states of the wanted columns: State objects, words, yes/no or numbers."""
        place = tuple(_place(name, own, one) for name, own, one in zip(self.wanted, self.states, state, strict=True))
        return float(self.probability[place]), float(self.low[place]), float(self.high[place])


def query(network: Network, wanted: str | Sequence[str], given: Mapping[str, object] | None = None, *, random_state: int = 0) -> Answer:
    """P(wanted | given), exactly.

    given: column -> State, or any value of the column (94, "DSL", True, None for missing). Raises InvalidInput for unknown columns
    or values, and for facts that cannot be true together.
    """
    names = (wanted,) if isinstance(wanted, str) else tuple(wanted)
    asked = [network.number(name) for name in names]
    if not asked or len(set(asked)) < len(asked):
        raise InvalidInput("Name what is to be foreseen, each column once.")
    facts = network.facts(given or {})
    found, likelihood = chances(network, asked, facts)
    said = {network.names[one]: network.variables[one].states[state] for one, state in facts.items()}
    if np.isneginf(likelihood[0]):
        listed = ", ".join(f"{name}: {in_signs(state)}" for name, state in said.items())
        raise InvalidInput(f"These facts cannot be true together: {listed}. Take one of them out.")
    low, high = _interval(network, asked, facts, random_state)
    cases, by_state = _cases(network, asked, facts)
    return Answer(names, tuple(network.variables[one].states for one in asked), said, found[0], low, high,
                  min(math.exp(likelihood[0]), 1.0), cases, by_state)


def single_facts(network: Network, target: str, state: object, given: Mapping[str, object] | None = None, *,
                 fewest_cases: int = 0) -> pd.DataFrame:
    """What each further fact alone would make of the target's chance, the greatest change first.

    Columns: column, state (State), probability (0..1, of the target's state), change (from what is known now), chance_of_fact
    (0..1), telling (|change| times the deviation of the fact: great where a fact that is neither rare nor usual changes
    much), cases (past rows that fit the fact and what is given; NaN where they were not kept). Facts with fewer than
    `fewest_cases` are left out where cases are known.
    """
    facts = network.facts(given or {})
    wanted = network.number(target)
    place = network.variables[wanted].code_of(state)
    now = float(chances(network, [wanted], facts)[0][0][place])
    rows = []
    for other, variable in enumerate(network.variables):
        if other == wanted or other in facts or variable.size < 2:
            continue
        joint = chances(network, [wanted, other], facts)[0][0]
        fact = joint.sum(axis=0)
        _, fitting = _cases(network, [other], facts)
        for number, own in enumerate(variable.states):
            if fact[number] > 0:
                chance = float(joint[place, number] / fact[number])
                spread = math.sqrt(fact[number] * max(1 - fact[number], 0))
                rows.append((variable.name, own, chance, chance - now, float(fact[number]), abs(chance - now) * spread,
                             math.nan if fitting is None else float(fitting[number])))
    table = pd.DataFrame(rows, columns=["column", "state", "probability", "change", "chance_of_fact", "telling", "cases"])
    table = table[~(table["cases"] < fewest_cases)]
    return table.iloc[np.argsort(-table["change"].abs().to_numpy(), kind="stable")].reset_index(drop=True)


def strengths(network: Network) -> pd.DataFrame:
    """How much each arrow tells: above, child (names), bits, share (of what is open about the one that is less open, 0..1).

    bits: the conditional mutual information of the two, given the child's other parents.
    """
    rows = []
    own = [_joint(network, one, alone=True) for one in range(len(network.variables))]
    open_bits = [_entropy(one) for one in own]
    for child, parents in enumerate(network.parents):
        joint = _joint(network, child) if parents else None
        for axis, above in enumerate(parents):
            bits = information_of(np.moveaxis(joint, axis, -2))
            less = min(open_bits[above], open_bits[child])
            rows.append((network.names[above], network.names[child], bits, min(bits / less, 1.0) if less > 0 else 0.0))
    return pd.DataFrame(rows, columns=["above", "child", "bits", "share"])


def _joint(network: Network, child: int, *, alone: bool = False) -> np.ndarray:
    """Chances (or weights in their proportion) of a variable with its parents, or alone."""
    if network.weights is not None:
        weights = network.weights[child]
        return weights.reshape(-1, weights.shape[-1]).sum(axis=0) if alone else weights
    return chances(network, [child] if alone else [*network.parents[child], child], {})[0][0]


def _entropy(weights: np.ndarray) -> float:
    share = weights[weights > 0] / weights.sum()
    return float(-(share * np.log2(share)).sum())


def _interval(network: Network, asked: list[int], facts: dict[int, int], random_state: int) -> tuple[np.ndarray, np.ndarray]:
    shape = tuple(network.sizes[one] for one in asked)
    unknown = np.full(shape, np.nan)
    if network.weights is None:
        return unknown, unknown
    draws = min(DRAWS, LARGEST_TABLE // 4 // max(cost(network, asked, facts), 1))
    if draws < FEWEST_DRAWS:
        return unknown, unknown
    rng = np.random.default_rng(random_state)
    tables = {}
    for one in sorted(ancestors(network.parents, {*asked, *facts})):
        weights = np.maximum(network.weights[one] / network.rows_per_group, 1e-9)
        drawn = rng.gamma(weights, size=(draws, *weights.shape))
        sums = drawn.sum(axis=-1, keepdims=True)
        tables[one] = np.where(sums > 0, drawn / np.where(sums > 0, sums, 1), 1 / drawn.shape[-1])
    found = chances(network, asked, facts, tables)[0]
    low, high = np.nanpercentile(found, [2.5, 97.5], axis=0)
    return low, high


def _cases(network: Network, asked: list[int], facts: dict[int, int]) -> tuple[int | None, np.ndarray | None]:
    if network.cases is None:
        return None, None
    fits = np.ones(len(network.cases), dtype=bool)
    for one, state in facts.items():
        fits &= network.cases[:, one] == state
    shape = tuple(network.sizes[one] for one in asked)
    rows = network.cases[fits]
    place = np.zeros(len(rows), dtype=np.intp)
    for one in asked:
        place = place * network.sizes[one] + rows[:, one]
    return int(fits.sum()), np.bincount(place, minlength=math.prod(shape)).reshape(shape)


def _place(name: str, states: tuple[State, ...], wanted: object) -> int:
    for place, state in enumerate(states):
        if state == wanted or (state.kind == "word" and state.text == wanted) or (
                isinstance(wanted, bool | np.bool_) and state.kind == ("yes" if wanted else "no")):
            return place
        if not isinstance(wanted, bool | str | State) and wanted is not None and _holds(state, float(wanted)):
            return place
    raise InvalidInput(f"{name} is never “{wanted}”.")


def _holds(state: State, number: float) -> bool:
    return {"below": lambda: number < state.high, "between": lambda: state.low <= number < state.high, "any": lambda: True,
            "at_least": lambda: number >= state.low, "equal": lambda: number == state.low}.get(state.kind, lambda: False)()
