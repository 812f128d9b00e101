"""Are two names the same person's? Word by word, with typing errors, initials and short forms, and how much that says."""

from dataclasses import dataclass

from rapidfuzz.distance import OSA

UNKNOWN, SAME, SIMILAR, SHARED_GIVEN, SHARED_OTHER, DIFFERENT = range(6)
COMMON_FROM = 3  # customers: a word that so many have is a name of its own, not somebody's typing error
PART_SAID = 0.6  # of the bits of a word that is only nearly the same
INITIAL_BITS = 1.5
FURTHER_WORD_BITS = 2.0  # a middle name on one side only
# Given and family names go together (a Björn is rarely a Rossi), so two words say less than their sum.
TOGETHER = 0.85
_GENERATIONS = frozenset(("jr", "jun", "jnr", "junior", "sr", "sen", "snr", "senior", "i", "ii", "iii", "iv"))
_VOWELS = frozenset("aeiouy")
_FEMININE = ("ine", "ina", "ette", "etta", "elle", "ella", "inha", "ova", "eva", "ska")


@dataclass(frozen=True)
class Words:
    """A name's words with the bits and the number of customers of each."""

    texts: tuple[str, ...]
    bits: tuple[float, ...]
    counts: tuple[int, ...]


def compare(one: Words, other: Words) -> tuple[int, float]:
    """How the names agree (UNKNOWN … DIFFERENT) and the bits that the agreeing words say.

    >>> plain = lambda *texts: Words(texts, (8.0,) * len(texts), (1,) * len(texts))
    >>> compare(plain("ada", "ample"), plain("ample", "ada")) == (SAME, 8 * 2 * TOGETHER)
    True
    >>> compare(plain("ada", "ample"), plain("bo", "ample"))[0] == SHARED_OTHER
    True
    >>> compare(plain("paul", "ample"), plain("paula", "ample"))[0] == SHARED_OTHER
    True
    """
    if not one.texts or not other.texts:
        return UNKNOWN, 0.0
    if len(one.texts) > len(other.texts):
        one, other = other, one
    if "".join(one.texts) == "".join(other.texts) or sorted(one.texts) == sorted(other.texts):
        return SAME, TOGETHER * sum(one.bits)
    pairs = _aligned(one, other)
    bits = TOGETHER * sum(said for _, _, said in pairs)
    matched, full = {place for place, _, _ in pairs}, any(one.texts[a] == other.texts[b] for a, b, _ in pairs)
    if len(matched) == len(one.texts):
        further = len(other.texts) - len(matched)
        if full or (further == 0 and bits > 0):
            return SIMILAR, bits - FURTHER_WORD_BITS * further
    if len(one.texts) != len(other.texts) and _is_cut_apart(one, other):
        return SIMILAR, PART_SAID * TOGETHER * min(sum(one.bits), sum(other.bits))
    if not full:
        return DIFFERENT, 0.0
    if all(_GENERATIONS & set(name.texts) for name in (one, other)):
        return SHARED_OTHER, bits  # father and son
    given = any(a == 0 and b == 0 for a, b, _ in pairs) and len(one.texts) > 1
    return (SHARED_GIVEN if given else SHARED_OTHER), bits


def _is_cut_apart(one: Words, other: Words) -> bool:
    """Blue Kettle and Bluekettel: a blank and a letter; with as many words, Anna Ample and Hanna Ample would be one."""
    x, y = "".join(one.texts), "".join(other.texts)
    return len(x) >= 8 and x.isascii() and x.isalpha() and y.isalpha() and OSA.distance(x, y, score_cutoff=1) <= 1


def _aligned(one: Words, other: Words) -> list[tuple[int, int, float]]:
    """(place in one, place in the other, bits) of the words that agree: equal ones first, then what is nearly equal."""
    found, free = [], list(range(len(other.texts)))
    rest = []
    for place, text in enumerate(one.texts):
        same = next((b for b in free if other.texts[b] == text), None)
        if same is None:
            rest.append(place)
        else:
            free.remove(same)
            found.append((place, same, one.bits[place]))
    for place in rest:
        said = {b: _nearly(one, place, other, b) for b in free}
        best = max((b for b in free if said[b] is not None), key=lambda b: said[b], default=None)
        if best is not None:
            free.remove(best)
            found.append((place, best, said[best]))
    return found


def _nearly(one: Words, a: int, other: Words, b: int) -> float | None:
    """The bits of two words that are not equal, None where they are different words."""
    x, y = one.texts[a], other.texts[b]
    if len(x) > len(y):
        x, y = y, x
    if not (x.isalpha() and y.isalpha()) or not (x.isascii() or x[0].islower()):
        return None  # figures must be equal, and so must signs that are whole syllables
    if len(x) == 1:
        return INITIAL_BITS if y[0] == x and x.isascii() else None
    common = min(one.bits[a], other.bits[b])  # of the word that more people have
    if y.startswith(x) and len(y) - len(x) >= 3 <= len(x) and not y.endswith(_FEMININE):
        return PART_SAID * common  # Alex, Alexander
    is_given = a == 0 or b == 0
    if len(x) < 4 or (is_given and _is_other_ending(x, y)):
        return None
    if OSA.distance(x, y, score_cutoff=2) > (2 if len(x) >= 8 else 1):
        return None
    if min(one.counts[a], other.counts[b]) >= COMMON_FROM:
        # Meyer and Meier are both names; as given names they are two people of one family, as family names perhaps one.
        return None if is_given else 0.0
    return PART_SAID * common


def _is_other_ending(x: str, y: str) -> bool:
    """Paul and Paula, Mario and Maria: one letter, two people."""
    if len(y) == len(x) + 1:
        return y[:-1] == x and y[-1] in _VOWELS
    return len(x) == len(y) and x[:-1] == y[:-1] and x[-1] in _VOWELS and y[-1] in _VOWELS
