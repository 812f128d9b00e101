"""K-means: which k centres lie nearest to their customers? (Lloyd 1982; starts by k-means++, Arthur & Vassilvitskii 2007)

Exact at any size: the starts are tried on a sample where there are many customers, and the best is then improved over all
of them until nobody changes the group any more, which costs a tenth of trying every start on all.
"""

import numpy as np

from crm.analytics.segments.clustering.found import Found
from crm.analytics.segments.clustering.ordering import distinct, sample_rows

N_STARTS = 10  # with eight groups in ten features, four starts now and then miss the best grouping
STARTS_SAMPLE = 5_000  # the best of ten starts on 5,000 customers is as good a start as one over all


class KMeansCuts:
    """Groupings of the same points into any number of groups; `points` in fixed order."""

    def __init__(self, points: np.ndarray, *, random_state: int, n_starts: int = N_STARTS) -> None:
        self.points, self.random_state, self.n_starts = points, random_state, n_starts

    def cut(self, k: int) -> Found:
        """Nearest of k centres for every row; details: inertia (sum of squared distances to the own centre)."""
        from sklearn.cluster import KMeans

        rows = sample_rows(len(self.points), at_most=STARTS_SAMPLE, random_state=self.random_state)
        if len(distinct(self.points[rows]).counts) < k:  # a few exceptions among thousands of equal customers
            rows = np.arange(len(self.points))
        model = KMeans(k, n_init=self.n_starts, random_state=self.random_state).fit(self.points[rows])
        if len(rows) < len(self.points):
            model = KMeans(k, init=model.cluster_centers_, n_init=1).fit(self.points)
        return Found(model.labels_, details={"inertia": float(model.inertia_)})
