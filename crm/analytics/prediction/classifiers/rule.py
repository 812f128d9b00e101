"""The simple rule: sort by one column, the highest first. The yardstick of all models; it knows no probabilities."""

import numpy as np
import pandas as pd

from crm.errors import InvalidInput


class RuleClassifier:
    """Nothing is learned; `score` is the column itself."""

    def __init__(self, *, column: str = "") -> None:
        self.column = column

    def margin(self, frame: pd.DataFrame) -> np.ndarray:
        """(n,) NaN: a rank is no probability."""
        return np.full(len(frame), np.nan)

    def score(self, frame: pd.DataFrame) -> np.ndarray:
        """(n,) what the rows are sorted by, the highest first; NaN for missing. Raises InvalidInput where it is no number."""
        if self.column not in frame.columns:
            raise InvalidInput(f"The simple rule sorts by the column “{self.column}”, which this table does not have.",
                               field="rule")
        try:
            return frame[self.column].to_numpy(dtype=float, na_value=np.nan)
        except (TypeError, ValueError) as error:
            raise InvalidInput(f"The simple rule cannot sort by the column “{self.column}”: it does not hold numbers.",
                               field="rule") from error
