"""Filled-in forms: which questions are asked together, and what did each form answer to them?"""

from __future__ import annotations

import datetime as dt
import zlib
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from crm.analytics.satisfaction.answers import METRICS, PROMOTER_SCALE_END, USUAL_SCALES
from crm.errors import InvalidInput, NotEnoughData

# How many questions of one kind on the same forms make a battery. One form often asks for contentment with two things, an
# order and a ticket; recommendation and effort are asked once.
FEWEST_ITEMS = {"likert": 2, "csat": 3}
TOGETHER = 0.5  # share of the rarer question's forms that also ask the other; below, they belong to different surveys
HALF_A_FORM = 0.5  # share of a battery's questions that a form must have been asked
DENSE_CELLS = 50_000_000  # forms times questions; above, who was asked what is kept as a sparse matrix


@dataclass(frozen=True, eq=False)
class Battery:
    """Questions of one kind that are asked on the same forms.

    items, a row a question, by name: item, given (answers inside the scale), not_applicable, outside_scale. score (forms,
    items), float32: on the scale `scale_min` to `scale_max` that most of its answers have; others are moved to it; NaN
    where nothing was given, where it does not apply, or where the score lies outside its scale. forms, a row a form, by
    number: response, customer_id (0: not known), survey_id (0: none), answered_on, seconds_taken (NaN not known). others:
    what the same forms say besides, (metric, item) -> (score (forms,), lowest, highest of its scale). answered_twice:
    answers that a later one on the same form replaced. key: names the battery as long as its questions stay the same.
    """

    key: str
    metric: str
    items: pd.DataFrame
    score: np.ndarray
    scale_min: float
    scale_max: float
    forms: pd.DataFrame
    others: dict[tuple[str, str], tuple[np.ndarray, float, float]]
    answered_twice: int

    def only(self, chosen: np.ndarray) -> Battery:
        """The same battery with some of its forms (mask or places)."""
        score = self.score[chosen]
        others = {key: (given[chosen], low, high) for key, (given, low, high) in self.others.items()}
        items = self.items.assign(given=(~np.isnan(score)).sum(axis=0))
        return replace(self, score=score, forms=self.forms[chosen].reset_index(drop=True)
                       if chosen.dtype == bool else self.forms.iloc[chosen].reset_index(drop=True),
                       others=others, items=items)


def wide(answers: pd.DataFrame, *, as_of: dt.date) -> tuple[Battery, ...]:
    """The batteries among the answers up to `as_of`, the one with the most answers first; none is an empty tuple.

    answers: as crm.frames.answers gives them (response says which form). Two questions belong to one battery where at
    least half of the forms that ask the rarer one ask the other too; one that stands in several surveys is in several
    batteries. Where a form answers a question twice, the later answer (by answer_id) counts.
    """
    read = _read(answers, as_of=as_of)
    if read is None:
        return ()
    asked = _asked(read)
    together = _together(asked)
    found = []
    for metric, fewest in FEWEST_ITEMS.items():
        place = np.flatnonzero((read.items["metric"] == metric).to_numpy())
        for members in _batteries(together, place):
            if len(members) >= fewest:
                found.append(_battery(read, asked, together, metric, members))
    found = [battery for battery in found if len(battery.forms)]
    return tuple(sorted(found, key=lambda battery: (-int(battery.items["given"].sum()), battery.key)))


def chosen(batteries: tuple[Battery, ...], key: str | None) -> Battery:
    """The battery of that key, the first where none is named.

    Raises NotEnoughData where there is none at all, InvalidInput for a key that is not among them.
    """
    if not batteries:
        raise NotEnoughData("This needs a survey that asks several questions on one form; so far there are 0 forms with at "
                            "least 2 questions to agree with.")
    if key is None:
        return batteries[0]
    for battery in batteries:
        if battery.key == key:
            return battery
    raise InvalidInput("These questions are not asked together any more; choose others.", field="battery")


def latest_of_each(battery: Battery) -> np.ndarray:
    """Mask of the newest form of each known customer and of all forms that nobody is known to have filled in.

    One customer's forms resemble each other; taken together they would make every range too narrow.
    """
    customer = battery.forms["customer_id"].to_numpy()
    keep = customer == 0
    order = np.lexsort((battery.forms["response"].to_numpy(), battery.forms["answered_on"].to_numpy(), customer))
    last = np.ones(len(order), dtype=bool)
    last[:-1] = customer[order][1:] != customer[order][:-1]
    keep[order[last]] = True
    return keep


@dataclass(frozen=True, eq=False)
class _Read:
    """Answers as arrays of one length, in the order in which they were given; `item` indexes `items`, `form` `forms`."""

    form: np.ndarray
    item: np.ndarray
    score: np.ndarray  # NaN: no score
    low: np.ndarray
    high: np.ndarray
    missing: np.ndarray  # not applicable, as against outside the scale
    items: pd.DataFrame
    forms: pd.DataFrame


def _read(answers: pd.DataFrame, *, as_of: dt.date) -> _Read | None:
    day = answers["answered_on"].to_numpy()
    metric = pd.Categorical(answers["metric"], categories=METRICS).codes.astype(np.int64)
    used = np.flatnonzero((day < np.datetime64(as_of, "D") + 1) & (metric >= 0))
    if len(used) == 0:
        return None
    number = answers["answer_id"].to_numpy()[used]
    if (number[1:] < number[:-1]).any():
        used = used[np.argsort(number, kind="stable")]
    elif len(used) == len(day):
        used = slice(None)  # all of them as they are: nothing is copied
    metric, day = metric[used], day[used]
    words, names = _coded(answers["item"])
    key = metric * (len(names) + 1) + words[used] + 1  # a question without a name is the 0th
    there = np.flatnonzero(np.bincount(key))
    table = pd.DataFrame({
        "metric": [METRICS[one // (len(names) + 1)] for one in there],
        "item": ["" if one % (len(names) + 1) == 0 else str(names[one % (len(names) + 1) - 1]) for one in there]})
    by_name = np.lexsort((table["item"].to_numpy(dtype=object), table["metric"].map(METRICS.index).to_numpy()))
    place = np.empty(int(there.max()) + 1, dtype=np.int64)
    place[there[by_name]] = np.arange(len(there))
    score = answers["score"].to_numpy(dtype=np.float64)[used]
    low, high = (_scale_end(answers[column], used, metric, end) for end, column in enumerate(("scale_min", "scale_max")))
    missing = np.isnan(score)
    with np.errstate(invalid="ignore"):
        inside = (score >= low) & (score <= high) & (high > low)
    inside &= (metric != METRICS.index("nps")) | (high == PROMOTER_SCALE_END)
    response, first, form = _forms(answers["response"].to_numpy()[used])
    place_of = first if isinstance(used, slice) else used[first]
    return _Read(form, place[key], np.where(inside, score, np.nan), low, high, missing,
                 table.iloc[by_name].reset_index(drop=True),
                 pd.DataFrame({
                     "response": response, "customer_id": answers["customer_id"].to_numpy()[used][first],
                     "survey_id": _where_known(answers, "survey_id", place_of, 0), "answered_on": day[first],
                     "seconds_taken": _where_known(answers, "seconds_taken", place_of, np.nan)}))


def _coded(column: pd.Series) -> tuple[np.ndarray, pd.Index]:
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.codes.to_numpy().astype(np.int64), column.cat.categories
    return pd.factorize(column, sort=True)


def _scale_end(column: pd.Series, used: np.ndarray | slice, metric: np.ndarray, end: int) -> np.ndarray:
    given = column.to_numpy(dtype=np.float64)[used]
    if not np.isnan(given).any():
        return given
    usual = np.array([USUAL_SCALES[name][end] for name in METRICS])
    return np.where(np.isnan(given), usual[metric], given)


def _forms(response: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The forms' numbers, ascending; the place of an answer of each; and which form each answer belongs to."""
    codes, found = pd.factorize(response)
    order = np.argsort(found, kind="stable")
    place = np.empty(len(found), dtype=np.int64)
    place[order] = np.arange(len(found))
    form = place[codes]
    first = np.empty(len(found), dtype=np.int64)
    first[form[::-1]] = np.arange(len(form) - 1, -1, -1)
    return np.asarray(found)[order], first, form


def _where_known(answers: pd.DataFrame, column: str, place: np.ndarray, otherwise: float) -> np.ndarray:
    if column not in answers:
        return np.full(len(place), otherwise)
    return answers[column].to_numpy()[place]


def _asked(read: _Read):
    """(forms, items): whether the form answers the question, be it by "does not apply"; sparse where it is huge."""
    shape = (len(read.forms), len(read.items))
    if shape[0] * shape[1] <= DENSE_CELLS:
        asked = np.zeros(shape, dtype=np.float32)
        asked[read.form, read.item] = 1
        return asked
    from scipy.sparse import csr_array

    asked = csr_array((np.ones(len(read.form), dtype=np.float32), (read.form, read.item)), shape=shape)
    asked.data[:] = 1  # a question answered twice is asked once
    return asked


def _together(asked) -> np.ndarray:
    """(items, items): on how many forms both are asked."""
    both = asked.T @ asked
    return np.rint(both if isinstance(both, np.ndarray) else both.toarray()).astype(np.int64)


def _batteries(together: np.ndarray, place: np.ndarray) -> list[list[int]]:
    """Groups of items each of which is asked with each other; the most asked start them."""
    count = together.diagonal()
    order = sorted(place.tolist(), key=lambda item: (-count[item], item))
    fits = together >= TOGETHER * np.minimum.outer(count, count)
    taken: set[int] = set()
    groups: list[list[int]] = []
    for seed in order:
        if seed in taken:
            continue
        group = [seed]
        # Those without a battery first: a question of several surveys shall not keep others apart.
        for item in sorted(order, key=lambda item: item in taken):
            if item != seed and all(fits[item, member] for member in group):
                group.append(item)
        taken.update(group)
        groups.append(sorted(group))
    return [group for group in groups if not any(set(group) < set(other) for other in groups)]


def _battery(read: _Read, asked, together: np.ndarray, metric: str, members: list[int]) -> Battery:
    columns = asked[:, members]
    share = np.asarray(columns.sum(axis=1)).ravel() / len(members)
    forms = np.flatnonzero(share >= HALF_A_FORM)
    row = np.full(len(read.forms), -1)
    row[forms] = np.arange(len(forms))
    column = np.full(len(read.items), -1)
    column[members] = np.arange(len(members))
    mine = np.flatnonzero((row[read.form] >= 0) & (column[read.item] >= 0))
    low, high = _usual_scale(read, mine)
    score = np.full((len(forms), len(members)), np.nan, dtype=np.float32)
    # Of several answers in one place the last one stays, and they lie in the order in which they were given.
    score[row[read.form[mine]], column[read.item[mine]]] = _moved(read, mine, low, high)
    asked_once = int(np.asarray(columns[forms].sum()))
    outside = np.isnan(read.score[mine]) & ~read.missing[mine]
    items = pd.DataFrame({
        "item": read.items["item"].to_numpy()[members], "given": (~np.isnan(score)).sum(axis=0),
        "not_applicable": np.bincount(column[read.item[mine]][read.missing[mine]], minlength=len(members)),
        "outside_scale": np.bincount(column[read.item[mine]][outside], minlength=len(members))})
    words = "\n".join([metric, *items["item"]])
    return Battery(f"{metric}:{zlib.crc32(words.encode()):08x}", metric, items, score, low, high,
                   read.forms.iloc[forms].reset_index(drop=True),
                   _others(read, row, len(forms), members, together), len(mine) - asked_once)


def _usual_scale(read: _Read, mine: np.ndarray) -> tuple[float, float]:
    low, lows = pd.factorize(read.low[mine], sort=True)
    high, highs = pd.factorize(read.high[mine], sort=True)
    most = int(np.bincount(low * len(highs) + high).argmax())
    return float(lows[most // len(highs)]), float(highs[most % len(highs)])


def _moved(read: _Read, mine: np.ndarray, low: float, high: float) -> np.ndarray:
    """The scores on the scale low to high."""
    score, from_low, from_high = read.score[mine], read.low[mine], read.high[mine]
    other = (from_low != low) | (from_high != high)
    if other.any():
        with np.errstate(divide="ignore", invalid="ignore"):
            place = (score[other] - from_low[other]) / (from_high[other] - from_low[other])
        score[other] = low + place * (high - low)
    return score


def _others(read: _Read, row: np.ndarray, count: int, members: list[int], together: np.ndarray) -> dict:
    """The other questions of the same forms, with their scores."""
    beside = np.setdiff1d(np.flatnonzero(together[members].any(axis=0)), members)
    others = {}
    for item in beside:
        mine = np.flatnonzero((read.item == item) & (row[read.form] >= 0))
        if len(mine) == 0:
            continue
        low, high = _usual_scale(read, mine)
        score = np.full(count, np.nan)
        score[row[read.form[mine]]] = _moved(read, mine, low, high)
        if not np.isnan(score).all():
            others[tuple(read.items.loc[item, ["metric", "item"]])] = (score, low, high)
    return others
