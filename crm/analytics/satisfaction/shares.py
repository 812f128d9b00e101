"""Fair shares: how is what the questions explain of the overall score divided among them?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

REDRAWS = 500  # a share of redraws is then known to two per cent
SINGLE_FORMS = 1_000  # up to here each form is drawn by itself
BLOCKS = 500  # above, forms are drawn in blocks: as good for means and correlations, and fast


@dataclass(frozen=True, eq=False)
class Redrawn:
    """Figures of all forms, and of 500 samples drawn anew from them. importance (items,): share of what all questions explain
    (sums to 1); performance (items,): mean score; direction (items,): correlation with the overall score, -1 to 1;
    direction_high: upper end of its 95 % interval; explained: R squared. importance_drawn, performance_drawn (redraws, items); explained_drawn (redraws,)."""

    importance: np.ndarray
    performance: np.ndarray
    direction: np.ndarray
    direction_high: np.ndarray
    explained: float
    importance_drawn: np.ndarray
    performance_drawn: np.ndarray
    explained_drawn: np.ndarray


def redraw(score: np.ndarray, overall: np.ndarray, *, random_state: int) -> Redrawn:
    """Relative weights (Johnson 2000) and mean scores with the bootstrap (Efron 1979) of both together.

    score (forms, items; NaN no answer), overall (forms,; NaN none). Weights come from complete forms with an overall score, means
    from all answers. Questions that are answered alike share what they explain together; a regression gives it to one of them
    by chance.
    """
    complete = ~np.isnan(score).any(axis=1) & ~np.isnan(overall)
    given = ~np.isnan(score)
    centre = score[complete].mean(axis=0, dtype=np.float64)  # taken off, so that no digits are lost in the products
    # Sums of a few hundred centred scores lose nothing in short floats, which halves what has to be read of very many forms.
    kind = np.float64 if len(score) <= SINGLE_FORMS else np.float32
    values = np.empty((len(score), score.shape[1] + 2), dtype=kind)
    values[:, 0] = 1
    values[:, 1:-1] = score - centre
    values[:, -1] = overall - overall[complete].mean()
    values[~complete] = 0
    means = np.concatenate([np.where(given, score, 0), given], axis=1, dtype=kind)
    products, sums = _in_blocks(values, means)
    blocks = len(products)
    rng = np.random.default_rng(random_state)
    times = rng.multinomial(blocks, np.full(blocks, 1 / blocks), size=REDRAWS).astype(np.float64)
    times = np.vstack([np.ones(blocks), times])  # the first one is all forms as they are
    size = values.shape[1]
    share, explained, direction = weights((times @ products.reshape(blocks, -1)).reshape(-1, size, size))
    total = times @ sums
    count = score.shape[1]
    with np.errstate(invalid="ignore", divide="ignore"):
        performance = total[:, :count] / total[:, count:]
    return Redrawn(share[0], performance[0], direction[0], np.quantile(direction[1:], 0.975, axis=0), float(explained[0]), share[1:], performance[1:], explained[1:])


def _in_blocks(values: np.ndarray, means: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sums of products and of scores, a block of forms each: (blocks, columns, columns), (blocks, sums).

    A block takes every 500th form, so that each holds early and late ones.
    """
    if len(values) <= SINGLE_FORMS:
        return np.einsum("ij,ik->ijk", values, values), means
    parts = [(values[start::BLOCKS], means[start::BLOCKS].sum(axis=0)) for start in range(BLOCKS)]
    return np.stack([part.T @ part for part, _ in parts]).astype(np.float64), np.stack([total for _, total in parts]).astype(np.float64)


def weights(products: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Shares (samples, items) that sum to 1, R squared (samples,) and correlations with the overall score (samples, items) from
    sums of products (samples, 1 + items + 1, same) of a column of ones, the questions and the overall score."""
    n = products[:, 0, 0][:, None, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        covariance = products[:, 1:, 1:] / n - products[:, 1:, :1] * products[:, :1, 1:] / n**2
        spread = np.sqrt(np.maximum(np.einsum("ijj->ij", covariance), 0))
        correlation = covariance / (spread[:, :, None] * spread[:, None, :])
    # In a small redraw a question may not vary at all; it then explains nothing there.
    correlation = np.where(np.isfinite(correlation), correlation, 0)
    direction = correlation[:, :-1, -1]
    among = correlation[:, :-1, :-1]
    places = np.arange(among.shape[1])
    among[:, places, places] = 1.0
    size, axes = np.linalg.eigh(among)
    root = np.sqrt(np.maximum(size, 1e-10))
    joined = (axes * root[:, None, :]) @ axes.transpose(0, 2, 1)
    apart = (axes / root[:, None, :]) @ axes.transpose(0, 2, 1)
    weight = np.einsum("ijk,ik->ij", joined**2, np.einsum("ijk,ik->ij", apart, direction) ** 2)
    explained = weight.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(explained[:, None] > 1e-12, weight / explained[:, None], np.nan)
    return share, np.minimum(explained, 1.0), direction
