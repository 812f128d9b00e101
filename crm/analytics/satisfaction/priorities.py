"""Priorities: what matters and is not good yet, and how sure is that?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

PLACES = ("mend first", "keep up", "possible overkill", "low priority")  # Martilla & James 1977
SURE = 0.9  # share of redraws from which a place, or the first one, counts as told apart
MAY_BE_THERE = 1 / 3  # of the redraws: a question that stands elsewhere may then as well be one to mend first
TOGETHER_SURE = 0.9  # those who come first in so many redraws together are named together


@dataclass(frozen=True, eq=False)
class Priorities:
    """table, a row a question, as given: item, number (1 matters most), importance (0 to 1), importance_low, importance_high, performance
    (mean score), performance_low, performance_high, place (one of PLACES, or None where the question runs against the overall
    score: a high answer is then a bad one), place_sure (share of redraws with the same place, 0 to 1), gain (importance times the
    way left to the best score, 0 to 1: what orders those to mend), first (share of redraws in which it is the first to mend).
    importance_cut, performance_cut: where the places part, the means of both. scale_min, scale_max: of performance. mend_first:
    the question to mend first, None where nothing both matters more than most and is worse than most. is_sure: it is that in 90 %
    of the redraws; else `contenders` (tuple, the likeliest first) are those that together are, of the ones placed
    there or standing there in a third of the redraws. none_first: share of redraws
    without anything to mend.
    """

    table: pd.DataFrame
    importance_cut: float
    performance_cut: float
    scale_min: float
    scale_max: float
    mend_first: str | None
    is_sure: bool
    contenders: tuple[str, ...]
    none_first: float


def place(items: list[str], *, importance: np.ndarray, performance: np.ndarray, importance_drawn: np.ndarray,
          performance_drawn: np.ndarray, against: np.ndarray, scale_min: float, scale_max: float) -> Priorities:
    """Importance-performance analysis (Martilla & James 1977), cut at both means, with the redraws' say on how sure it is.

    importance, performance (items,); their redraws (redraws, items); against: questions that run against the overall score.
    """
    cut = _cuts(importance[None], performance[None], against)
    matters, weak, gain = _judge(importance[None], performance[None], cut, against, scale_min, scale_max)
    drawn_cut = _cuts(importance_drawn, performance_drawn, against)
    also_matters, also_weak, also_gain = _judge(importance_drawn, performance_drawn, drawn_cut, against, scale_min, scale_max)
    same = ((also_matters == matters) & (also_weak == weak)).mean(axis=0)
    wins = np.bincount(np.where(also_gain.max(axis=1) > 0, also_gain.argmax(axis=1), len(items)), minlength=len(items) + 1)
    first = wins[:-1] / len(also_gain)
    may_be = (also_matters & also_weak).mean(axis=0) >= MAY_BE_THERE
    names = [None if turned else _name(bool(m), bool(w)) for m, w, turned in zip(matters[0], weak[0], against, strict=True)]
    low, high = np.nanquantile(importance_drawn, [0.025, 0.975], axis=0)
    from_score, to_score = np.nanquantile(performance_drawn, [0.025, 0.975], axis=0)
    way = np.clip((scale_max - performance) / (scale_max - scale_min), 0, 1)
    table = pd.DataFrame({
        "item": items, "number": 1 + np.argsort(np.argsort(-importance, kind="stable"), kind="stable"), "importance": importance, "importance_low": low,
        "importance_high": high, "performance": performance, "performance_low": from_score, "performance_high": to_score,
        "place": pd.Series(names, dtype=object), "place_sure": np.where(against, np.nan, same),
        "gain": np.where(against, np.nan, importance * way), "first": first})
    best = int(gain[0].argmax())
    mend = items[best] if gain[0, best] > 0 else None
    return Priorities(table, float(cut[0][0, 0]), float(cut[1][0, 0]), scale_min, scale_max, mend,
                      mend is not None and bool(first[best] >= SURE), _contenders(items, first, (matters[0] & weak[0] | may_be) & ~against, mend), float(wins[-1] / len(also_gain)))


def _cuts(importance: np.ndarray, performance: np.ndarray, against: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    counted = ~against if not against.all() else np.ones(len(against), dtype=bool)
    return importance[:, counted].mean(axis=1, keepdims=True), performance[:, counted].mean(axis=1, keepdims=True)


def _judge(importance: np.ndarray, performance: np.ndarray, cut: tuple, against: np.ndarray, low: float, high: float) -> tuple:
    """Whether each question matters, is weak, and what mending it is worth (0 where it need not be mended)."""
    # Equal ones stand at the mean up to rounding: they are then neither important nor weak by a hair.
    matters, weak = importance >= cut[0] - 1e-9, performance < cut[1] - 1e-9
    gain = np.where(matters & weak & ~against, importance * (high - performance) / (high - low), 0.0)
    return matters, weak, np.nan_to_num(gain)


def _name(matters: bool, weak: bool) -> str:
    if matters:
        return "mend first" if weak else "keep up"
    return "low priority" if weak else "possible overkill"


def _contenders(items: list[str], first: np.ndarray, may_be: np.ndarray, mend: str | None) -> tuple[str, ...]:
    order = np.argsort(-first, kind="stable")
    order = order[first[order] > 0]
    needed = int(np.searchsorted(np.cumsum(first[order]), TOGETHER_SURE * first.sum())) + 1
    named = [items[place] for place in order[:needed] if may_be[place]]
    return tuple(named if mend is None or mend in named else [*named, mend])
