"""Robust tests: do the means of groups differ, whatever their spreads, and though somebody is in several of them?

With nobody in two groups this is Welch (1951) and, for any contrasts of means, Johansen (1980). Persons who are in
several groups bring the covariance of the groups' means with them (cluster-robust "CR2", Bell & McCaffrey 2002; on the
diagonal it is Welch's own variance), and F has the degrees of freedom of Pustejovsky & Tipton (2018, "HTZ").
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.satisfaction.effects import exact_mean
from crm.analytics.satisfaction.members import Members

PATTERNS_AT_ONCE = 4096  # of groups that somebody is in; keeps the work below some 20 MB
LEAST_FREEDOM = 1.0  # below one degree of freedom F has no use
SINGULAR = 1e-12  # of the largest eigenvalue


@dataclass(frozen=True, eq=False)
class GroupMeans:
    """mean, n and variance of each of k groups; covariance of the means, k x k.

    patterns: the sets of groups that persons are in (rows of k booleans), each `times` often. several: persons in more
    than one. share_both[g, h]: what the persons who are in both add to the variance of g's mean; n_both[g, h]: how many
    they are. Groups of two persons and more.
    """

    mean: np.ndarray
    n: np.ndarray
    variance: np.ndarray
    covariance: np.ndarray
    patterns: np.ndarray
    times: np.ndarray
    several: int
    share_both: np.ndarray
    n_both: np.ndarray


@dataclass(frozen=True)
class Wald:
    """F with its degrees of freedom and p; all NaN where it cannot be computed."""

    statistic: float
    df_between: float
    df_within: float
    p_value: float


def group_means(members: Members) -> GroupMeans:
    """Means of the groups and how sure they are together."""
    k = len(members.names)
    n = np.bincount(members.group, minlength=k)
    ends = np.searchsorted(members.group, np.arange(k + 1))
    parts = [members.score[ends[place] : ends[place + 1]] for place in range(k)]
    mean = np.array([part[0] + exact_mean(part - part[0]) for part in parts])
    rest = members.score - mean[members.group]
    # Where all agree the spread is nothing, not what rounding leaves of the mean.
    agree = np.array([part.min() == part.max() for part in parts])
    rest = np.where(agree[members.group], 0.0, rest)
    variance = np.bincount(members.group, weights=rest**2, minlength=k) / (n - 1)
    share_both, n_both = np.zeros((k, k)), np.zeros((k, k))
    covariance = np.diag(variance / n)
    several = int((members.times() > 1).sum())
    patterns, times = np.eye(k, dtype=bool), n
    if several:
        from scipy import sparse

        person = pd.factorize(members.person)[0]
        shape = (person.max() + 1, k)
        pull = sparse.csr_matrix((rest / np.sqrt(n * (n - 1.0))[members.group], (person, members.group)), shape=shape)
        inside = sparse.csr_matrix((np.ones(len(person)), (person, members.group)), shape=shape)
        covariance = (pull.T @ pull).toarray()
        share_both = (pull.multiply(pull).T @ inside).toarray()
        n_both = (inside.T @ inside).toarray()
        np.fill_diagonal(covariance, variance / n)
        patterns, times = patterns_of(person, members.group, k)
    return GroupMeans(mean, n, variance, covariance, patterns, times, several, share_both, n_both)


def patterns_of(person: np.ndarray, group: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The different sets of groups that persons are in, as rows of booleans, and how many have each."""
    inside = np.zeros((person.max() + 1, k), dtype=np.uint8)
    inside[person, group] = 1
    packed = np.packbits(inside, axis=1)
    code = np.zeros(len(packed), dtype=np.int64)
    for column in packed.T:  # as one number each, level by level: cells of two groupings can be more than 64
        code = pd.factorize(code * 256 + column)[0]
    _, first, times = np.unique(code, return_index=True, return_counts=True)
    return np.unpackbits(packed[first], axis=1, count=k).astype(bool), times


def wald(contrasts: np.ndarray, groups: GroupMeans) -> Wald:
    """Test that every row of `contrasts` (q x k, of full rank) times the means is 0."""
    nothing = Wald(np.nan, float(len(contrasts)), np.nan, np.nan)
    middle = contrasts @ groups.covariance @ contrasts.T
    if not is_regular(middle):
        return nothing
    difference = contrasts @ groups.mean
    distance = float(difference @ np.linalg.solve(middle, difference))
    q = len(contrasts)
    if groups.several:
        eta = freedom(contrasts, groups)
        if np.isnan(eta) or eta - q + 1 < LEAST_FREEDOM:
            return nothing
        statistic, df = distance * (eta - q + 1) / (eta * q), eta - q + 1
    else:
        pull = groups.covariance @ contrasts.T @ np.linalg.solve(middle, contrasts)
        lack = (np.diag(pull) ** 2 / (groups.n - 1)).sum()
        statistic, df = distance / (q + 2 * lack - 6 * lack / (q + 2)), q * (q + 2) / (3 * lack)
    return Wald(statistic, float(q), float(df), upper_tail_of_f(statistic, q, df))


def freedom(contrasts: np.ndarray, groups: GroupMeans) -> float:
    """How many degrees of freedom the covariance of the contrasts is worth: those of the Wishart with its spread.

    The working model: every group its own spread, one correlation between the scores of a person.
    """
    q = len(contrasts)
    rho = correlation(groups)
    pull = (contrasts * np.sqrt(groups.variance / (groups.n * (groups.n - 1.0)))).T  # k x q
    whole = np.zeros((q, q))
    pieces = []
    for start in range(0, len(groups.patterns), PATTERNS_AT_ONCE):
        inside = groups.patterns[start : start + PATTERNS_AT_ONCE].astype(float)
        together = inside @ pull
        own = inside @ (pull[:, :, None] * pull[:, None, :]).reshape(len(pull), q * q)
        piece = (1 - rho) * own.reshape(-1, q, q) + rho * together[:, :, None] * together[:, None, :]
        times = groups.times[start : start + PATTERNS_AT_ONCE]
        # A group's mean is taken from the same persons, which costs each of them 1/n.
        loss = (inside * (groups.n / (groups.n - 1.0))).sum(axis=1) / inside.sum(axis=1)
        whole += np.tensordot(times, piece, axes=1)
        pieces.append((piece, times * loss))
    if not is_regular(whole):
        return np.nan
    turn = np.linalg.inv(np.linalg.cholesky(whole))
    spread = 0.0
    for piece, times in pieces:
        turned = turn @ piece @ turn.T
        trace = np.trace(turned, axis1=1, axis2=2)
        spread += float(times @ (trace**2 + (turned**2).sum(axis=(1, 2))))
    return q * (q + 1) / spread


def correlation(groups: GroupMeans) -> float:
    """How alike the scores are that one person gives in two groups, 0 to .99; pooled over all pairs of groups."""
    first, second = np.triu_indices(len(groups.n), 1)
    size = np.sqrt(groups.n * (groups.n - 1.0))
    product = groups.covariance[first, second] * size[first] * size[second]
    spread = np.sqrt(groups.variance[first] * groups.variance[second])
    there = (spread > 0) & (groups.n_both[first, second] > 0)
    if not there.any():
        return 0.0
    return float(np.clip((product[there] / spread[there]).sum() / groups.n_both[first, second][there].sum(), 0, 0.99))


def pair_errors(groups: GroupMeans) -> tuple[np.ndarray, np.ndarray]:
    """Variance and degrees of freedom of the difference of every two means, in the order of combinations.

    Welch & Satterthwaite over those who are in one of the two groups only, in the other only, and in both.
    """
    first, second = np.triu_indices(len(groups.n), 1)
    own = np.diag(groups.covariance)
    with_first, with_second = groups.share_both[first, second], groups.share_both[second, first]
    both = with_first + with_second - 2 * groups.covariance[first, second] * (groups.several > 0)
    parts = np.array([own[first] - with_first, own[second] - with_second, np.maximum(both, 0)])
    n_both = groups.n_both[first, second]
    keep = 1 - 1 / groups.n
    free = np.array([(groups.n[first] - n_both) * keep[first], (groups.n[second] - n_both) * keep[second],
                     n_both * np.minimum(keep[first], keep[second])])
    error = parts.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        lack = np.where(free > 0, parts**2 / free, 0).sum(axis=0)
        df = error**2 / lack
    return error, np.maximum(df, 1.0)


def is_regular(matrix: np.ndarray) -> bool:
    """Whether a covariance can be inverted."""
    values = np.linalg.eigvalsh(matrix)
    return bool(np.isfinite(values).all() and values[0] > SINGULAR * values[-1] and values[-1] > 0)


def upper_tail_of_f(statistic: float, df_between: float, df_within: float) -> float:
    from scipy.special import fdtrc

    return float(fdtrc(df_between, df_within, max(statistic, 0.0)))
