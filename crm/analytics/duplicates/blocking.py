"""Which pairs are worth comparing? Those that share something that few others share."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.duplicates.features import Features, joined

LARGEST_BLOCK = 60  # 1,770 pairs; what more people share says little, and narrower blocks catch the doubles in it
WORDS_COMPARED = 5  # of a name: more words do not narrow a block further


@dataclass(frozen=True)
class Candidates:
    """Positions of the pairs, `first` < `second`, each once; `left_out`: one row a kind of block that was too large for
    some (shared, blocks, customers): these were compared only where they share something else as well."""

    first: np.ndarray
    second: np.ndarray
    left_out: pd.DataFrame


def candidates(features: Features) -> Candidates:
    """All pairs within the blocks of at most LARGEST_BLOCK customers."""
    pieces = [np.zeros(0, dtype="int64")]
    too_large = []
    for shared, codes, owners in _blocks(features):
        pairs, blocks, customers = _pairs(codes, owners, len(features))
        pieces.append(pairs)
        if blocks:
            too_large.append((shared, blocks, customers))
    first, second = np.divmod(_each_once(np.concatenate(pieces)), max(len(features), 1))
    left_out = pd.DataFrame(too_large, columns=["shared", "blocks", "customers"])
    left_out = left_out.groupby("shared", sort=False, as_index=False)[["blocks", "customers"]].sum()
    return Candidates(first, second, left_out)


def _blocks(features: Features):
    """(what is shared, codes, positions of the customers they belong to)"""
    everybody = np.arange(len(features))
    for shared, codes in (("email", features.email), ("mailbox", features.mailbox),
                          ("local_part", features.local_part), ("phone", features.phone_tail),
                          ("name", features.sorted_name), ("sound", features.heard_name),
                          ("address", joined(features.house, features.postal_code)),
                          ("address", joined(features.house, features.city))):
        yield shared, codes, everybody
    width = min(features.word_codes.shape[1], WORDS_COMPARED)
    words = features.word_codes[:, :width].ravel()
    owners = np.repeat(everybody, width)
    for shared, place in (("word_and_postal_code", features.postal_code), ("word_and_city", features.city),
                          ("word_and_house", features.house), ("word_and_birth_year", features.birth_year - 1),
                          ("word_and_company", features.company)):
        yield shared, joined(words, place[owners]), owners
    # The whole name within one town, where the town and the name are each too common for a block of their own.
    for shared, place in (("name_and_postal_code", features.postal_code), ("name_and_city", features.city),
                          ("name_and_birth_year", features.birth_year - 1)):
        yield shared, joined(features.sorted_name, place), everybody


def _pairs(codes: np.ndarray, owners: np.ndarray, customers: int) -> tuple[np.ndarray, int, int]:
    """The pairs as first * customers + second; how many blocks were too large, and the customers in them."""
    known = codes >= 0
    codes, owners = codes[known], owners[known]
    sizes = np.bincount(codes) if len(codes) else np.zeros(0, dtype="int64")
    large = sizes > LARGEST_BLOCK
    told = int(large.sum()), int(sizes[large].sum())
    small = (sizes[codes] > 1) & ~large[codes]
    sequence = np.lexsort((owners[small], codes[small]))
    codes, owners = codes[small][sequence], owners[small][sequence]
    pieces = []
    for step in range(1, int(sizes[~large].max(initial=1))):
        together = np.flatnonzero(codes[step:] == codes[:-step])
        first, second = owners[together], owners[together + step]
        pieces.append((first * customers + second)[first != second])
    return _each_once(np.concatenate(pieces)) if pieces else np.zeros(0, dtype="int64"), *told


def _each_once(pairs: np.ndarray) -> np.ndarray:
    pairs = np.sort(pairs)  # np.unique would hash them, ten times slower for numbers this large
    return pairs[np.append(True, pairs[1:] != pairs[:-1])] if len(pairs) else pairs
