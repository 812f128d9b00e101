"""What is a share worth that rests on few? Drawn towards what is usual, the more the less is known (beta-binomial).

One late bill of one is no worse than nine of twelve. Each share is taken as if `weight` further cases had gone as they
usually go: (hits + weight * mean) / (trials + weight). Mean and weight come from the groups themselves, by the moment
estimator of Kleinman (1973), J. Am. Stat. Assoc. 68: 46-54; this is empirical Bayes with a beta prior.
"""

from dataclasses import dataclass

import numpy as np

MIN_GROUPS = 5  # below that, how far groups differ is a guess: the lightest weight is taken


@dataclass(frozen=True)
class Usual:
    """`mean`: the share that is usual, 0..1; `weight`: how many cases it counts for beside a group's own, > 0."""

    mean: float
    weight: float

    def drawn(self, hits: np.ndarray, trials: np.ndarray) -> np.ndarray:
        """Each group's share, drawn towards the mean; the mean itself where there was no trial.

        >>> Usual(0.1, 4).drawn(np.array([1, 9]), np.array([1, 12])).round(3)
        array([0.28 , 0.588])
        """
        return (np.asarray(hits) + self.weight * self.mean) / (np.asarray(trials) + self.weight)

    def interval(self, hits: np.ndarray, trials: np.ndarray, *, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
        """The ends between which each group's share lies with this probability, given the prior."""
        from scipy.special import betaincinv

        hits, trials = np.asarray(hits, dtype="float64"), np.asarray(trials, dtype="float64")
        yes, no = hits + self.weight * self.mean, trials - hits + self.weight * (1 - self.mean)
        tail = (1 - level) / 2
        return betaincinv(yes, no, tail), betaincinv(yes, no, 1 - tail)


def usual(hits: np.ndarray, trials: np.ndarray, *, least_weight: float, most_weight: float,
          most_mean: float = 1.0) -> Usual:
    """What is usual among groups (arrays of equal length, trials > 0), its weight kept within the two bounds.

    `most_mean` keeps a bad company from condemning a customer of whom little is known. Without any trial the mean is NaN.
    """
    hits, trials = np.asarray(hits, dtype="float64"), np.asarray(trials, dtype="float64")
    groups, cases = len(trials), trials.sum()
    if cases <= 0:
        return Usual(float("nan"), least_weight)
    mean = hits.sum() / cases
    # Half a case of each kind, so that "never yet" is not taken for "never".
    kept_mean = float(min((hits.sum() + 0.5) / (cases + 1), most_mean))
    spread_cases = cases - (trials**2).sum() / cases - (groups - 1)
    if groups < MIN_GROUPS or not 0 < mean < 1 or spread_cases <= 0:
        return Usual(kept_mean, least_weight)
    spread = (trials * (hits / trials - mean) ** 2).sum() / (mean * (1 - mean))
    alike = (spread - (groups - 1)) / spread_cases  # correlation of two cases of one group; 0: all groups are alike
    weight = most_weight if alike <= 0 else 1 / alike - 1
    return Usual(kept_mean, float(np.clip(weight, least_weight, most_weight)))
