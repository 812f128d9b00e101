"""How is a tree kept? As plain dicts and lists, so that it can be stored as JSON and asked again years later.

    {"version": 1, "method": "cart", "labels": ["a", "b"], "root": node}
    node   {"label": 0, "counts": [12, 3]}   and, unless a leaf,   "split": split, "branches": [node, ...]
    split  {"kind": "number", "column": "age", "threshold": 30.0, "unknown": 1}            below it: branch 0, else 1
           {"kind": "category", "column": "channel", "words": [["shop"], []], "other": 1, "unknown": 1}
                                                                             other: the branch of all words not named, or None
           {"kind": "known", "column": "age", "unknown": 1}                         the other branch: any value
`label` is a place in `labels`, `counts` the rows of each label, `unknown` the branch of rows that have no value; None: there
were none, so such a row stays in the node, has its label and belongs to no rule.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence

import numpy as np

from crm.analytics.trees.growing import Node
from crm.analytics.trees.reading import Bins
from crm.analytics.trees.rules import N_THRESHOLDS, OPERATORS, Condition
from crm.analytics.trees.thresholds import shortest_between
from crm.errors import InvalidInput

VERSION = 1
KEPT_RULE = "The rule that was kept cannot be read"  # how every complaint about it begins


def plain(root: Node, bins: Bins, rows: np.ndarray) -> dict:
    """The grown tree as plain nodes; thresholds are the shortest that part the rows it was grown on just as well."""
    node = {"label": root.label, "counts": root.counts.tolist()}
    if not root.split:
        return node
    column, first = bins.columns[root.split.column], bins.starts[root.split.column]
    branch = root.split.branch[bins.codes[rows, root.split.column] - first]
    branches = [plain(child, bins, rows[branch == number]) for number, child in enumerate(root.branches)]
    if column.kind == "category":
        split = _word_split(root.split.branch, bins.lows[root.split.column], all_words=column.words)
    else:
        split = _number_split(column.values[rows], branch, unknown=int(root.split.branch[0]))
    if column.known.all():  # nobody knows where rows without a value belong: they stay here
        split["unknown"] = None
    return {**node, "split": {"column": column.name, **split}, "branches": branches}


def _number_split(values: np.ndarray, branch: np.ndarray, *, unknown: int) -> dict:
    known = ~np.isnan(values)
    left, right = values[known & (branch == 0)], values[known & (branch == 1)]
    if not len(left) or not len(right):
        return {"kind": "known", "unknown": unknown}
    return {"kind": "number", "threshold": shortest_between(float(left.max()), float(right.min())), "unknown": unknown}


def _word_split(branch: np.ndarray, words: Sequence[str], *, all_words: Sequence[str]) -> dict:
    other = int(branch[-1])
    if len(words) == len(all_words) == 2:  # "is yes" reads better than "is not no"
        other = -1
    named: list[list[str]] = [[] for _ in range(int(branch.max()) + 1)]
    for word, number in zip(words, branch[1:-1].tolist(), strict=True):
        if number >= 0 and number != other:
            named[number].append(word)
    if other >= 0 and not any(named):  # all words one way: it is about being known
        return {"kind": "known", "unknown": int(branch[0])}
    return {"kind": "category", "words": named, "other": other if other >= 0 else None, "unknown": int(branch[0])}


def as_json(tree: Mapping) -> str:
    """The tree as text; `from_json` reads it back exactly."""
    return json.dumps(tree, ensure_ascii=False, allow_nan=False)


def from_json(text: str) -> dict:
    """The tree that `as_json` wrote; InvalidInput where the text is something else."""
    tree = _parsed(text)
    _demand(isinstance(tree, dict) and tree.get("version") == VERSION, "it was written by another version")
    labels = tree.get("labels")
    _demand(isinstance(labels, list) and labels and all(isinstance(label, str | int | float) for label in labels),
            "its labels are missing")
    _check(tree.get("root"), n_labels=len(labels))
    return tree


def rule_as_json(conditions: Sequence[Condition]) -> str:
    """The conditions of one rule as text; `rule_from_json` reads them back exactly."""
    return json.dumps([{"column": one.column, "operator": one.operator, "values": list(one.values),
                        "or_unknown": one.or_unknown} for one in conditions], ensure_ascii=False, allow_nan=False)


def rule_from_json(text: str) -> tuple[Condition, ...]:
    """The conditions that `rule_as_json` wrote; InvalidInput where the text is something else."""
    parts = _parsed(text)
    _demand(isinstance(parts, list), "it is no list of conditions")
    return tuple(_condition(part) for part in parts)


def _condition(part: object) -> Condition:
    _demand(isinstance(part, dict) and isinstance(part.get("column"), str), "a condition names no column")
    operator, values, or_unknown = part.get("operator"), part.get("values"), part.get("or_unknown", False)
    _demand(operator in OPERATORS and isinstance(values, list) and isinstance(or_unknown, bool), "a condition is not complete")
    if operator in N_THRESHOLDS:
        _demand(len(values) == N_THRESHOLDS[operator] and all(_is_number(value) for value in values), "a threshold is missing")
    else:
        _demand(all(isinstance(value, str) for value in values), "a word of a condition is no text")
    return Condition(part["column"], operator, tuple(values), or_unknown)


def _check(node: object, *, n_labels: int) -> None:
    _demand(isinstance(node, dict) and _is_place(node.get("label"), n_labels), "a node has no label")
    counts = node.get("counts")
    _demand(isinstance(counts, list) and len(counts) == n_labels and all(_is_number(count) for count in counts),
            "a node has no counts")
    if not node.get("split"):
        return
    split, branches = node["split"], node.get("branches")
    _demand(isinstance(branches, list) and len(branches) > 1, "a node has no branches")
    _demand(isinstance(split, dict) and isinstance(split.get("column"), str), "a node names no column")
    kind = split.get("kind")
    whole = ((kind == "known" and len(branches) == 2)
             or (kind == "number" and len(branches) == 2 and _is_number(split.get("threshold")))
             or (kind == "category" and _are_words(split, len(branches))))
    unknown = split.get("unknown")
    goes = _is_place(unknown, len(branches)) or (unknown is None and kind != "known")
    _demand(whole and goes, "a node's question is not complete")
    for branch in branches:
        _check(branch, n_labels=n_labels)


def _are_words(split: dict, n_branches: int) -> bool:
    words, other = split.get("words"), split.get("other")
    return (isinstance(words, list) and len(words) == n_branches and (other is None or _is_place(other, n_branches))
            and all(isinstance(group, list) and all(isinstance(word, str) for word in group) for group in words))


def _is_place(value: object, size: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < size


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except (TypeError, ValueError) as error:
        raise InvalidInput(f"{KEPT_RULE}: it is no JSON.") from error


def _demand(holds: object, complaint: str) -> None:
    if not holds:
        raise InvalidInput(f"{KEPT_RULE}: {complaint}.")
