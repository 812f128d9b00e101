"""Which score on which scale is each answer? Forms with a column an item, and lists with a line an answer."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from crm.imports.order_lines import short, tidy
from crm.imports.records import reading, values, words
from crm.imports.records.values import Values
from crm.imports.tables import Table

if TYPE_CHECKING:
    from crm.imports.records.parsing import Draft

COVERED = 0.98  # of the answers lie on the scale that is meant; the rest are typing errors, and rejected
_RECOMMENDS = re.compile(r"recommend|\bnps\b|promoter|推荐", re.IGNORECASE)
_SCALES = {"nps": (0.0, 10.0), "ces": (1.0, 7.0)}
_STEPS = ((1.0, 5.0), (1.0, 7.0), (1.0, 10.0), (0.0, 100.0))
_NONE, _SCORE, _NOT_APPLICABLE, _STRANGE = range(4)  # what a text of an item is
_OUTSIDE = "The score {score} of the item “{item}” lies outside its scale from {low:g} to {high:g}."
_SEVERAL_OUTSIDE = "Several scores lie outside their scales: {}."
_ONE_OF_SEVERAL = "{score} of the item “{item}” (from {low:g} to {high:g})"


@dataclass(frozen=True)
class Scale:
    metric: str
    low: float
    high: float


@dataclass(frozen=True)
class Answers:
    """Many answers, of the lines in their sequence. `line`: place among the kept lines; `item`, `scale`: places in
    `items` and `scales`; `score`: NaN where the item does not apply; `comment`: one an answer."""

    items: tuple[str, ...]
    scales: tuple[Scale, ...]
    line: np.ndarray
    item: np.ndarray
    scale: np.ndarray
    score: np.ndarray
    comment: Values

    def __len__(self) -> int:
        return len(self.line)

    def of_lines(self, kept: np.ndarray) -> "Answers":
        """The answers of some lines, which are numbered anew."""
        places = np.cumsum(kept) - 1
        return self._at(kept[self.line], places)

    def at(self, chosen: np.ndarray) -> "Answers":
        """Some of the answers."""
        return self._at(chosen, None)

    def _at(self, chosen: np.ndarray, places: np.ndarray | None) -> "Answers":
        line = self.line[chosen] if places is None else places[self.line[chosen]].astype("int32")
        return Answers(
            self.items,
            self.scales,
            line,
            self.item[chosen],
            self.scale[chosen],
            self.score[chosen],
            self.comment.at(chosen),
        )


@dataclass(frozen=True)
class _Said:
    """The different texts of an item: what each is, and its score; `verdicts`: they are words, not numbers."""

    state: np.ndarray
    score: np.ndarray
    verdicts: bool


def read_answers(table: Table, draft: "Draft") -> Answers:
    """The answers of all lines; a line with a score that cannot be is rejected."""
    return _of_forms(table, draft) if draft.kind == "answers_wide" else _of_list(draft)


def _of_forms(table: Table, draft: "Draft") -> Answers:
    names = [*draft.columns.items]
    if "item" in draft.columns.columns:
        names.append(draft.columns.columns["item"])
    columns = {name: tidy(table.lines[name].array, draft.asked) for name in names}
    given = _given_scale(draft)
    said = {name: _said(column.categories.tolist(), draft) for name, column in columns.items()}
    counted = {
        name: (said[name], np.bincount(column.codes + 1, minlength=len(column.categories) + 1)[1:])
        for name, column in columns.items()
    }
    scales = _scales(counted, given, draft.found)
    state = np.zeros((len(draft.rows), len(names)), dtype="int8")
    score = np.full((len(draft.rows), len(names)), np.nan)
    for place, (name, column) in enumerate(columns.items()):
        of_text, scores = _on_scale(said[name], scales[name])
        state[:, place] = np.append(of_text, _NONE)[column.codes]
        score[:, place] = np.append(scores, np.nan)[column.codes]
    _reject_several_outside(draft, columns, state, said, scales)
    for place, (name, column) in enumerate(columns.items()):
        _reject_strange(draft, column, state[:, place] == _STRANGE, said[name], name, scales[name])
    comment = draft.of("comment")
    first = np.where(state.any(axis=1), (state > 0).argmax(axis=1), 0)
    told = comment.given & ~state.any(axis=1)
    state[told, 0] = _NOT_APPLICABLE  # a comment alone is kept with the first item
    line, item = np.nonzero(state)
    draft.found["answers_not_applicable"] = int((state == _NOT_APPLICABLE).sum()) - int(told.sum())
    draft.found["lines_without_answer"] = int((~state.any(axis=1)).sum())
    is_first = item == first[line]
    return Answers(
        tuple(names),
        tuple(scales[name] for name in names),
        line.astype("int32"),
        item.astype("int32"),
        item.astype("int16"),
        score[line, item],
        comment.at(line).where(is_first),
    )


def _of_list(draft: "Draft") -> Answers:
    rows = len(draft.rows)
    column = draft.texts.get(
        "score", pd.Categorical.from_codes(np.full(rows, -1, "int8"), categories=pd.Index([], dtype="str"))
    )
    item = values.first_given(draft.of("item"), values.same(draft.name_of("score"), rows))
    said = _said(column.categories.tolist(), draft)
    pair, pairs = pd.factorize(item.codes * (len(column.categories) + 1) + column.codes + 1)
    of_pair = np.bincount(pair, minlength=len(pairs))
    counted = {}
    for place, name in enumerate(item.different):
        mine = np.flatnonzero(
            (pairs // (len(column.categories) + 1) == place) & (pairs % (len(column.categories) + 1) > 0)
        )
        texts = pairs[mine] % (len(column.categories) + 1) - 1
        some = _Said(said.state[texts], said.score[texts], said.verdicts)
        counted[name] = (some, of_pair[mine])
    # Judgements of products are stars, even where they run to ten; whether the company is recommended is asked without one.
    found = _scales(counted, None, draft.found, of_products=bool({"product_code", "product_name"} & set(draft.fields)))
    if (draft.of("scale_min").given & draft.of("scale_max").given).all():
        _note_assumed((), draft.found)  # every line names its own
    scale, scales = _scales_of_lines(draft, item, found)
    state = np.append(said.state, _NONE)[column.codes]
    score = np.append(said.score, np.nan)[column.codes]
    low, high = (np.array([getattr(each, end) for each in scales] or [0.0])[scale] for end in ("low", "high"))
    likert = np.array([each.metric == "likert" and each.low == 1 for each in scales] or [False])[scale]
    unanswered = likert & (state == _SCORE) & (score == 0)
    state[unanswered], score[unanswered] = _NOT_APPLICABLE, np.nan
    with np.errstate(invalid="ignore"):
        outside = (state == _SCORE) & ((score < low) | (score > high))
    draft.reject(state == _STRANGE, "The score “{}” is no number.", column)
    for place in np.unique(scale[outside]) if outside.any() else ():
        for name in item.different[np.unique(item.codes[outside & (scale == place)])]:
            here = outside & (scale == place) & (item.codes == np.flatnonzero(item.different == name)[0])
            _reject_outside(draft, column, here, name, scales[place])
    comment = draft.of("comment")
    draft.found["answers_not_applicable"] = int((state == _NOT_APPLICABLE).sum())
    state[comment.given & (state == _NONE)] = _NOT_APPLICABLE
    draft.found["lines_without_answer"] = int((state == _NONE).sum())
    line = np.flatnonzero(state)
    return Answers(
        tuple(item.different),
        tuple(scales),
        line.astype("int32"),
        item.codes[line].astype("int32"),
        scale[line].astype("int16"),
        score[line],
        comment.at(line),
    )


def _said(texts: Sequence[str], draft: "Draft") -> _Said:
    score = draft.reader.numbers(texts)
    state = np.where(np.isnan(score), _STRANGE, _SCORE)
    not_applicable = np.array([words.is_not_applicable(text) for text in texts], dtype=bool)
    state[not_applicable] = _NOT_APPLICABLE
    verdicts = [words.as_verdict(text) for text in texts]
    in_words = not np.any(state == _SCORE) and any(verdict is not None for verdict in verdicts)
    if in_words:
        score = np.array([np.nan if verdict is None else verdict for verdict in verdicts])
        state = np.where(np.isnan(score), state, _SCORE)
    return _Said(state.astype("int8"), score, in_words)


def _scales(
    counted: Mapping[str, tuple[_Said, np.ndarray]], given: Scale | None, found: dict, *, of_products: bool = False
) -> dict[str, Scale]:
    """The scale of each item: verdicts are yes or no, recommendations run to 10, the others share one scale."""
    scales: dict[str, Scale] = {}
    numeric = {name: item for name, item in counted.items() if not item[0].verdicts}
    for name in counted.keys() - numeric.keys():
        scales[name] = Scale("csat", 0.0, 1.0)
    if given is not None:
        return scales | dict.fromkeys(numeric, given)
    for name, item in numeric.items():
        scores, times = _pooled([item])
        if _is_recommendation(name, scores, times, alone=len(numeric) == 1 and not of_products):
            scales[name] = Scale("nps", 0.0, 10.0)
    rest = {name: item for name, item in numeric.items() if name not in scales}
    low, high = _covering(*_pooled(rest.values()))
    scales |= {name: Scale("likert", low, high) for name in rest}
    _note_assumed([scales[name] for name in numeric], found)
    return scales


def _note_assumed(scales: Sequence[Scale], found: dict) -> None:
    """Scales that nobody named: the report says which ones were told from the scores."""
    found["scale_assumed"] = int(bool(scales))
    found["scales"] = ", ".join(dict.fromkeys(f"{scale.low:g} to {scale.high:g}" for scale in scales))


def _pooled(items) -> tuple[np.ndarray, np.ndarray]:
    """The different scores of several items, and how often each was given."""
    scores = np.concatenate([said.score[said.state == _SCORE] for said, _ in items] or [np.empty(0)])
    times = np.concatenate([times[said.state == _SCORE] for said, times in items] or [np.empty(0)])
    return scores, times


def _is_recommendation(name: str, scores: np.ndarray, times: np.ndarray, *, alone: bool) -> bool:
    if not alone and not _RECOMMENDS.search(name):
        return False
    fits = (scores >= 0) & (scores <= 10) & (scores == np.rint(scores))
    return bool(times[fits].sum() >= COVERED * times.sum() and (scores[fits] > 7).any())


def _covering(scores: np.ndarray, times: np.ndarray) -> tuple[float, float]:
    """The narrowest usual scale on which nearly all scores lie; 0 may stand beside any as "not applicable"."""
    for low, high in _STEPS:
        fits = (scores >= 0) & (scores <= high)
        if times[fits].sum() >= COVERED * times.sum():
            if high == 10 and (scores == 0).any():
                return 0.0, 10.0  # on so long a scale a 0 is a score
            if low == 1 and (scores == 0.5).any() and (scores * 2 == np.rint(scores * 2)).all():
                return 0.5, high  # half stars begin with a half one
            return low, high
    return _STEPS[0]


def _given_scale(draft: "Draft") -> Scale | None:
    """The scale that the user named for the whole file."""
    metric, low, high = (_only(draft.of(ours)) for ours in ("metric", "scale_min", "scale_max"))
    if low is None or high is None:
        if metric not in _SCALES:
            return None
        low, high = _SCALES[metric]
    return _checked(Scale(metric or ("nps" if (low, high) == _SCALES["nps"] else "likert"), low, high), draft)


def _only(said: Values):
    return said.different[0] if len(said.different) == 1 and said.given.all() else None


def _checked(scale: Scale, draft: "Draft") -> Scale:
    if scale.low >= scale.high:
        draft.reject(np.ones(len(draft.rows), dtype=bool), "The scale's lowest score must be below its highest.")
    return scale


def _scales_of_lines(draft: "Draft", item: Values, found: Mapping[str, Scale]) -> tuple[np.ndarray, list[Scale]]:
    """For each line the place of its scale: what the line itself says, completed by what its item's scores tell."""
    item_scale = values.of(item.codes, [found[name] for name in item.different])

    def scale(told: Scale, metric: str | None, low: float | None, high: float | None) -> Scale:
        if low is not None and high is not None:
            usual = "nps" if (low, high) == _SCALES["nps"] else told.metric if told.metric == "csat" else "likert"
            return Scale(metric or usual, low, high)
        if metric is None:
            return told
        return Scale(metric, *_SCALES.get(metric, (told.low, told.high)))

    said = values.combine(scale, item_scale, draft.of("metric"), draft.of("scale_min"), draft.of("scale_max"))
    wrong = said.mapped(lambda each: each if each.low >= each.high else None).given
    draft.reject(wrong, "The scale's lowest score must be below its highest.")
    return said.codes, list(said.different)


def _on_scale(said: _Said, scale: Scale) -> tuple[np.ndarray, np.ndarray]:
    """State and score of each text on that scale: 0 on a scale from 1 means that the item does not apply."""
    state, score = said.state.copy(), said.score.copy()
    if scale.metric == "likert" and scale.low == 1:
        state[(state == _SCORE) & (score == 0)] = _NOT_APPLICABLE
    with np.errstate(invalid="ignore"):
        state[(state == _SCORE) & ((score < scale.low) | (score > scale.high))] = _STRANGE
    score[state != _SCORE] = np.nan
    return state, score


def _reject_strange(
    draft: "Draft", column: pd.Categorical, wrong: np.ndarray, said: _Said, name: str, scale: Scale
) -> None:
    if not wrong.any():
        return
    is_number = np.append(said.state == _SCORE, False)[column.codes]
    plain = name.replace("{", "{{").replace("}", "}}")
    draft.reject(wrong & ~is_number, reading.UNREADABLE["number"].replace("COLUMN", plain), column)
    _reject_outside(draft, column, wrong, name, scale)


def _reject_several_outside(
    draft: "Draft",
    columns: Mapping[str, pd.Categorical],
    state: np.ndarray,
    said: Mapping[str, _Said],
    scales: Mapping[str, Scale],
) -> None:
    """A line with more than one score outside its scale tells all of them, so that it is mended at once."""
    outside = np.zeros(state.shape, dtype=bool)
    for place, (name, column) in enumerate(columns.items()):
        outside[:, place] = (state[:, place] == _STRANGE) & np.append(said[name].state == _SCORE, False)[column.codes]
    lines = np.flatnonzero(outside.sum(axis=1) > 1)
    named = list(columns.items())
    reasons = []
    for line in lines:
        told = []
        for name, column in (named[place] for place in np.flatnonzero(outside[line])):
            score = short(column.categories[column.codes[line]])
            told.append(_ONE_OF_SEVERAL.format(score=score, item=name, low=scales[name].low, high=scales[name].high))
        reasons.append(_SEVERAL_OUTSIDE.format(", ".join(told)))
    draft.rejections.add_each(lines, reasons)


def _reject_outside(draft: "Draft", column: pd.Categorical, wrong: np.ndarray, name: str, scale: Scale) -> None:
    plain = name.replace("{", "{{").replace("}", "}}")
    draft.reject(wrong, _OUTSIDE.format(score="{}", item=plain, low=scale.low, high=scale.high), column)
