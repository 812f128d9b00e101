"""Which comments say the same? Each different text once, in an order of its own, so that the sequence of rows decides nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.comments.reading import Reading, cleaned, folded, pieces, read_pieces


@dataclass(frozen=True, eq=False)
class Texts:
    """text: which text each comment says, -1 where it says none (blank, only signs or tags); verbatim: each text as it was
    mostly written; readings: its words. Texts are sorted by what makes them the same."""

    text: np.ndarray
    verbatim: tuple[str, ...]
    readings: tuple[Reading, ...]

    def times(self) -> np.ndarray:
        """How many comments say each text."""
        return np.bincount(self.text[self.text >= 0], minlength=len(self.verbatim))


def distinct(comments: pd.Series) -> Texts:
    """Comments that differ only in blanks, capitals, punctuation or tags say the same."""
    code, written = pd.factorize(comments, sort=False)
    times = np.bincount(code[code >= 0], minlength=len(written))
    variants: dict[str, list[tuple[int, str, list[str]]]] = {}
    key_of = []
    for count, one in zip(times.tolist(), written, strict=True):
        found = pieces(cleaned(one))
        key = folded(found)
        key_of.append(key)
        if key:
            variants.setdefault(key, []).append((-count, one, found))
    keys = sorted(variants)
    place = {key: number for number, key in enumerate(keys)}
    usual = [min(variants[key]) for key in keys]
    of_variant = np.array([*(place.get(key, -1) for key in key_of), -1], dtype=np.int64)
    return Texts(of_variant[code], tuple(one for _, one, _ in usual), tuple(read_pieces(found) for _, _, found in usual))

