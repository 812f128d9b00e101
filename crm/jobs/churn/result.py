"""What is known of who may leave? One frozen result that the page, the command line and saved scores start from."""

from dataclasses import dataclass
from datetime import date

import pandas as pd

from crm.analytics import snapshots
from crm.analytics.prediction import Comparison, Model

SILENCE = "silence"  # leaving is what customers without a contract do: they order no more


@dataclass(frozen=True, eq=False)
class Leaving:
    """Chances of leaving within `horizon_days` after `as_of`, the model that tells them, and the proof.

    leaving: "silence", or the customers' own field that says it. kind: "silence" (no purchase), "ends" (a day in a field),
    "given" (a yes or no in a field: no days then, and horizon_days is None).
    customers: customer_id, probability (0..1), days_silent, usual_gap_days (NaN below two purchase days), monetary_per_year
    (net spend a year of tenure, at least one year; may be < 0), is_gone (left already: no part of what was learned and
    tested), at_stake (probability x monetary_per_year, >= 0), reason_1..reason_3 (codes "raises:COLUMN" or "lowers:COLUMN",
    strongest first, None where nothing stands out and for all but those with most at stake); highest chance first.
    features: what the model looks at, indexed by customer_id, in the sequence of customers. background: rows of it that stand
    for all who are present. comparison: the models on what they have not seen. model: the proposed one, or the chosen, made
    from all that is known by now. horizon: what the customers' own rhythms propose, None where nobody came twice.
    test_cutoff, train_cutoffs, refit_cutoffs: the days tested on, learned from, made from; None and () without days.
    mark: equal marks are equal results.
    """

    as_of: date
    horizon_days: int | None
    leaving: str
    kind: str
    customers: pd.DataFrame
    features: pd.DataFrame
    background: pd.DataFrame
    comparison: Comparison
    model: Model
    horizon: snapshots.Horizon | None
    test_cutoff: date | None
    train_cutoffs: tuple[date, ...]
    refit_cutoffs: tuple[date, ...]
    n_customers_learned: int
    parameters: dict
    mark: str

    @property
    def method(self) -> str:
        """The model in use."""
        return self.model.method

    @property
    def present(self) -> pd.DataFrame:
        """The customers who have not left already."""
        return self.customers[~self.customers["is_gone"]]
