"""Points for the tests of grouping whose truth is known: round groups, two bent ones, and data without any."""

import numpy as np


def blobs(sizes: tuple[int, ...] = (60, 50, 40, 30), *, columns: int = 2, apart: float = 10.0,
          seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Round groups of these sizes with deviation 1, their centres at least `apart` from one another; points and truth."""
    rng = np.random.default_rng(seed)
    centres: list[np.ndarray] = []
    while len(centres) < len(sizes):
        centre = rng.uniform(-2 * apart, 2 * apart, columns)
        if all(np.linalg.norm(centre - other) >= apart for other in centres):
            centres.append(centre)
    points = np.vstack([rng.normal(centre, 1.0, size=(size, columns)) for centre, size in zip(centres, sizes, strict=True)])
    return points, np.repeat(np.arange(len(sizes)), sizes)


def moons(n: int = 600, *, noise: float = 0.05, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Two half moons, each reaching into the other; points and truth."""
    rng = np.random.default_rng(seed)
    angle = rng.uniform(0, np.pi, n)
    truth = np.arange(n) % 2
    points = np.where(truth[:, None] == 0, np.column_stack([np.cos(angle), np.sin(angle)]),
                      np.column_stack([1 - np.cos(angle), 0.5 - np.sin(angle)]))
    return points + rng.normal(0, noise, size=(n, 2)), truth


def even(n: int = 800, *, columns: int = 3, seed: int = 0) -> np.ndarray:
    """Spread evenly over a cube: no groups."""
    return np.random.default_rng(seed).uniform(size=(n, columns))
