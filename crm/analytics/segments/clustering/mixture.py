"""Gaussian mixture: which k bell-shaped clouds, of any width and slant, make these customers likely?

Fitted by expectation-maximisation (Dempster, Laird & Rubin 1977) from the best of several K-means groupings; every customer goes to the likeliest
cloud, and the probability says how surely. BIC (Schwarz 1978) weighs likelihood against the number of parameters: the
lowest is best. Above 10,000 customers the clouds are fitted to a seeded sample.
"""

import numpy as np

from crm.analytics.segments.clustering.found import Found
from crm.analytics.segments.clustering.kmeans import N_STARTS, KMeansCuts
from crm.analytics.segments.clustering.ordering import distinct, sample_rows

FITTED_TO = 10_000  # 10,000 customers settle means and slants to 1 %; all 100,000 would take five seconds
LEAST_SPREAD = 1e-2  # of a column's variance: a tenth of its deviation. Thousands who bought exactly once are a spike of
# width 0, on which a cloud of any width could sit with any likelihood
ROWS_A_PARAMETER = 5  # fewer customers than that for each number of a slanted cloud fit its slant to chance
MOST_ROUNDS = 100


class MixtureCuts:
    """Mixtures of any number of clouds over the same points; `points` in fixed order."""

    def __init__(self, points: np.ndarray, *, random_state: int, n_starts: int = N_STARTS,
                 most_rounds: int = MOST_ROUNDS) -> None:
        deviation = points.std(axis=0)
        # Changes nothing but what LEAST_SPREAD means
        self.points = (points - points.mean(axis=0)) / np.where(deviation > 0, deviation, 1.0)
        self.random_state, self.n_starts, self.most_rounds = random_state, n_starts, most_rounds

    def cut(self, k: int) -> Found:
        """k clouds; details: bic (of the customers fitted to), covariance "full" | "diag"; probabilities of customers."""
        import warnings

        from sklearn.exceptions import ConvergenceWarning
        from sklearn.mixture import GaussianMixture

        rows = sample_rows(len(self.points), at_most=FITTED_TO, random_state=self.random_state)
        if len(distinct(self.points[rows]).counts) < k:
            rows = np.arange(len(self.points))
        fitted = self.points[rows]
        n_columns = fitted.shape[1]
        per_cloud = n_columns * (n_columns + 3) / 2
        covariance = "full" if len(rows) >= ROWS_A_PARAMETER * per_cloud * k else "diag"
        start = KMeansCuts(fitted, random_state=self.random_state, n_starts=self.n_starts).cut(k).labels
        k = len(np.unique(start))
        model = GaussianMixture(k, covariance_type=covariance, reg_covar=LEAST_SPREAD, max_iter=self.most_rounds,
                                random_state=self.random_state, **_clouds(fitted, start, covariance))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # a cloud that still creeps is near enough
            model.fit(fitted)
        probabilities = model.predict_proba(self.points)
        return Found(probabilities.argmax(axis=1), "sample" if len(rows) < len(self.points) else "",
                     {"bic": float(model.bic(fitted)), "covariance": covariance},
                     {"probabilities": probabilities.max(axis=1)})


def _clouds(points: np.ndarray, labels: np.ndarray, covariance: str) -> dict[str, np.ndarray]:
    """Weights, means and precisions of the groups to start from."""
    groups = [points[labels == label] for label in np.unique(labels)]
    centres = np.array([group.mean(axis=0) for group in groups])
    variances = [(group - centre).T @ (group - centre) / len(group) + LEAST_SPREAD * np.eye(points.shape[1])
                 for group, centre in zip(groups, centres, strict=True)]
    if covariance == "full":
        precisions = np.array([np.linalg.inv(variance) for variance in variances])
    else:
        precisions = np.array([1 / np.diag(variance) for variance in variances])
    return {"weights_init": np.array([len(group) for group in groups]) / len(points), "means_init": centres,
            "precisions_init": precisions}
