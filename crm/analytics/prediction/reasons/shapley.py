"""What does each column of a case add to what the model says, against what it says of others?"""

import numpy as np
import pandas as pd

from crm.errors import InvalidInput, NotEnoughData

N_COMPARED = 100  # rows compared with, drawn evenly over the scores: the mean score is then that of all to .01
N_COMPARED_SLOW = {"svm": 25}  # every support vector is gone through for every row asked
SCORED = 5_000  # rows, drawn from a larger background, to choose those from: their mean is then known to .02
ROUNDS_OF_ONE = 4  # sequences a row compared with, where a single case is asked for: half the error of a list's
ROWS_A_CALL = 100_000  # predicted at once: few calls, and some 30 MB
LARGEST_LOG_ODDS = 30.0  # a chance of exactly 0 or 1 has no log-odds
SAME = 1e-9  # additive to this: the model's own contributions are the exact answer


def contributions(model, frame: pd.DataFrame, background: pd.DataFrame, *, n_compared: int | None = None,
                  rounds: int | None = None, random_state: int = 0) -> np.ndarray:
    """(rows, model.columns) log-odds that each column adds, against the rows of `background`; above 0: raises the chance.

    The sum of a row is its log-odds less the mean log-odds of `compared_with(model, background)`, exactly. A linear model that
    offers `contributions(frame)`, itself or by its classifier, answers by them where they add up to its log-odds. Of every
    other model these are Shapley values: for many pairs of a row and a row compared with, one column after the other is taken
    over in a drawn sequence or in its reverse, and what the score gains goes to the column (Strumbelj & Kononenko 2014;
    antithetic: Mitchell et al. 2022).

    frame: the cases; background: who they are compared with, at best the rows that were scored together. n_compared: at most
    so many of them are drawn (None: 100, 25 for slow models). rounds: sequences for each of them; None: 4 for a single case,
    1 for a list. Raises NotEnoughData for an empty background, InvalidInput for columns that are missing.
    """
    columns = list(model.columns)
    cases = _columns(frame, columns)
    others = compared_with(model, background, n=n_compared, random_state=random_state)
    score, score_of_others = _log_odds(model, cases), _log_odds(model, others)
    exact = _linear(model, cases, others, score - score_of_others.mean())
    if exact is not None:
        return exact
    if rounds is None:
        rounds = ROUNDS_OF_ONE if len(cases) == 1 else 1
    sequences = _sequences(len(columns), len(others) * rounds, random_state=random_state)
    partner = np.tile(np.arange(len(others)), rounds)
    # The same rows once as codes, which tell quickly where two rows are equal, and once as they are.
    both = pd.concat([cases, others], ignore_index=True)
    codes = np.column_stack([pd.factorize(both[column], use_na_sentinel=True)[0] for column in columns])
    found = np.zeros((len(cases), len(columns)))
    at_once = max(1, ROWS_A_CALL // max(1, len(sequences) * len(columns)))
    for start in range(0, len(cases), at_once):
        part = np.arange(start, min(start + at_once, len(cases)))
        found[part] = _walk(model, both, codes, part, len(cases) + partner, sequences, score, score_of_others[partner])
    return found


def compared_with(model, background: pd.DataFrame, *, n: int | None = None, random_state: int = 0) -> pd.DataFrame:
    """At most `n` rows of `background` (None: 100, 25 for slow models), spread evenly over the model's scores; the model's
    columns alone."""
    background = _columns(background, list(model.columns))
    n = N_COMPARED_SLOW.get(getattr(model, "method", ""), N_COMPARED) if n is None else n
    if len(background) == 0:
        raise NotEnoughData("There is nobody to compare with.")
    if len(background) <= n:
        return background
    # In a drawn sequence: a tree gives many rows the same score, and they are not alike in all else.
    drawn = background.iloc[np.random.default_rng(random_state).permutation(len(background))[:max(SCORED, n)]]
    by_score = np.argsort(_log_odds(model, drawn), kind="stable")
    middles = ((np.arange(n) + 0.5) * len(drawn) / n).astype(int)
    return drawn.iloc[by_score[middles]].reset_index(drop=True)


def _columns(frame: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    missing = [column for column in columns if column not in frame]
    if missing:
        raise InvalidInput(f"The column “{missing[0]}” is missing; the model looks at it.")
    return frame[columns].reset_index(drop=True)


def _log_odds(model, frame: pd.DataFrame) -> np.ndarray:
    odds = np.asarray(model.log_odds(frame), dtype=float)
    return np.nan_to_num(odds, nan=0.0, posinf=LARGEST_LOG_ODDS, neginf=-LARGEST_LOG_ODDS)


def _linear(model, cases: pd.DataFrame, others: pd.DataFrame, wanted: np.ndarray) -> np.ndarray | None:
    """The model's own contributions against the others' mean, where they add up to what it says."""
    own = getattr(model, "contributions", None) or getattr(getattr(model, "classifier", None), "contributions", None)
    if own is None:
        return None
    found = np.asarray(own(cases), dtype=float) - np.asarray(own(others), dtype=float).mean(axis=0)
    adds_up = found.shape == (len(cases), len(model.columns)) and np.allclose(found.sum(axis=1), wanted, rtol=0, atol=SAME)
    return found if adds_up else None


def _sequences(n_columns: int, n: int, *, random_state: int) -> np.ndarray:
    """(n, columns) sequences of the columns, every second the reverse of the one before."""
    rng = np.random.default_rng(random_state)
    drawn = rng.permuted(np.tile(np.arange(n_columns), ((n + 1) // 2, 1)), axis=1)
    return np.stack([drawn, drawn[:, ::-1]], axis=1).reshape(-1, n_columns)[:n]


def _walk(model, both: pd.DataFrame, codes: np.ndarray, part: np.ndarray, partner: np.ndarray, sequences: np.ndarray,
          score: np.ndarray, score_of_partner: np.ndarray) -> np.ndarray:
    """(cases of part, columns): from each partner to each case, a column at a time; what is equal need not be asked."""
    n_sequences, n_columns = sequences.shape
    differs = codes[part][:, None, :] != codes[partner][None, :, :]
    changes = np.take_along_axis(differs, np.broadcast_to(sequences, differs.shape), axis=2)
    # The last change ends at the case itself, whose score is known.
    is_last = changes & (np.cumsum(changes[..., ::-1], axis=2)[..., ::-1] == 1)
    asked = np.nonzero(changes & ~is_last)
    reached = np.empty((len(part), n_sequences, n_columns + 1))
    reached[..., 0] = score_of_partner
    reached[..., 1:] = score[part][:, None, None]
    place = np.argsort(sequences, axis=1)  # of each column in its sequence
    for start in range(0, len(asked[0]), ROWS_A_CALL):
        case, sequence, step = (index[start:start + ROWS_A_CALL] for index in asked)
        reached[case, sequence, step + 1] = _log_odds(model, pd.DataFrame({
            column: both[column].array.take(np.where(place[sequence, at] <= step, part[case], partner[sequence]))
            for at, column in enumerate(both.columns)}))
    # Where nothing changed, what was reached before still holds.
    latest = np.maximum.accumulate(np.where(changes, np.arange(1, n_columns + 1), 0), axis=2)
    gained = np.diff(np.concatenate([reached[..., :1], np.take_along_axis(reached, latest, axis=2)], axis=2), axis=2)
    return np.take_along_axis(gained, np.broadcast_to(place, gained.shape), axis=2).mean(axis=1)
