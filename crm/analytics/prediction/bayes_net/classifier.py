"""The network as one of the models that foresee a yes or no."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crm.analytics.prediction.bayes_net.inference import row_chances
from crm.analytics.prediction.bayes_net.learning import learn
from crm.analytics.prediction.bayes_net.network import Network
from crm.analytics.prediction.bayes_net.states import MOST_STATES
from crm.errors import InvalidInput, NotEnoughData

OUTCOME = "__outcome__"  # the target's name inside the network; no column of a table is called so


class BayesNetClassifier:
    """A Bayesian network with the outcome in it; plain attributes, so that skops can store it.

    graph: one of learning.GRAPHS; "selected" foresaw best in the tables tried (see `learn`). After `fit`: network_, columns_.
    """

    def __init__(self, *, graph: str = "selected", score: str = "bdeu", most_states: int = MOST_STATES) -> None:
        self.graph = graph
        self.score = score
        self.most_states = most_states

    def fit(self, frame: pd.DataFrame, target: np.ndarray, *, random_state: int = 0) -> BayesNetClassifier:
        """Learn from rows (numbers with NaN, bool, text with missing) and whether each is a yes. Returns itself.

        Raises NotEnoughData for fewer than 30 rows or one outcome only, InvalidInput where the lengths differ.
        """
        target = np.asarray(target)
        if len(target) != len(frame):
            raise InvalidInput(f"There are {len(frame):,} rows and {len(target):,} outcomes; both must be as many.")
        target = target.astype(bool)
        if len(target) and (target.all() or not target.any()):
            raise NotEnoughData("All rows have the same outcome; to learn what tells them apart, both are needed.")
        whole = pd.concat([pd.Series(target, index=frame.index, name=OUTCOME), frame], axis=1)
        self.network_: Network = learn(whole, OUTCOME, graph=self.graph, score=self.score, most_states=self.most_states,
                                       keep_cases=False, random_state=random_state)
        self.columns_ = tuple(str(one) for one in frame.columns)
        return self

    def probability(self, frame: pd.DataFrame) -> np.ndarray:
        """(n,) chance of a yes, 0..1. Columns may stand in any sequence; one that is not there counts as not known."""
        outcome = self.network_.target
        return row_chances(self.network_, outcome, self.network_.codes(frame))[:, 1]
