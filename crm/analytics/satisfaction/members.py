"""Members: which person counts in which group, and with what score?"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from crm.analytics.satisfaction.answers import METRICS, on_common_scale, read_scores
from crm.errors import InvalidInput, NotEnoughData

READ = ("answer_id", "response", "customer_id", "metric", "item", "score", "scale_min", "scale_max", "answered_on")
NOWHERE = -1  # the code of a person or an answer without a group


@dataclass(frozen=True, eq=False)
class Counted:
    """The scores that are compared and who gave them, as arrays of one length.

    `row`: the answer's place in the frame it came from. `person`: code from 0; a known customer is one person
    however often he answered, an anonymous form is one by itself. `customer`: the customer_id of each person
    (0: anonymous). `mean`: each person's mean score. low, high: the scale's ends.
    """

    row: np.ndarray
    person: np.ndarray
    score: np.ndarray
    customer: np.ndarray
    mean: np.ndarray
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Labels:
    """Groups of persons (`of`: "person") or of single answers ("answer"): a code each into `names`, -1 for none."""

    of: str
    code: np.ndarray
    names: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Members:
    """One row a person in a group, with the mean of the answers that he gave there; sorted by group, then person.

    `ungrouped`: known customers with a score and no group; `anonymous`: members who are anonymous forms.
    """

    person: np.ndarray
    group: np.ndarray
    score: np.ndarray
    names: tuple[str, ...]
    low: float
    high: float
    ungrouped: int
    anonymous: int

    def samples(self) -> dict[str, np.ndarray]:
        """The scores of each group, in the order of `names`, ascending inside a group."""
        ends = np.searchsorted(self.group, np.arange(len(self.names) + 1))
        return {name: np.sort(self.score[ends[place] : ends[place + 1]]) for place, name in enumerate(self.names)}

    def times(self) -> np.ndarray:
        """In how many groups each person is, of those who are in any."""
        times = np.bincount(self.person)
        return times[times > 0]

    def only(self, names: list[str]) -> Members:
        """The members of these groups alone."""
        wanted = [place for place, name in enumerate(self.names) if name in set(names)]
        code = np.full(len(self.names), NOWHERE)
        code[wanted] = np.arange(len(wanted))
        group = code[self.group]
        kept = group != NOWHERE
        return replace(self, person=self.person[kept], group=group[kept], score=self.score[kept],
                       names=tuple(self.names[place] for place in wanted))


def count(answers: pd.DataFrame, *, as_of: dt.date, metric: str, item: str | None = None) -> Counted:
    """The scores of a metric (or of one of its items) up to `as_of`, on the scale most used.

    Raises NotEnoughData where there is none.
    """
    if metric not in METRICS:
        raise InvalidInput(f"There is no metric {metric!r}; choose one of {', '.join(METRICS)}.", field="metric")
    asked = (answers["metric"] == metric).to_numpy()
    if item is not None:
        asked &= (answers["item"] == item).to_numpy()
    row = np.flatnonzero(asked)
    chosen = answers[[name for name in READ if name in answers]]
    if len(row) < len(answers):
        chosen = chosen.iloc[row]
    # Rows stand in for customers, so that what is read can be told apart again.
    scores = read_scores(chosen.assign(customer_id=np.arange(len(chosen))), as_of=as_of)
    if len(scores.score) == 0:
        what = metric if item is None else f"{metric} ({item})"
        raise NotEnoughData(f"Comparing groups needs {what} scores of known customers; there are 0.")
    everything = np.ones(len(scores.score), dtype=bool)
    score, low, high = on_common_scale(scores, np.zeros(len(scores.score), dtype=np.int64), everything, keys=1)
    customer = chosen["customer_id"].to_numpy()[scores.customer]
    anonymous = forms(chosen)[scores.customer]
    person, known = pd.factorize(np.where(customer > 0, customer, -1 - anonymous), sort=True)
    _, _, mean = means(person, np.zeros(len(person), dtype=np.int64), score)
    return Counted(row[scores.customer], person, score, np.maximum(known, 0), mean, float(low[0]), float(high[0]))


def forms(answers: pd.DataFrame) -> np.ndarray:
    """Which filled-in form each answer belongs to; one by itself where the frame does not say."""
    return (answers["response"] if "response" in answers else answers["answer_id"]).to_numpy(dtype=np.int64)


def of_customers(counted: Counted, labels: pd.Series) -> Labels:
    """The group of each known customer from `labels` (index customer_id, each once; missing: no group)."""
    if labels.index.has_duplicates:
        twice = int(labels.index.duplicated().sum())
        raise InvalidInput(f"{twice} customers are in a group twice; each belongs to one group.", field="groups")
    code, names = coded(labels)
    place = labels.index.get_indexer(pd.Index(counted.customer))
    found = np.where(place >= 0, code[place], NOWHERE) if len(code) else np.full(len(place), NOWHERE)
    return used_only(Labels("person", np.where(counted.customer > 0, found, NOWHERE), names))


def of_answers(counted: Counted, labels: pd.Series) -> Labels:
    """The group of each answer from `labels`, one a row of the frame that was counted, in its order."""
    code, names = coded(labels)
    return used_only(Labels("answer", code[counted.row], names))


def coded(labels: pd.Series) -> tuple[np.ndarray, tuple[str, ...]]:
    """Codes into the sorted names; a categorical keeps the order of its categories."""
    if isinstance(labels.dtype, pd.CategoricalDtype):
        return labels.cat.codes.to_numpy(dtype=np.int64), tuple(str(name) for name in labels.cat.categories)
    code, names = pd.factorize(labels, sort=False)
    texts = [str(name) for name in names]
    order = sorted(range(len(texts)), key=texts.__getitem__)
    place = np.full(len(texts) + 1, NOWHERE)
    place[order] = np.arange(len(texts))
    return place[code], tuple(texts[one] for one in order)


def used_only(labels: Labels) -> Labels:
    """Without the names that nobody has."""
    there = np.bincount(labels.code[labels.code >= 0], minlength=len(labels.names)) > 0
    place = np.append(np.where(there, np.cumsum(there) - 1, NOWHERE), NOWHERE)
    return Labels(labels.of, place[labels.code],
                  tuple(name for name, used in zip(labels.names, there, strict=True) if used))


def by_answer(counted: Counted, labels: Labels) -> np.ndarray:
    """The code of each answer, whichever the labels are of."""
    return labels.code if labels.of == "answer" else labels.code[counted.person]


def crossed(counted: Counted, first: Labels, second: Labels) -> Labels:
    """Every pair of a group of `first` and one of `second`: code first * len(second.names) + second."""
    if first.of == second.of == "person":
        of, left, right = "person", first.code, second.code
    else:
        of, left, right = "answer", by_answer(counted, first), by_answer(counted, second)
    code = np.where((left >= 0) & (right >= 0), left * len(second.names) + right, NOWHERE)
    return Labels(of, code, tuple(f"{a} · {b}" for a in first.names for b in second.names))


def gather(counted: Counted, labels: Labels) -> Members:
    """Each person once in each of his groups, with the mean of his answers there."""
    if labels.of == "person":
        person = np.flatnonzero(labels.code >= 0)
        group, score = labels.code[person], counted.mean[person]
        outside = int(((labels.code < 0) & (counted.customer > 0)).sum())
    else:
        inside = labels.code >= 0
        person, group, score = means(counted.person[inside], labels.code[inside], counted.score[inside])
        somewhere = np.zeros(len(counted.customer), dtype=bool)
        somewhere[person] = True
        outside = int((~somewhere & (counted.customer > 0)).sum())
    order = np.lexsort((person, group))
    person, group = person[order], group[order]
    there = np.zeros(len(counted.customer), dtype=bool)
    there[person] = True
    anonymous = int((there & (counted.customer == 0)).sum())
    return Members(person, group, score[order], labels.names, counted.low, counted.high, outside, anonymous)


def sizes(counted: Counted, labels: Labels) -> np.ndarray:
    """Persons in each group."""
    if labels.of == "person":
        return np.bincount(labels.code[labels.code >= 0], minlength=len(labels.names))
    inside = labels.code >= 0
    pairs = np.unique(labels.code[inside] * len(counted.customer) + counted.person[inside])
    return np.bincount(pairs // max(1, len(counted.customer)), minlength=len(labels.names))


def join_small(counted: Counted, labels: Labels, *, fewest: int, most: int, others: str | None) -> tuple[Labels, tuple, tuple]:
    """The groups of `fewest` persons and more, at most `most` of them; the rest joined as `others` or, without a
    name for them, left out. Returns the labels, the names joined and the names left out.
    """
    n = sizes(counted, labels)
    order = np.lexsort((np.arange(len(n)), -n))
    kept = [place for place in order if n[place] >= fewest]
    rest = len(n) - len(kept)
    if len(kept) > most or (others is not None and rest and len(kept) + 1 > most):
        kept = kept[: most if others is None else most - 1]
    kept = sorted(kept)
    small = [place for place in range(len(n)) if place not in set(kept)]
    if not small:
        return labels, (), ()
    code = np.full(len(n) + 1, NOWHERE)
    code[kept] = np.arange(len(kept))
    names = tuple(labels.names[place] for place in kept)
    rest_names = tuple(labels.names[place] for place in small)
    if others is None:
        return Labels(labels.of, code[labels.code], names), (), rest_names
    while others in names:  # a group of the owner's own has that name
        others = f"{others}*"
    code[small] = len(kept)
    joined = Labels(labels.of, code[labels.code], (*names, others))
    if sizes(counted, joined)[-1] < fewest:  # still too few together
        code[small] = NOWHERE
        return Labels(labels.of, code[labels.code], names), (), rest_names
    return joined, rest_names, ()


def means(person: np.ndarray, group: np.ndarray, score: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """person, group and mean score of each pair that occurs, sorted by person, then group."""
    width = int(group.max(initial=0)) + 1
    place, pairs = pd.factorize(person * width + group, sort=True)
    if not (score == np.rint(score)).all():
        order = np.lexsort((score, place))  # the same sum whatever the order of rows; sums of whole numbers are exact
        place, score = place[order], score[order]
    mean = np.bincount(place, weights=score, minlength=len(pairs)) / np.maximum(np.bincount(place, minlength=len(pairs)), 1)
    return pairs // width, pairs % width, mean
