"""Groups: are some kinds of customers more satisfied than others, or is it chance?"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.satisfaction import assumptions
from crm.analytics.satisfaction.answers import FEW_ANSWERS, METRICS, Scores, on_common_scale, read_scores
from crm.analytics.satisfaction.assumptions import Assumptions
from crm.analytics.satisfaction.effects import effect_sizes, size_of, superiority
from crm.analytics.satisfaction.members import (
    Counted,
    Labels,
    Members,
    coded,
    gather,
    join_small,
    used_only,
)
from crm.analytics.satisfaction.robust import group_means
from crm.analytics.satisfaction.significance import TESTS, all_tests, is_to_be_shuffled, pairwise
from crm.errors import InvalidInput, NotEnoughData

SIGNIFICANT = 0.05
MIN_GROUP = 2  # customers; one alone has no spread
FEWEST = 10  # customers of a group on the page; below, all scores are often equal, and a spread is a guess
MOST_GROUPS = 20  # 190 pairs already; more groups can be joined before they are compared


@dataclass(frozen=True, eq=False)
class GroupComparison:
    """Mean score of each group of customers, one figure a customer, and whether the groups differ.

    groups: group, n (customers), mean, standard_deviation, low, high (95 % t interval, NaN without spread),
    few (below 30), compared. left_out: groups that are too small. joined: small groups that were put together.
    ungrouped: scored customers without a group. test: the one behind the verdict ("welch", "classic" or "kruskal");
    `note` says why it is not the one asked for. statistic, p_value; different: p below .05. tests: test, statistic,
    df_between, df_within, p_value of all three (NaN where a test cannot be computed). eta_squared, omega_squared: share
    of the spread that the groups explain, 0 to 1; effect: "tiny", "small", "medium", "large" by omega_squared (Cohen
    1988). pairs: group_a, group_b, difference (a - b), low, high, p_value (corrected for the number of pairs), different
    (None where it cannot be told), superiority (0..1: how often somebody of a gave a better score than somebody of b,
    ties half). Games-Howell under welch, Tukey under classic, Mann-Whitney with Holm's correction under kruskal (which
    has no interval). shuffled: p is told from shuffled scores, for groups are small. checked: what the tests take for granted, see assumptions.
    """

    metric: str
    item: str | None
    group_name: str | None
    groups: pd.DataFrame
    left_out: tuple[str, ...]
    ungrouped: int
    test: str
    note: str | None
    statistic: float
    p_value: float
    different: bool
    tests: pd.DataFrame
    eta_squared: float
    omega_squared: float
    pairs: pd.DataFrame
    scale_min: float
    scale_max: float
    few: bool
    effect: str | None = None
    joined: tuple[str, ...] = ()
    checked: Assumptions | None = None
    shuffled: bool = False


def compare(
    answers: pd.DataFrame,
    *,
    as_of: dt.date,
    groups: pd.Series,
    metric: str = "csat",
    item: str | None = None,
    test: str = "welch",
    group_name: str | None = None,
) -> GroupComparison:
    """Compare the customers' mean scores of a metric (or of one of its items) between groups.

    `groups`: index customer_id (each once), values the labels. Each customer counts once, with the mean of
    his or her answers: several answers of one person are not independent, as every one of these tests
    demands. Welch (1951) by default: with unequal spreads and sizes the classic F and Kruskal-Wallis see
    differences that are not there. Raises NotEnoughData with fewer than two groups of two, or where all
    scores are equal.
    """
    return compare_scores(
        read_scores(answers, as_of=as_of),
        groups=groups,
        metric=metric,
        item=item,
        test=test,
        group_name=group_name,
    )


def compare_scores(
    scores: Scores, *, groups: pd.Series, metric: str, item: str | None, test: str, group_name: str | None
) -> GroupComparison:
    """As `compare`, from answers already read."""
    check(groups, metric=metric, test=test)
    means, low, high = customer_means(scores, metric=metric, item=item)
    code, names = coded(groups.reindex(means.index))
    labels = used_only(Labels("person", code, names))
    person = np.flatnonzero(labels.code >= 0)
    person = person[np.argsort(labels.code[person], kind="stable")]
    members = Members(person, labels.code[person], means.to_numpy()[person], labels.names, low, high,
                      ungrouped=int((labels.code < 0).sum()), anonymous=0)
    return compare_members(
        members,
        metric=metric,
        item=item,
        test=test,
        group_name=group_name or (None if groups.name is None else str(groups.name)),
    )


def compare_labels(
    counted: Counted,
    labels: Labels,
    *,
    metric: str,
    item: str | None = None,
    test: str = "welch",
    group_name: str | None = None,
    fewest: int = FEWEST,
    others: str | None = None,
    random_state: int = 0,
) -> GroupComparison:
    """Compare the groups of customers or of answers (see members): each person counts once in each group.

    Groups of fewer than `fewest` persons, and those beyond the MOST_GROUPS largest, are joined under the name `others`
    or, without one, left out. Somebody who is in several groups is no different person in each: Welch's test and
    Games-Howell allow for it. Where groups are small, p of Welch's test is told by shuffling the scores (see
    significance.shuffled), which is all that `random_state` is for. Raises as `compare` does.
    """
    check_choice(test=test, fewest=fewest)
    labels, joined, left_out = join_small(counted, labels, fewest=fewest, most=MOST_GROUPS, others=others)
    if len(labels.names) < 2:
        raise NotEnoughData(
            f"Comparing groups needs 2 groups with {fewest} scored customers each; there are {len(labels.names)} "
            f"among {len(labels.names) - (len(joined) > 0) + len(joined) + len(left_out)} groups with answers."
        )
    return compare_members(
        gather(counted, labels), metric=metric, item=item, test=test, group_name=group_name, joined=joined,
        left_out=left_out, random_state=random_state,
    )


def compare_members(
    members: Members,
    *,
    metric: str,
    item: str | None,
    test: str,
    group_name: str | None,
    joined: tuple[str, ...] = (),
    left_out: tuple[str, ...] = (),
    random_state: int | None = None,
) -> GroupComparison:
    """As `compare`, from persons in groups."""
    samples = members.samples()
    compared = {name: sample for name, sample in samples.items() if len(sample) >= MIN_GROUP}
    check_samples(compared, groups_seen=len(samples))
    inside = members if len(compared) == len(samples) else members.only(list(compared))
    several = group_means(inside)
    table = group_table(samples, low=members.low, high=members.high)
    used, note = usable_test(test, compared)
    tests = all_tests(list(compared.values()), groups=several, random_state=random_state)
    if used == "welch" and tests.loc[tests["test"] == "welch", "p_value"].isna().all():
        used, note = "kruskal", "Nearly everybody is in several of the groups; ranks are compared, not means."
    verdict = tests.set_index("test").loc[used]
    eta_squared, omega_squared = effect_sizes(list(compared.values()))
    pairs = pairwise(compared, test=used, level=SIGNIFICANT, groups=several)
    better = superiority(compared)[np.triu_indices(len(compared), 1)]
    return GroupComparison(
        metric=metric,
        item=item,
        group_name=group_name,
        groups=table,
        left_out=(*left_out, *(name for name in samples if name not in compared)),
        ungrouped=members.ungrouped,
        test=used,
        note=note,
        statistic=float(verdict["statistic"]),
        p_value=float(verdict["p_value"]),
        different=bool(verdict["p_value"] < SIGNIFICANT),
        tests=tests,
        eta_squared=eta_squared,
        omega_squared=omega_squared,
        pairs=pairs.assign(superiority=better),
        scale_min=members.low,
        scale_max=members.high,
        few=bool(table.loc[table["compared"], "few"].any()),
        effect=size_of(omega_squared),
        joined=joined,
        checked=assumptions.check(compared, inside, tests=tests),
        shuffled=used == "welch" and random_state is not None and not several.several
        and is_to_be_shuffled(list(compared.values())),
    )


def check(groups: pd.Series, *, metric: str, test: str) -> None:
    """Raise InvalidInput for a choice that does not exist."""
    if metric not in METRICS:
        raise InvalidInput(
            f"There is no metric {metric!r}; choose one of {', '.join(METRICS)}.", field="metric"
        )
    check_choice(test=test)
    if groups.index.has_duplicates:
        twice = int(groups.index.duplicated().sum())
        raise InvalidInput(
            f"{twice} customers are in a group twice; each belongs to one group.", field="groups"
        )


def check_choice(*, test: str, fewest: int = MIN_GROUP) -> None:
    """Raise InvalidInput for a test that does not exist, or groups that have no spread."""
    if test not in TESTS:
        raise InvalidInput(f"There is no test {test!r}; choose one of {', '.join(TESTS)}.", field="test")
    if fewest < MIN_GROUP:
        raise InvalidInput(f"A group of {fewest} has no spread; compare groups of {MIN_GROUP} and more.", field="fewest")


def check_samples(compared: dict[str, np.ndarray], *, groups_seen: int) -> None:
    """Raise where there is nothing to compare, or too much."""
    if len(compared) < 2:
        raise NotEnoughData(
            f"Comparing groups needs 2 groups with {MIN_GROUP} scored customers each; "
            f"there are {len(compared)} among {groups_seen} groups with answers."
        )
    if len(compared) > MOST_GROUPS:
        raise InvalidInput(
            f"There are {len(compared)} groups; at most {MOST_GROUPS} can be compared.", field="groups"
        )
    everyone = np.concatenate(list(compared.values()))
    if everyone.min() == everyone.max():
        raise NotEnoughData(
            f"All {len(everyone)} customers gave the same score, {everyone[0]:g}: nothing to compare."
        )


def customer_means(scores: Scores, *, metric: str, item: str | None) -> tuple[pd.Series, float, float]:
    """Mean score by customer_id (known ones) on the most used scale, and that scale's ends."""
    chosen = scores.metric(metric) & (scores.customer > 0)
    if item is not None:
        chosen &= (scores.items["item"] == item).to_numpy()[scores.item]
    if not chosen.any():
        what = metric if item is None else f"{metric} ({item})"
        raise NotEnoughData(f"Comparing groups needs {what} scores of known customers; there are 0.")
    key = np.zeros(len(scores.score), dtype=np.int64)
    score, low, high = on_common_scale(scores, key, chosen, keys=1)
    customer, ids = pd.factorize(scores.customer[chosen], sort=True)
    order = np.lexsort((score, customer))  # the same sum whatever the order of rows
    total = np.bincount(customer[order], weights=score[order])
    return pd.Series(total / np.bincount(customer), index=ids), float(low[0]), float(high[0])


def usable_test(test: str, compared: dict[str, np.ndarray]) -> tuple[str, str | None]:
    """Welch divides by each group's spread, which a group that agrees exactly lacks: then ranks decide."""
    agreeing = [name for name, sample in compared.items() if sample.min() == sample.max()]
    if test != "welch" or not agreeing:
        return test, None
    return (
        "kruskal",
        f"All scores are equal in {', '.join(agreeing)}, so ranks are compared, not means.",
    )


def group_table(samples: dict[str, np.ndarray], *, low: float, high: float) -> pd.DataFrame:
    """The columns of GroupComparison.groups."""
    from scipy.special import stdtrit

    rows = []
    for name, sample in samples.items():
        n = len(sample)
        equal = sample.min() == sample.max()
        spread = np.nan if n < MIN_GROUP else 0.0 if equal else sample.std(ddof=1)
        half = stdtrit(n - 1, 0.975) * spread / np.sqrt(n) if spread > 0 else np.nan
        rows.append(
            {
                "group": name,
                "n": n,
                "mean": sample.mean(),
                "standard_deviation": spread,
                "low": max(sample.mean() - half, low) if half > 0 else np.nan,
                "high": min(sample.mean() + half, high) if half > 0 else np.nan,
                "few": n < FEW_ANSWERS,
                "compared": n >= MIN_GROUP,
            }
        )
    return pd.DataFrame(rows)
