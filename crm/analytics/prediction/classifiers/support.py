"""Support vector machine: the widest gap between yes and no, along a border that may bend (radial kernel).

Exact on small tables (Cortes & Vapnik 1995); above, the kernel is replaced by likenesses to a few hundred rows (Nystroem:
Williams & Seeger 2001), the border between them is straight, and a row on the wrong side counts by the square of its
distance. What it gives are distances from the border, no chances: they are calibrated.
"""

import numpy as np
import pandas as pd

from crm.analytics.prediction.classifiers.methods import EXACT_ROWS
from crm.analytics.prediction.preparation import learn_preparation
from crm.analytics.prediction.task import Rows

EXACT_ROWS_AT_MOST = 10_000  # the exact machine takes time with the square of the rows: 4 s here, minutes at 100,000
CELLS = 4_000_000  # of distances at a time: 32 MB


class SupportClassifier:
    """Settings as in SETTINGS; an exact one of more than 10,000 rows is refused the time, and approximated. After `fit`: landmarks (m, d), their weights (m,), and the kernel's width, all plain arrays."""

    def __init__(self, *, kernel: str = "auto", C: float = 1.0, gamma: float = 0.1, n_components: int = 300) -> None:  # noqa: N803
        self.kernel, self.C, self.gamma, self.n_components = kernel, C, gamma, n_components

    def fit(self, rows: Rows, *, scales: dict[str, str] | None = None, random_state: int = 0) -> "SupportClassifier":
        self.preparation = learn_preparation(rows, scales=scales)
        design = self.preparation.design(rows.frame)
        self.width = self.gamma / max(design.shape[1] * design.var(), 1e-12)
        most_rows = {"auto": EXACT_ROWS, "exact": EXACT_ROWS_AT_MOST, "landmarks": 0}[self.kernel]
        if len(design) <= most_rows:
            self._fit_exactly(design, rows.target)
        else:
            self._fit_landmarks(design, rows.target, random_state=random_state)
        return self

    def _fit_exactly(self, design: np.ndarray, target: np.ndarray) -> None:
        from sklearn.svm import SVC

        fitted = SVC(C=self.C, gamma=self.width, cache_size=500).fit(design, target)
        self.landmarks, self.weights = fitted.support_vectors_, fitted.dual_coef_[0]
        self.intercept = float(fitted.intercept_[0])

    def _fit_landmarks(self, design: np.ndarray, target: np.ndarray, *, random_state: int) -> None:
        from sklearn.kernel_approximation import Nystroem
        from sklearn.svm import LinearSVC

        mapped = Nystroem(gamma=self.width, n_components=min(int(self.n_components), len(design)), random_state=random_state)
        fitted = LinearSVC(C=self.C, dual=False, random_state=random_state).fit(mapped.fit_transform(design), target)
        # Kernel to the landmarks, times the map, times the weights of the border: the last two are one vector
        self.landmarks, self.weights = mapped.components_, mapped.normalization_.T @ fitted.coef_[0]
        self.intercept = float(fitted.intercept_[0])

    def margin(self, frame: pd.DataFrame) -> np.ndarray:
        design = self.preparation.design(frame)
        squares = (self.landmarks**2).sum(axis=1)
        step = max(CELLS // max(len(self.landmarks), 1), 1)
        found = np.empty(len(design))
        for start in range(0, len(design), step):
            part = design[start:start + step]
            distance = (part**2).sum(axis=1)[:, None] + squares - 2 * (part @ self.landmarks.T)
            found[start:start + step] = np.exp(-self.width * np.maximum(distance, 0.0)) @ self.weights + self.intercept
        return found
