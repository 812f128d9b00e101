"""Which words of a comment can tell what it is about? Without small words; plurals as one; "not fit" apart from "fit"."""

from __future__ import annotations

from functools import lru_cache

from crm.analytics.comments import lexicon_chinese, lexicon_english
from crm.analytics.comments.reading import SMILES, STOPS, Reading, is_chinese
from crm.analytics.comments.stop_words import CHINESE, ENGLISH
from crm.analytics.comments.word_lists import listed

NEGATED_WITHIN = 2  # words: "doesn't really fit" says "doesn't fit"
NOTHING, STOP, NEGATOR = 0, 1, 2  # what a piece may be that is no telling word
_NEVER = -10  # a place before every comment
_KEEP_S = listed("""always bus gas lens christmas glass grass class business address process success access progress dress press cross boss
    loss mess this plus perhaps chaos tennis basis analysis yes news series species less unless besides afterwards towards jeans scissors
    trousers hers ours theirs canvas atlas stainless wireless""")
_SINGULAR = {"knives": "knife", "shelves": "shelf", "lives": "life", "wives": "wife", "leaves": "leaf", "halves": "half", "children": "child",
             "men": "man", "women": "woman", "feet": "foot", "teeth": "tooth", "people": "person", "ties": "tie", "pies": "pie",
             "shoes": "shoe", "cookies": "cookie", "movies": "movie", "caches": "cache"}
_NEGATORS = lexicon_english.NEGATORS | lexicon_chinese.NEGATORS


def units(reading: Reading) -> list[tuple[int, str, str]]:
    """The telling words of a comment in their sequence: the place among its pieces, the key by which it is counted, and how
    it was written.

    >>> from crm.analytics.comments.reading import read
    >>> units(read("The lids didn't fit"))
    [(1, 'lid', 'lids'), (3, 'not fit', "didn't fit")]
    """
    found = []
    shown, negated = reading.shown, _NEVER
    for place, word in enumerate(reading.words):
        key = _key(word)
        if key.__class__ is int:
            if key == NEGATOR:
                negated = place
            elif key == STOP:
                negated = _NEVER
        elif place - negated <= NEGATED_WITHIN:
            joint = "" if is_chinese(word) else " "
            found.append((place, f"not {key}", f"{shown[negated]}{joint}{shown[place]}"))
        else:
            found.append((place, key, shown[place]))
    return found


@lru_cache(maxsize=200_000)
def _key(word: str) -> str | int:
    """By what a word is counted; NOTHING, STOP or NEGATOR where it tells nothing by itself."""
    if word in STOPS:
        return STOP
    if word in _NEGATORS:
        return NEGATOR
    if is_chinese(word):
        # Most single characters are too general; those that praise or blame are not: 贵, 慢, 碎.
        return NOTHING if word in CHINESE or (len(word) == 1 and not lexicon_chinese.tones().get(word)) else word
    if len(word) < 2 or word in ENGLISH or word in SMILES or not any(letter.isalpha() for letter in word):
        return NOTHING
    one = singular(word.removesuffix("'s"))
    return NOTHING if one in ENGLISH else one


def singular(word: str) -> str:
    """
    >>> [singular(word) for word in ("parcels", "boxes", "deliveries", "glass", "knives")]
    ['parcel', 'box', 'delivery', 'glass', 'knife']
    """
    if word in _SINGULAR:
        return _SINGULAR[word]
    if len(word) < 4 or not word.endswith("s") or word in _KEEP_S or word.endswith(("ss", "us", "is")) or not word.isascii():
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "xes", "sses", "zzes")):
        return word[:-2]
    return word[:-1]
