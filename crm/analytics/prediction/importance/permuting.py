"""How much worse does a model become where a column tells it nothing any more?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.prediction.importance.twins import twins
from crm.analytics.prediction.task import Rows
from crm.errors import InvalidInput, NotEnoughData

MAX_ROWS = 20_000  # a difference of AUC is then known to about .003, whatever the table's size
ROWS_A_COLUMN = 60_000  # predicted for each column: small tables are shuffled more often, to the same cost
FEWEST_REPEATS, MOST_REPEATS = 3, 30
# Share of these rows for models that take long to ask: every support vector, every tree is gone through for each row
SLOW = {"svm": 0.1, "forest": 0.5, "boosting": 0.5}
FEWEST_OF_A_KIND = 10  # of yes and of no; below, an AUC says nothing
SMALLEST = 1e-15  # a chance of exactly 0 has no logarithm
HALF_WIDTH = 1.959964  # standard errors of a 95 % interval


@dataclass(frozen=True, eq=False)
class Importance:
    """table: one row a column, or a group of columns that follow from each other, the most important first: columns (tuple),
    auc_loss, auc_low, auc_high (ROC AUC lost when they are shuffled, with its 95 % interval; 0 or below: the model could do
    without), log_loss_rise, log_loss_low, log_loss_high. roc_auc, log_loss: of the model as it is. n_rows: looked at (a
    seeded sample of large tables). n_repeats: shuffles of each."""

    table: pd.DataFrame
    roc_auc: float
    log_loss: float
    n_rows: int
    n_repeats: int


def importance(model, rows: Rows, *, together: Sequence[Sequence[str]] | None = None, n_repeats: int | None = None,
               random_state: int = 0) -> Importance:
    """Permutation importance (Breiman 2001; Fisher, Rudin & Dominici 2019) on rows that the model has not seen.

    together: columns that are shuffled together, so that a twin does not hide the other's importance; others stand alone.
    None: columns that nearly follow from each other (`twins`). n_repeats: shuffles; None: 3 at 20,000 rows and more, up to 30
    on few; of models that are slow to ask (boosting, forest, svm) fewer rows are looked at. Intervals count the rows of one of `rows.groups` as one witness (DeLong, DeLong & Clarke-Pearson 1988 by
    clusters: Obuchowski 1997).

    Raises NotEnoughData with fewer than 10 rows of either outcome, InvalidInput for groups that overlap or are no columns.
    """
    columns = list(model.columns)
    part = SLOW.get(getattr(model, "method", ""), 1.0)
    frame, target, groups = _looked_at(rows, columns, most=int(part * MAX_ROWS), random_state=random_state)
    n, n_yes = len(target), int(target.sum())
    if min(n_yes, n - n_yes) < FEWEST_OF_A_KIND:
        raise NotEnoughData(f"Which columns matter is told from at least {FEWEST_OF_A_KIND} cases of either outcome; here are "
                            f"{n_yes} with it and {n - n_yes} without.")
    sets = _sets(columns, twins(frame, random_state=random_state) if together is None else together)
    usual = int(np.clip(part * ROWS_A_COLUMN // n, FEWEST_REPEATS, MOST_REPEATS))
    repeats = usual if n_repeats is None else int(n_repeats)
    if repeats < 1:
        raise InvalidInput(f"At least one shuffle is needed, not {n_repeats}.", field="n_repeats")
    rng = np.random.default_rng(random_state)
    shuffles = np.concatenate([rng.permutation(n) for _ in range(repeats)])

    of_whom = np.unique(groups, return_inverse=True)[1]
    plain = _Scored(model.probability(frame), target)
    again = frame.iloc[np.tile(np.arange(n), repeats)].reset_index(drop=True)
    found = []
    for one in sets:
        chance = model.probability(again.assign(**{column: frame[column].array.take(shuffles) for column in one}))
        worse = [_Scored(part, target) for part in np.split(np.asarray(chance, dtype=float), repeats)]
        auc = np.mean([part.auc for part in worse])
        auc_noise = plain.auc_witness - np.mean([part.auc_witness for part in worse], axis=0)
        loss = np.mean([part.loss for part in worse], axis=0) - plain.loss
        found.append((one, *_interval(plain.auc - auc, auc_noise, of_whom),
                      *_interval(loss.mean(), loss - loss.mean(), of_whom)))
    table = pd.DataFrame(found, columns=["columns", "auc_loss", "auc_low", "auc_high", "log_loss_rise", "log_loss_low",
                                         "log_loss_high"])
    table = table.sort_values(["auc_loss", "log_loss_rise"], ascending=False, kind="stable", ignore_index=True)
    return Importance(table, float(plain.auc), float(plain.loss.mean()), n, repeats)


def _looked_at(rows: Rows, columns: list[str], *, most: int, random_state: int) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    frame, target, groups = rows.frame[columns], np.asarray(rows.target, dtype=bool), np.asarray(rows.groups)
    if len(frame) <= most:
        return frame, target, groups
    chosen = np.sort(np.random.default_rng(random_state).choice(len(frame), most, replace=False))
    return frame.iloc[chosen], target[chosen], groups[chosen]


def _sets(columns: list[str], together: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
    """The groups and, alone, the columns of no group; in the model's sequence."""
    sets = [tuple(group) for group in together if len(group)]
    named = [column for group in sets for column in group]
    unknown = [column for column in named if column not in columns]
    if unknown:
        raise InvalidInput(f"The model does not look at “{unknown[0]}”.", field="together")
    twice = [column for column in named if named.count(column) > 1]
    if twice:
        raise InvalidInput(f"“{twice[0]}” stands in two groups; a column can be shuffled with one of them.", field="together")
    sets += [(column,) for column in columns if column not in named]
    return sorted(sets, key=lambda group: columns.index(group[0]))


class _Scored:
    """Chances on rows whose outcome is known: their AUC, the loss of each row, and what each row says of the AUC.

    auc_witness: (n,) influence of each row, of mean 0, so that the AUC's error is that of their mean.
    """

    def __init__(self, chance: np.ndarray, target: np.ndarray) -> None:
        from scipy.stats import rankdata

        chance = np.asarray(chance, dtype=float)
        safe = np.clip(chance, SMALLEST, 1 - SMALLEST)
        self.loss = -np.where(target, np.log(safe), np.log1p(-safe))
        n, n_yes = len(target), int(target.sum())
        below = rankdata(chance)
        for mine, others, sign in ((target, n - n_yes, 1.0), (~target, n_yes, -1.0)):
            # Of the other kind: the share that is ranked below a yes, above a no; ties half.
            share = (below[mine] - rankdata(chance[mine])) / others
            below[mine] = share if sign > 0 else 1.0 - share
        self.auc = below[target].mean()
        self.auc_witness = (below - self.auc) * np.where(target, n / n_yes, n / (n - n_yes))


def _interval(value: float, witness: np.ndarray, of_whom: np.ndarray) -> tuple[float, float, float]:
    error = np.sqrt((np.bincount(of_whom, weights=witness) ** 2).sum()) / len(witness)
    return float(value), float(value - HALF_WIDTH * error), float(value + HALF_WIDTH * error)
