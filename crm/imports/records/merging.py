"""Several lines, one record: what does it come to, and which lines brought that? The last word on each field counts."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from crm.imports.records.values import NOTHING, Values


def last_words(said: Values, group: np.ndarray, count: int) -> Values:
    """What the last line of each group that says something says; `group` -1: the line belongs to none.

    >>> from crm.imports.records.values import of_objects
    >>> last_words(of_objects(["a", "b", None]), np.array([0, 0, 0]), 2).objects().tolist()
    ['b', None]
    """
    codes = np.full(count, NOTHING, dtype="int64")
    heard = said.given & (group >= 0)
    codes[group[heard]] = said.codes[heard]
    return Values(codes, said.different)


def winners(said: Values, group: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """The lines that first say what counts in the end, of the groups of the mask `counts`."""
    final = np.append(last_words(said, group, len(counts)).codes, NOTHING)[group]
    says_it = np.flatnonzero(said.given & (said.codes == final) & np.append(counts, False)[group])
    first = np.full(len(counts), -1, dtype="int64")
    first[group[says_it[::-1]]] = says_it[::-1]
    won = np.zeros(len(group), dtype=bool)
    won[first[first >= 0]] = True
    return won


def overruled(columns: Mapping[str, Values], group: np.ndarray, count: int) -> int:
    """How many lines say something that a later line of their group says otherwise."""
    lost = np.zeros(len(group), dtype=bool)
    for said in columns.values():
        final = np.append(last_words(said, group, count).codes, NOTHING)[group]
        lost |= (group >= 0) & said.given & (said.codes != final)
    return int(lost.sum())


def first_lines(group: np.ndarray, count: int) -> np.ndarray:
    """The place of the first line of each group, -1 where it has none."""
    first = np.full(count, -1, dtype="int64")
    named = np.flatnonzero(group >= 0)[::-1]
    first[group[named]] = named
    return first


def paired(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """For each of ours the place of its partner among theirs, -1 none; of equal keys the first meets the first.

    >>> paired(np.array([7, 7, 8]), np.array([8, 7])).tolist()
    [1, -1, 0]
    """
    both = pd.factorize(np.concatenate([ours, theirs]))[0].astype("int64")
    key = _numbered(both[: len(ours)]), _numbered(both[len(ours) :])
    partner = pd.Series(np.arange(len(theirs)), index=pd.MultiIndex.from_arrays([both[len(ours) :], key[1]]))
    wanted = pd.MultiIndex.from_arrays([both[: len(ours)], key[0]])
    return partner.reindex(wanted, fill_value=-1).to_numpy(dtype="int64") if len(theirs) else np.full(len(ours), -1)


def _numbered(key: np.ndarray) -> np.ndarray:
    """0 for the first of equal keys, 1 for the second, and so on."""
    return pd.Series(key).groupby(key).cumcount().to_numpy() if len(key) else np.empty(0, dtype="int64")
