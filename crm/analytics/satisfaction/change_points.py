"""Change points: did satisfaction really change, when, and by how much, or is it the usual up and down of answers?"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.satisfaction.answers import METRICS, Scores, on_common_scale, read_scores
from crm.analytics.satisfaction.scores import DETRACTOR_TO, PROMOTER_FROM, Z
from crm.errors import InvalidInput, NotEnoughData

LEVEL = 0.05  # chance that anything at all is called a change where nothing changed, over the whole course
FEWEST = 30  # voices on each side: below, a figure is too uncertain to be called a level
TRIM = 0.02  # of the voices on each side: a mean of fewer is no level beside many
SHUFFLES = 999  # the smallest level that can be told is 1 / 1000
SHUFFLED_UP_TO = 3_000  # voices; above, the normal law is as right and a hundred times as quick
MOST_STEPS = 800  # days joined to so many steps where there are more: ten years, to within five days
SURE_OF_DAY = 7.36  # -2 log(1 - sqrt(.95)): how far twice the log-likelihood falls within a 95 % range (Siegmund 1988)
FEWEST_WEEKS = 12  # below, how much weeks swing cannot be told
FEWEST_IN_WEEK = 5
NOTICED_AT = 3.1 + 0.84  # standard errors: what is called a change in a course of usual length, and 80 % power
YEAR_DAYS = 365.25
SAME_SEASON_DAYS = 45
WHOLE_YEARS_DAYS = 730  # two of each season; below, a season and a change look alike


@dataclass(frozen=True, eq=False)
class Course:
    """The course of one figure over time and the changes in it that chance would not explain.

    metric: "csat" (share of the top two boxes, 0 to 1), "nps" (-100 to 100), "ces" or "likert" (mean score on its scale).
    changes, a row a change in time: on (first day of the new level), earliest, latest (95 % range of that day), before,
    after, difference (after - before), low, high (95 %), p_value, like_a_season (another change lies whole years away).
    levels, a row a stretch between changes: start, end (its last day), voices, value, low, high (95 %).
    voices: a customer's answers of one day are one voice, an anonymous form is one; days: days with answers; first_on,
    last_on. noticeable: how large a change in the middle of the course would probably (80 %) have been found, in the metric's
    unit (None where all answers agree). weekly_swing: how much more weeks differ than chance would have it (variance ratio; 1 not at all); above 1
    the ranges are wider and the test stricter by it. too_short_for_seasons: less than two years of answers.
    """

    metric: str
    changes: pd.DataFrame
    levels: pd.DataFrame
    voices: int
    days: int
    first_on: dt.date
    last_on: dt.date
    noticeable: float | None
    weekly_swing: float
    too_short_for_seasons: bool


def course(answers: pd.DataFrame, *, as_of: dt.date, metric: str = "csat", random_state: int = 0) -> Course:
    """Levels and changes of one metric up to `as_of`.

    Binary segmentation of a maximally selected difference of means (standardised CUSUM; Csörgö and Horváth 1997). Its law
    under "nothing changed" comes from shuffling the voices between days, above 3,000 voices from a Brownian bridge at the
    same days. A part of the course is tested at 5 % times its share of the voices (Meinshausen 2008), so that in the whole
    course nothing is falsely called a change in 95 of 100 courses. Raises InvalidInput for another metric, NotEnoughData below
    60 voices on two days.
    """
    if metric not in METRICS:
        raise InvalidInput(f"There is no course of {metric!r}; choose one of {', '.join(METRICS)}.")
    return course_of(read_scores(answers, as_of=as_of), metric=metric, random_state=random_state)


def course_of(scores: Scores, *, metric: str, random_state: int = 0) -> Course:
    """The same for scores that are read already."""
    day, voice = voices(scores, metric=metric)
    if len(voice) < 2 * FEWEST or day[0] == day[-1]:
        raise NotEnoughData(
            f"A change over time needs {2 * FEWEST} answers on more than one day; there are {len(voice):,} on "
            f"{len(np.unique(day))} {'day' if len(np.unique(day)) == 1 else 'days'}, for here all answers that a customer gave on "
            "one day count as one."
        )
    swing = weekly_swing(day, voice)
    rng = np.random.default_rng(random_state)
    splits = segmented(day, voice, swing=swing, rng=rng)
    splits = settled(day, voice, splits, swing=swing)
    return Course(
        metric=metric,
        changes=change_table(day, voice, splits, swing=swing),
        levels=level_table(day, voice, splits, swing=swing),
        voices=len(voice),
        days=len(np.unique(day)),
        first_on=as_date(day[0]),
        last_on=as_date(day[-1]),
        noticeable=2 * NOTICED_AT * voice.std() * np.sqrt(swing / len(voice)) if voice.std() > 1e-12 else None,
        weekly_swing=swing,
        too_short_for_seasons=bool(day[-1] - day[0] < WHOLE_YEARS_DAYS),
    )


def voices(scores: Scores, *, metric: str) -> tuple[np.ndarray, np.ndarray]:
    """Day and figure of each voice, by day: the mean of what one customer, or one anonymous form, said that day."""
    chosen = scores.metric(metric)
    day, customer, form = scores.day[chosen], scores.customer[chosen], scores.form[chosen]
    if metric == "csat":
        figure = scores.top[chosen].astype(float)
    elif metric == "nps":
        score = scores.score[chosen]
        figure = 100.0 * ((score >= PROMOTER_FROM).astype(float) - (score <= DETRACTOR_TO))
    else:
        every = np.zeros(len(scores.score), dtype=np.int64)
        figure, _, _ = on_common_scale(scores, every, chosen, keys=1)
    if len(day) == 0:
        return day, figure
    # Customers first, anonymous forms behind them, so that one number names either.
    who = np.where(customer > 0, customer, customer.max(initial=0) + 1 + form)
    place = pd.factorize((day - day.min()) * (who.max() + 1) + who)[0]
    given = np.bincount(place)
    mean = np.bincount(place, weights=figure) / given
    of = np.empty(len(given), dtype=np.int64)
    of[place] = day
    order = np.lexsort((mean, of))  # the order of rows changes nothing
    return of[order], mean[order]


def segmented(day: np.ndarray, voice: np.ndarray, *, swing: float, rng: np.random.Generator) -> list[tuple[int, float]]:
    """First voice of each new level with its p-value, in time."""
    found: list[tuple[int, float]] = []
    parts = [(0, len(voice))]
    while parts:
        start, stop = parts.pop()
        split, strength, p_value = strongest(day[start:stop], voice[start:stop], swing=swing, rng=rng)
        if split is not None and p_value <= LEVEL * (stop - start) / len(voice):
            found.append((start + split, p_value))
            parts += [(start, start + split), (start + split, stop)]
    return sorted(found)


def strongest(
    day: np.ndarray, voice: np.ndarray, *, swing: float, rng: np.random.Generator
) -> tuple[int | None, float, float]:
    """Where the two sides differ most, how many standard errors, and how often chance alone does as much."""
    n = len(voice)
    ends = boundaries(day)
    spread = voice.std()
    if len(ends) == 0 or spread < 1e-12:
        return None, 0.0, 1.0
    centred = (voice - voice.mean()) / spread
    scale = np.sqrt(ends * (n - ends) / n)
    strength = np.abs(np.cumsum(centred)[ends - 1]) / scale
    best = int(strength.argmax())
    seen = strength[best] / np.sqrt(swing)
    if n <= SHUFFLED_UP_TO:
        shuffled = np.empty(SHUFFLES)
        rows = max(1, 400_000 // n)  # a few megabytes at a time
        for start in range(0, SHUFFLES, rows):
            drawn = np.tile(centred, (min(rows, SHUFFLES - start), 1))
            rng.permuted(drawn, axis=1, out=drawn)
            sums = np.cumsum(drawn, axis=1)[:, ends - 1]
            shuffled[start:start + len(drawn)] = (np.abs(sums) / scale).max(axis=1)
    else:
        steps = rng.normal(size=(SHUFFLES, len(ends) + 1)) * np.sqrt(np.diff(np.concatenate(([0], ends, [n]))))
        walk = np.cumsum(steps, axis=1)
        bridge = walk[:, :-1] - walk[:, -1:] * (ends / n)
        shuffled = (np.abs(bridge) / scale).max(axis=1)
    # A hair's breadth for sums that differ only in the order of adding.
    return int(ends[best]), float(seen), float((1 + (shuffled >= seen - 1e-9).sum()) / (SHUFFLES + 1))


def boundaries(day: np.ndarray) -> np.ndarray:
    """Where a new level may begin: at a day's first voice, with enough voices on both sides; at most MOST_STEPS places."""
    n = len(day)
    side = max(FEWEST, int(np.ceil(TRIM * n)))
    ends = np.flatnonzero(np.diff(day)) + 1
    ends = ends[(ends >= side) & (ends <= n - side)]
    if len(ends) > MOST_STEPS:
        ends = ends[np.unique(np.linspace(0, len(ends) - 1, MOST_STEPS).astype(int))]
    return ends


def settled(day: np.ndarray, voice: np.ndarray, splits: list[tuple[int, float]], *, swing: float) -> list[tuple[int, float, int, int]]:
    """Each change placed once more between its neighbours, with the first and last place that it may well have had."""
    edges = [0, *(split for split, _ in splits), len(voice)]
    placed = []
    for place, (_, p_value) in enumerate(splits, start=1):
        start, stop = edges[place - 1], edges[place + 1]
        part = voice[start:stop]
        ends = boundaries(day[start:stop])
        n = len(part)
        within = max(_variance_within(part, edges[place] - start), 1e-12)
        strength = (np.cumsum(part - part.mean())[ends - 1] ** 2) * n / (ends * (n - ends)) / within / swing
        best = int(strength.argmax())
        near = ends[strength >= strength[best] - SURE_OF_DAY]
        edges[place] = start + int(ends[best])
        placed.append((edges[place], p_value, start + int(near.min()), start + int(near.max())))
    return placed


def _variance_within(part: np.ndarray, split: int) -> float:
    left, right = part[:split], part[split:]
    return (((left - left.mean()) ** 2).sum() + ((right - right.mean()) ** 2).sum()) / max(len(part) - 2, 1)


def weekly_swing(day: np.ndarray, voice: np.ndarray) -> float:
    """How much more neighbouring weeks differ than chance would have it, as a ratio of variances; 1 where it may be chance.

    Neighbours differ little by a single change or a slow drift, so neither counts as swing (von Neumann 1941).
    """
    week = (day - day[0]) // 7
    number, place, n = np.unique(week, return_inverse=True, return_counts=True)
    mean = np.bincount(place, weights=voice) / n
    residual = voice - mean[place]
    freedom = len(voice) - len(n)
    inside = (residual**2).sum() / max(freedom, 1)
    both = (n[1:] >= FEWEST_IN_WEEK) & (n[:-1] >= FEWEST_IN_WEEK) & (np.diff(number) == 1)
    if both.sum() < FEWEST_WEEKS or inside < 1e-12:
        return 1.0
    ratio = float(np.mean(np.diff(mean)[both] ** 2 / (inside * (1 / n[1:] + 1 / n[:-1])[both])))
    # Its own chance spread: about three over the number of pairs (2 of each square, 1 of sharing a week).
    return ratio if ratio > 1 + Z * np.sqrt(3 / both.sum()) else 1.0


def change_table(
    day: np.ndarray, voice: np.ndarray, splits: list[tuple[int, float, int, int]], *, swing: float
) -> pd.DataFrame:
    """The rows of Course.changes."""
    edges = [0, *(split for split, *_ in splits), len(voice)]
    rows = []
    for place, (split, p_value, first, last) in enumerate(splits, start=1):
        before, after = voice[edges[place - 1]:split], voice[split:edges[place + 1]]
        difference = after.mean() - before.mean()
        error = np.sqrt(swing * (before.var(ddof=1) / len(before) + after.var(ddof=1) / len(after)))
        rows.append((as_moment(day[split]), as_moment(day[first]), as_moment(day[last]), before.mean(), after.mean(),
                     difference, difference - Z * error, difference + Z * error, p_value))
    table = pd.DataFrame(rows, columns=["on", "earliest", "latest", "before", "after", "difference", "low", "high", "p_value"])
    on = np.array([split for split, *_ in splits], dtype=np.int64)
    apart = np.abs(day[on][:, None] - day[on][None, :]).astype(float)
    years = np.rint(apart / YEAR_DAYS)
    sign = np.sign(table["difference"].to_numpy())
    returns = (years >= 1) & (np.abs(apart - years * YEAR_DAYS) <= SAME_SEASON_DAYS) & (sign[:, None] == sign[None, :])
    return table.assign(like_a_season=returns.any(axis=1) if len(table) else np.zeros(0, dtype=bool))


def level_table(day: np.ndarray, voice: np.ndarray, splits: list[tuple[int, float, int, int]], *, swing: float) -> pd.DataFrame:
    """The rows of Course.levels."""
    edges = [0, *(split for split, *_ in splits), len(voice)]
    rows = []
    for start, stop in zip(edges[:-1], edges[1:], strict=True):
        part = voice[start:stop]
        half = Z * np.sqrt(swing) * part.std(ddof=1) / np.sqrt(len(part)) if part.std() > 1e-12 else np.nan
        last = day[stop] - 1 if stop < len(day) else day[-1]
        rows.append((as_moment(day[start]), as_moment(last), len(part), part.mean(), part.mean() - half, part.mean() + half))
    return pd.DataFrame(rows, columns=["start", "end", "voices", "value", "low", "high"])


def as_moment(day: int) -> pd.Timestamp:
    return pd.Timestamp(np.datetime64(int(day), "D").astype("datetime64[us]"))


def as_date(day: int) -> dt.date:
    return np.datetime64(int(day), "D").astype(dt.date)
