"""Which arrows from the target help to foresee it, when all columns are known?

A network that describes all columns well counts the same hint several times where columns say the same. So arrows from the
target are chosen by how well the target itself is foreseen (conditional likelihood: Grossman & Domingos 2004), each row judged
by tables that it is left out of. Overconfidence is cured later, by calibration, so it does not count here.
"""

from __future__ import annotations

import numpy as np

from crm.analytics.prediction.bayes_net.scores import counts

SELECTION_ROWS = 20_000  # more rows change no choice that matters, and cost time
WORTH = 3.0  # an arrow must make the outcomes e**3 = 20 times as likely
LOOKED_AT = 10  # arrows tried exactly in each step, those that promise most
NEWTON_STEPS = 6  # for two numbers, from a good start
RIDGE = 1e-3  # keeps the step finite where an arrow tells nothing at all
FARTHEST = 30.0  # log-odds beyond it are certainty


def helpful(codes: np.ndarray, sizes: tuple[int, ...], target: int, parents: list[tuple[int, ...]], *, prior: float) -> list[tuple[int, ...]]:
    """The parents less those arrows from the (two-state) target that do not help to foresee it."""
    columns = [np.ascontiguousarray(codes[:, place], dtype=np.int32) for place in range(codes.shape[1])]
    outcome = columns[target].astype(float)
    joined = [one for one, above in enumerate(parents) if target in above]
    terms = {one: _log_odds(columns, sizes, target, one, [above for above in parents[one] if above != target], prior) for one in joined}
    base = float(np.log(outcome.mean() / (1 - outcome.mean())))
    chosen: set[int] = set()
    total, fit = np.zeros(len(outcome)), (0.5, base)
    loss = _loss(np.full(len(outcome), base), outcome)
    # Every step lowers the loss by more than nothing, and there are finitely many sets; the limit is for rounding alone.
    for _ in range(4 * len(joined)):
        offers = []
        for one in _promising(terms, chosen, total, fit, outcome):
            changed = total - terms[one] if one in chosen else total + terms[one]
            after, scaled = _scaled_loss(changed, outcome, fit)
            offers.append((after + (-WORTH if one in chosen else WORTH), one, after, scaled))
        if not offers or min(offers)[0] >= loss:
            break
        _, one, loss, fit = min(offers)
        total = total - terms[one] if one in chosen else total + terms[one]
        chosen ^= {one}
    return [above if one in chosen else tuple(other for other in above if other != target) for one, above in enumerate(parents)]


def _promising(terms: dict[int, np.ndarray], chosen: set[int], total: np.ndarray, fit: tuple[float, float], outcome: np.ndarray) -> list[int]:
    """All chosen ones (each may be dropped), and those others that promise most by one Newton step."""
    chance = _chance(fit[0] * total + fit[1])
    doubt = chance * (1 - chance)
    gains = []
    for one in terms.keys() - chosen:
        slope = float(terms[one] @ (outcome - chance))
        gains.append((-max(slope, 0.0) ** 2 / (float(terms[one] ** 2 @ doubt) + RIDGE), one))
    return sorted(chosen) + [one for _, one in sorted(gains)[:LOOKED_AT]]


def _log_odds(columns: list[np.ndarray], sizes: tuple[int, ...], target: int, child: int, others: list[int], prior: float) -> np.ndarray:
    """(n,) what the child's state adds to the log-odds of the target, by tables without the row itself."""
    own = columns[child]
    usual = counts(columns, sizes, child, ()) + 1 / sizes[child]
    usual = usual / usual.sum()
    by_target = counts(columns, sizes, child, (target,)) + prior * usual
    line = 0
    for one in others:
        line = line * sizes[one] + columns[one]
    table = counts(columns, sizes, child, (*others, target)).reshape(-1, 2, sizes[child]).astype(float)
    expected = (by_target / by_target.sum(axis=1, keepdims=True))[None] if others else usual[None, None]
    weight, sums = table + prior * expected, table.sum(axis=2) + prior
    found = np.zeros(len(own))
    for state, sign in ((1, 1), (0, -1)):
        itself = columns[target] == state
        # What the prior holds stays; the row's own count goes.
        found += sign * (np.log(weight[line, state, own] - itself) - np.log(sums[line, state] - itself))
    return found


def _scaled_loss(log_odds: np.ndarray, outcome: np.ndarray, start: tuple[float, float]) -> tuple[float, tuple[float, float]]:
    """(log loss, (scale, shift)) after the best scaling of the log-odds, as calibration would do it (Platt 1999)."""
    scale, shift = start
    best = (_loss(scale * log_odds + shift, outcome), (scale, shift))
    for _ in range(NEWTON_STEPS):
        chance = _chance(scale * log_odds + shift)
        doubt = chance * (1 - chance)
        slope = np.array([(outcome - chance) @ log_odds, (outcome - chance).sum()])
        bend = np.array([[doubt @ log_odds**2, doubt @ log_odds], [doubt @ log_odds, doubt.sum()]]) + RIDGE * np.eye(2)
        step = np.linalg.solve(bend, slope)
        scale, shift = scale + float(step[0]), shift + float(step[1])
        loss = _loss(scale * log_odds + shift, outcome)
        if not loss < best[0] - 1e-6:
            break
        best = (loss, (scale, shift))
    return best


def _chance(log_odds: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(log_odds, -FARTHEST, FARTHEST)))


def _loss(log_odds: np.ndarray, outcome: np.ndarray) -> float:
    log_odds = np.clip(log_odds, -FARTHEST, FARTHEST)
    return float((np.maximum(log_odds, 0) + np.log1p(np.exp(-np.abs(log_odds)))).sum() - outcome @ log_odds)
