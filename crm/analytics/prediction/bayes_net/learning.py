"""Which network do past rows speak for? States, arrows and tables of chances."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from crm.analytics.prediction.bayes_net import selecting, structure
from crm.analytics.prediction.bayes_net.network import Network, sequence
from crm.analytics.prediction.bayes_net.scores import Scores, counts
from crm.analytics.prediction.bayes_net.states import MOST_STATES, Coding, coded
from crm.errors import InvalidInput, NotEnoughData

GRAPHS = ("augmented", "selected", "tree", "free")
SCORES = ("bdeu", "bic")
FEWEST_ROWS = 30  # below it no arrow can be told from chance
STRUCTURE_ROWS = 50_000  # more rows move no arrow that can be seen, and cost time
STRUCTURE_PRIOR = 1.0  # row that the prior of a graph's score is worth; with 10, twice as many arrows are drawn by chance
TABLE_PRIOR = 5.0  # rows that the prior of a table's line is worth, as in Friedman, Geiger & Goldszmidt (1997)
MOST_COLUMNS = 40  # that a graph is searched over; with 60 it took three times as long, and nobody reads either


def learn(
    frame: pd.DataFrame,
    target: str | None = None,
    *,
    graph: str | None = None,
    score: str = "bdeu",
    most_columns: int = MOST_COLUMNS,
    most_states: int = MOST_STATES,
    most_parents: int = structure.MOST_PARENTS,
    forbidden: Collection[tuple[str, str]] = (),
    required: Collection[tuple[str, str]] = (),
    groups: np.ndarray | None = None,
    keep_cases: bool = True,
    random_state: int = 0,
) -> Network:
    """A network over the frame's columns: numbers (NaN missing), yes/no, text (missing allowed), from all of its rows.

    graph: "augmented" (with a target, the default): the target leads to every column that tells about it, and greedy search
        joins the columns among each other; answers best where few facts are known, as in a what-if. "selected": the same less
        those arrows from the target that do not help to foresee it where everything is known (a yes-or-no target only).
        "tree": no column depends on more than the target and one other (easiest to read). "free" (without a target, the
        default): greedy search over all graphs; a target has no parents. No variable has more than `most_parents` parents.
    score: "bdeu" or "bic".
    most_columns: with more, those are kept that tell most about the target (without one: about each other).
    forbidden, required: arrows (from, to) by name; "tree" knows none. groups: (n,) whom each row is about; several rows of one
        customer make intervals no narrower than one would. keep_cases: the coded rows stay with the network, so that it can
        say how many fit a question.

    Above 50,000 rows the arrows are searched on that many, drawn by `random_state`; the chances are counted in all. The
    sequence of the rows changes nothing. Raises NotEnoughData for fewer than 30 rows, or a target or columns that never
    differ; InvalidInput for unknown names.
    """
    graph = graph or ("free" if target is None else "augmented")
    _check(frame, target, graph=graph, score=score, arrows=(*forbidden, *required))
    names = [str(name) for name in frame.columns]
    place = None if target is None else names.index(target)
    variables, codes = _coded(frame, place, most_states)
    kept = _telling(codes, tuple(one.size for one in variables), place, most_columns)
    variables, codes, names = [variables[one] for one in kept], codes[:, kept], [names[one] for one in kept]
    place = None if target is None else names.index(target)
    sizes = tuple(one.size for one in variables)
    if sum(size > 1 for size in sizes) < 2:
        raise NotEnoughData("No column differs between the rows, so nothing can depend on anything. Choose other columns.")
    ordered = _ordered(codes, sizes)
    rng = np.random.default_rng(random_state)
    searched = _drawn(codes, ordered, STRUCTURE_ROWS, rng)
    scores = Scores(searched, sizes, kind=score, prior_rows=STRUCTURE_PRIOR)
    parents = structure.beside_target(scores, place) if graph != "free" else []
    if graph != "tree":
        needed = {(names[place], names[child]) for child, above in enumerate(parents) if place in above}
        parents = _free(scores, names, place, forbidden=forbidden, required={*needed, *required}, most_parents=most_parents,
                        random_state=random_state)
    if graph == "selected":
        selected = _drawn(codes, ordered, selecting.SELECTION_ROWS, rng)
        parents = selecting.helpful(selected, sizes, place, parents, prior=TABLE_PRIOR)
    network = with_tables(variables, parents, codes, target=place, keep_cases=keep_cases)
    return network if groups is None else replace(network, rows_per_group=len(groups) / len(np.unique(groups)))


def with_tables(variables: Sequence[Coding], parents: Sequence[tuple[int, ...]], codes: np.ndarray, *, target: int | None,
                keep_cases: bool, prior: float = TABLE_PRIOR) -> Network:
    """The network with these arrows, its chances counted in all rows.

    Each line of a table is pulled towards what is usual for the variable (where the target and others lead to it: usual for
    the target's state) as if `prior` further rows had been like that: a combination that hardly ever occurred says nothing
    extreme.
    """
    sizes = tuple(one.size for one in variables)
    columns = [np.ascontiguousarray(codes[:, place], dtype=np.int32) for place in range(codes.shape[1])]
    weights = []
    for child, above in enumerate(parents):
        usual = counts(columns, sizes, child, ()) + 1 / sizes[child]
        usual = usual / usual.sum()
        if target in above and len(above) > 1:
            by_target = counts(columns, sizes, child, (target,)) + prior * usual
            by_target = by_target / by_target.sum(axis=-1, keepdims=True)
            usual = by_target.reshape(*(sizes[one] if one == target else 1 for one in above), sizes[child])
        weights.append(counts(columns, sizes, child, above) + prior * usual)
    tables = tuple(table / table.sum(axis=-1, keepdims=True) for table in weights)
    return Network(tuple(variables), tuple(tuple(one) for one in parents), tables, weights=tuple(weights),
                   cases=codes.astype(np.uint8) if keep_cases else None, n_cases=len(codes), target=target)


def _check(frame: pd.DataFrame, target: str | None, *, graph: str, score: str, arrows: tuple) -> None:
    names = [str(name) for name in frame.columns]
    if graph not in GRAPHS or score not in SCORES:
        raise InvalidInput(f"There is no graph “{graph}” with the score “{score}”; graphs are {', '.join(GRAPHS)}, scores {', '.join(SCORES)}.")
    if len(set(names)) < len(names):
        raise InvalidInput("Two columns have the same name; rename one of them.")
    if target is not None and target not in names:
        raise InvalidInput(f"The table has no column {target}.")
    if target is None and graph != "free":
        raise InvalidInput(f"The graph “{graph}” needs a column that is to be foreseen.")
    for one in {name for arrow in arrows for name in arrow} - set(names):
        raise InvalidInput(f"The table has no column {one}, so no arrow can lead from or to it.")
    if len(frame) < FEWEST_ROWS:
        raise NotEnoughData(f"A network of what depends on what needs at least {FEWEST_ROWS} rows; there are {len(frame)}.")


def _coded(frame: pd.DataFrame, target: int | None, most_states: int) -> tuple[list[Coding], np.ndarray]:
    own = outcome = None
    if target is not None:
        own = coded(frame.iloc[:, target], most_states=most_states)
        outcome = own.codes(frame.iloc[:, target])
        if (outcome == outcome[0]).all():
            raise NotEnoughData(f"{frame.columns[target]} is the same in all {len(frame):,} rows; to foresee it, it must differ.")
    variables = [own if place == target else coded(frame.iloc[:, place], outcome=outcome, most_states=most_states)
                 for place in range(frame.shape[1])]
    return variables, np.column_stack([one.codes(frame.iloc[:, place]) for place, one in enumerate(variables)])


def _telling(codes: np.ndarray, sizes: tuple[int, ...], target: int | None, most: int) -> list[int]:
    """The columns to be used, in their sequence: all, or those that tell most."""
    others = [one for one in range(len(sizes)) if one != target]
    if len(others) <= most:
        return list(range(len(sizes)))
    columns = [np.ascontiguousarray(codes[:, place], dtype=np.int32) for place in range(len(sizes))]
    about = [target] if target is not None else others
    told = {one: sum(structure.information(columns, sizes, one, other) for other in about if other != one) for one in others}
    best = sorted(others, key=lambda one: (-told[one], one))[:most]
    return sorted(best if target is None else [target, *best])


def _free(scores: Scores, names: list[str], target: int | None, *, forbidden, required, most_parents: int, random_state: int) -> structure.Parents:
    banned = {(names.index(above), names.index(child)) for above, child in forbidden if above in names and child in names}
    needed = {(names.index(above), names.index(child)) for above, child in required if above in names and child in names}
    if banned & needed:
        raise InvalidInput("An arrow is both required and forbidden; choose one.")
    if sequence([[above for above, child in needed if child == one] for one in range(len(names))]) is None:
        raise InvalidInput("The required arrows run in a circle.")
    if target is not None:
        # All arrows lead away from it: then no table grows with the number of columns that bear on it.
        banned |= {(other, target) for other in range(len(names)) if (other, target) not in needed}
    return structure.climb(scores, most_parents=most_parents, forbidden=banned, required=needed, random_state=random_state)


def _ordered(codes: np.ndarray, sizes: tuple[int, ...]) -> np.ndarray:
    """The rows sorted by what they hold, so that a draw from them does not depend on their sequence."""
    keys, key, room = [], np.zeros(len(codes), dtype=np.int64), 1
    for place, size in enumerate(sizes):
        if room > 2**62 // size:
            keys.append(key)
            key, room = np.zeros(len(codes), dtype=np.int64), 1
        key, room = key * size + codes[:, place], room * size
    return np.lexsort([*keys, key])


def _drawn(codes: np.ndarray, ordered: np.ndarray, most: int, rng: np.random.Generator) -> np.ndarray:
    return codes if len(codes) <= most else codes[ordered[rng.choice(len(codes), most, replace=False)]]
