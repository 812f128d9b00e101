"""A Bayesian network as one of the models: the chance of a yes given all that is known of a row."""

import numpy as np
import pandas as pd

from crm.analytics.prediction.bayes_net import BayesNetClassifier
from crm.analytics.prediction.calibrating import log_odds_of
from crm.analytics.prediction.task import Rows
from crm.errors import InvalidInput


class BayesNetworkClassifier:
    """Settings as in SETTINGS; the network itself is `network.network_`."""

    def __init__(self, *, graph: str = "selected", score: str = "bdeu") -> None:
        self.graph, self.score = graph, score

    def fit(self, rows: Rows, *, scales: dict[str, str] | None = None, random_state: int = 0) -> "BayesNetworkClassifier":
        self.network = BayesNetClassifier(graph=self.graph, score=self.score)
        self.network.fit(rows.frame, rows.target, random_state=random_state)
        return self

    def margin(self, frame: pd.DataFrame) -> np.ndarray:
        for name in self.network.columns_:
            if name not in frame.columns:
                raise InvalidInput(f"The model looks at the column “{name}”, which this table does not have.", field=name)
        return log_odds_of(self.network.probability(frame))
