"""Trees: what sets the groups of any table apart, in rules a person can read, and how often are the rules right?"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.trees import gain_ratio, gini, pruning, reading
from crm.analytics.trees.growing import Node, grow, predict
from crm.analytics.trees.plain import VERSION, plain
from crm.analytics.trees.reading import Bins
from crm.analytics.trees.rules import apply, as_array, column_of, leaves, rows_at
from crm.errors import InvalidInput, NotEnoughData

METHODS = ("cart", "c45")
MIN_ROWS = 10  # below it a rule is a list of names
MOST_LABELS = 20  # more groups than rules that anybody reads
MAX_LEVELS, MOST_LEVELS = 4, 8  # questions one after another that are remembered; that are followed at all
MANY_LABELS = 5  # from here on one level more: eight groups told by four questions lose a twentieth of the right answers
MAX_RULES, MOST_RULES = 12, 100
SMALLEST_RULE = 0.005  # of the rows: smaller rules are exceptions
FEWEST_IN_RULE = 2  # Quinlan's smallest branch
HOLD_OUT_ABOVE = 5_000  # with more rows a third of them says how often the rules are right, to a point or so
HOLD_OUT_SHARE = 1 / 3
MOST_GROWN_ON = 100_000  # more rows move no threshold that is read, and cost time
TEST_FOLDS = 5  # each holds a whole cross-validation of its own where the method needs one


@dataclass(frozen=True, eq=False)
class Explanation:
    """A labelling in rules.

    method: "cart" or "c45". labels: the different labels, sorted.
    rules: one row a rule, largest first: rule (1, 2, ...), label (what the rule says), conditions (tuple of Condition; none: it
        means all rows), rows (of the table, for which they hold), share (of all rows, 0..1), precision (share of its rows
        with that label, 0..1), coverage (share of the label's rows that it finds, 0..1).
    accuracy: share of labels that are right on rows that were not used, 0..1, by "cross-validation" of everything or a
        "hold-out" (tested_by); accuracy_deviation: its standard error; tested_on: rows.
    majority_share: the share that is right on the same rows when everybody is given the most frequent label.
    grown_on: rows used for growing. tree: see plain.py; `apply` gives its labels for any table.
    importances: column, importance (0..1, together 1, or all 0 without a rule): share of what all questions gained.
    dropped: columns that could not be used, and why: "empty", "constant", "text" (hardly a word twice), "date".
    rows_without_label: rows left out for that.
    """

    method: str
    labels: tuple
    rules: pd.DataFrame
    accuracy: float
    accuracy_deviation: float
    majority_share: float
    tested_by: str
    tested_on: int
    grown_on: int
    tree: dict
    importances: pd.DataFrame
    dropped: dict[str, str]
    rows_without_label: int
    parameters: dict


def explain(
    table: pd.DataFrame,
    labels: Sequence,
    *,
    columns: Sequence[str],
    method: str = "cart",
    max_levels: int | None = None,
    max_rules: int = MAX_RULES,
    min_rows: int | None = None,
    random_state: int = 0,
) -> Explanation:
    """Rules for the labels (one a row of the table; rows with none are left out) from these columns of it.

    "cart": yes-or-no questions by Gini's impurity, cut back to the smallest tree within one standard error of the best in
    cross-validation (Breiman et al. 1984). "c45": the best gain ratio, a branch for each word, cut back by pessimistic
    errors at .25 (Quinlan 1993). Both survive missing values (see gini.py and gain_ratio.py), take text that is numbers as
    numbers, and look at a column with more than 255 different numbers in 255 steps. Above 5,000 rows a third is kept for
    the test; at most 100,000 rows are used for growing. `max_levels`: questions one after another, by default 4, for five
    labels or more 5; there are at most `max_rules` rules. `min_rows`: smallest rule, by default .5 % of the rows, at least 2.

    The order of the rows changes nothing. Raises InvalidInput for unknown methods, columns or limits, NotEnoughData where
    there are fewer than 10 rows or 2 labels, or where no column differs between the rows.
    """
    _check(method=method, max_levels=max_levels, max_rules=max_rules, min_rows=min_rows, columns=columns)
    names, places, rows = _labels(labels, table)
    max_levels = max_levels or MAX_LEVELS + (len(names) >= MANY_LABELS)
    labelled = table.iloc[rows]
    read, dropped = _read(labelled, columns)
    order = reading.shuffled(read, places, random_state=random_state)
    n_test = _test_rows(len(order))
    grown = order[:min(len(order) - n_test, MOST_GROWN_ON)]
    least = min_rows or max(FEWEST_IN_RULE, math.ceil(SMALLEST_RULE * len(grown)))
    bins, unusable = reading.binned([one.part(grown) for one in read], min_rows=least)
    dropped.update(unusable)
    if not bins.columns:
        raise NotEnoughData(_nothing_differs(dropped, rows=len(rows)))
    grower = _Grower(method, bins, len(names), max_levels, max_rules, least, random_state)
    own = places[grown]
    root = grower.tree(np.arange(len(grown)), own)
    tree = {"version": VERSION, "method": method, "labels": list(names), "root": plain(root, bins, np.arange(len(grown)))}
    if n_test:
        tested = np.setdiff1d(np.arange(len(rows)), grown)
        right = apply(tree, labelled.iloc[tested]) == as_array(names)[places[tested]]
        usual = places[tested] == root.label
    else:
        right, usual = grower.cross_validated(own)
    _recount(tree, labelled, places, n_labels=len(names))
    return Explanation(
        method=method,
        labels=tuple(names),
        rules=_rules(tree, names),
        accuracy=float(right.mean()),
        accuracy_deviation=math.sqrt(right.mean() * (1 - right.mean()) / len(right)),
        majority_share=float(usual.mean()),
        tested_by="hold-out" if n_test else "cross-validation",
        tested_on=len(right),
        grown_on=len(grown),
        tree=tree,
        importances=_importances(root, bins, [name for name in columns if name not in dropped]),
        dropped=dropped,
        rows_without_label=len(table) - len(rows),
        parameters={"columns": tuple(columns), "max_levels": max_levels, "max_rules": max_rules, "min_rows": least,
                    "random_state": random_state},
    )


def _check(*, method: str, max_levels: int | None, max_rules: int, min_rows: int | None, columns: Sequence[str]) -> None:
    if method not in METHODS:
        raise InvalidInput(f"The method is {method!r}; choose one of {', '.join(METHODS)}.", field="method")
    if max_levels is not None and not 1 <= max_levels <= MOST_LEVELS:
        raise InvalidInput(f"{max_levels} levels were asked for; choose 1 to {MOST_LEVELS}.", field="max_levels")
    if not 2 <= max_rules <= MOST_RULES:
        raise InvalidInput(f"{max_rules} rules were asked for; choose 2 to {MOST_RULES}.", field="max_rules")
    if min_rows is not None and min_rows < 1:
        raise InvalidInput(f"The smallest rule is {min_rows} rows; choose 1 or more.", field="min_rows")
    if not len(columns):
        raise InvalidInput("No column was chosen; choose at least one to explain the groups with.", field="columns")
    if len(set(columns)) < len(columns):
        raise InvalidInput("A column was chosen twice; choose each once.", field="columns")


def _labels(labels: Sequence, table: pd.DataFrame) -> tuple[list, np.ndarray, np.ndarray]:
    """The different labels, sorted; the place of each row that has one; and these rows."""
    series = pd.Series(np.asarray(labels, dtype=object) if not isinstance(labels, pd.Series) else labels.to_numpy())
    if len(series) != len(table):
        raise InvalidInput(f"There are {len(series):,} labels for {len(table):,} rows; each row needs one.", field="labels")
    codes, found = pd.factorize(series)
    found = [one.item() if isinstance(one, np.generic) else one for one in found]
    found = [one if isinstance(one, str | int | float) else str(one) for one in found]
    rows = np.flatnonzero(codes >= 0)
    if len(rows) < MIN_ROWS:
        raise NotEnoughData(f"Rules need {MIN_ROWS} rows with a label; there are {len(rows)}.")
    if len(found) < 2:
        raise NotEnoughData(f'All {len(rows):,} rows have the label "{found[0]}"; rules need at least two different ones.')
    if len(found) > MOST_LABELS:
        raise InvalidInput(f"There are {len(found):,} different labels; rules can tell {MOST_LABELS} apart at most.", field="labels")
    names = sorted(set(found), key=lambda name: (isinstance(name, str), name))
    place = np.array([names.index(name) for name in found])
    return names, place[codes[rows]], rows


def _read(table: pd.DataFrame, columns: Sequence[str]) -> tuple[list[reading.Column], dict[str, str]]:
    read, dropped = [], {}
    for name in columns:
        series = column_of(table, name)
        if reading.is_date(series):
            dropped[name] = "date"
        else:
            read.append(reading.column(series, name))
    return read, dropped


def _nothing_differs(dropped: dict[str, str], *, rows: int) -> str:
    if set(dropped.values()) <= {"empty"}:
        return f"The chosen columns are empty in all {rows:,} rows; choose columns with values."
    if set(dropped.values()) <= {"empty", "constant"}:
        return f"The chosen columns are the same in all {rows:,} rows; choose columns that differ."
    return f"No chosen column can part the {rows:,} rows: each is the same for all, a date, or text that hardly repeats."


def _test_rows(rows: int) -> int:
    return round(rows * HOLD_OUT_SHARE) if rows > HOLD_OUT_ABOVE else 0


@dataclass(frozen=True)
class _Grower:
    """Grows and prunes trees on parts of the same binned rows."""

    method: str
    bins: Bins
    n_labels: int
    max_levels: int
    max_rules: int
    min_rows: int
    random_state: int

    def tree(self, rows: np.ndarray, labels: np.ndarray) -> Node:
        """The pruned tree on these rows; `labels` are those of all rows."""
        root = self._full(rows, labels)
        if self.method == "cart":
            codes, own = self.bins.codes[rows], labels[rows]
            pruning.one_standard_error(
                root, grow_without=lambda inside: self._full(rows[inside], labels), codes=codes, labels=own,
                starts=self.bins.starts, most_leaves=self.max_rules, random_state=self.random_state)
            return root
        pruning.prune_pessimistically(root)
        pruning.join_alike(root, is_number=self.bins.is_number)
        pruning.prune_to(root, self.max_rules, cost=pruning.pessimistic)
        pruning.join_alike(root, is_number=self.bins.is_number)
        return root

    def _full(self, rows: np.ndarray, labels: np.ndarray) -> Node:
        criterion: Callable = gini.best_splits if self.method == "cart" else gain_ratio.best_splits
        return grow(self.bins, labels, rows, n_labels=self.n_labels, criterion=criterion, max_levels=self.max_levels,
                    min_rows=self.min_rows)

    def cross_validated(self, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """For each row, whether a tree grown and pruned without it is right, and whether the most frequent label is."""
        folds = pruning.stratified(labels, n_folds=TEST_FOLDS, random_state=self.random_state + 1)
        right, usual = np.zeros(len(labels), dtype=bool), np.zeros(len(labels), dtype=bool)
        for fold in range(TEST_FOLDS):
            outside = folds == fold
            root = self.tree(np.flatnonzero(~outside), labels)
            right[outside] = predict(root, self.bins.codes[outside], self.bins.starts) == labels[outside]
            usual[outside] = labels[outside] == root.label
        return right, usual


def _recount(tree: dict, table: pd.DataFrame, places: np.ndarray, *, n_labels: int) -> None:
    """Counts of all rows instead of those that the tree was grown on; what a node says stays."""
    for node, rows in rows_at(tree, table):
        node["counts"] = np.bincount(places[rows], minlength=n_labels).tolist()


def _rules(tree: dict, names: list) -> pd.DataFrame:
    total = tree["root"]["counts"]
    found = []
    for conditions, leaf in leaves(tree):
        rows, right = sum(leaf["counts"]), leaf["counts"][leaf["label"]]
        found.append((names[leaf["label"]], conditions, rows, rows / sum(total), right / rows, right / total[leaf["label"]]))
    rules = pd.DataFrame(found, columns=["label", "conditions", "rows", "share", "precision", "coverage"])
    rules = rules.sort_values("rows", ascending=False, kind="stable", ignore_index=True)
    rules.insert(0, "rule", np.arange(1, len(rules) + 1))
    return rules


def _importances(root: Node, bins: Bins, columns: list[str]) -> pd.DataFrame:
    gains = dict.fromkeys(columns, 0.0)
    for node in root.walk():
        if node.split:
            gains[bins.columns[node.split.column].name] += node.split.gain
    together = sum(gains.values())
    table = pd.DataFrame({"column": list(gains), "importance": [gain / together if together else 0.0 for gain in gains.values()]})
    return table.sort_values("importance", ascending=False, kind="stable", ignore_index=True)
