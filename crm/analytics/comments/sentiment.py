"""Does a comment sound happy or unhappy? Read by lists of words, with what turns them round and what weakens them.

The way is that of lexicon methods (Taboada et al. 2011; Hutto & Gilbert 2014); the lists and weights are our own. It cannot
see irony, knows no situation ("I waited three weeks" has no unhappy word), and reads English and Chinese alone.
"""

from __future__ import annotations

from functools import lru_cache

from crm.analytics.comments import lexicon_chinese, lexicon_english
from crm.analytics.comments.reading import ENDS, SMILES, STOPS, Reading, is_chinese
from crm.analytics.comments.word_lists import listed

TONES = ("happy", "mixed", "unhappy", "unclear")
NEGATES_WITHIN = 4  # words: "haven't had a single problem"
ENOUGH_WITHIN = 4  # "I can't praise these people enough" is praise
NO_WITHIN = 2  # "no real problems", but not "no, I love it"
HAPPY_TURNED, UNHAPPY_TURNED = -0.75, -0.5  # "not good" is bad; "not bad" is only somewhat good
BEFORE_BUT, AFTER_BUT = 0.75, 1.25  # what follows the "but" is what is meant
ASIDE = 0.5  # after "although"
ASKED = 0.5  # in a question
WISHED = 0.3  # "I hoped for a good one"
MIXED_BELOW = 0.2  # of the whole weight: nearer to balance than this, a comment says both
FAINTEST = 0.5  # weight below which nothing is said
USUAL_WEIGHT = 2.0  # of one plain word: draws comments of few words towards 0
_WISHES = listed("wish wished hoped hoping expected expecting supposed should 希望 本来 以为 原以为 不像 不象 想象 想像 没有想象")
# "Like" is praise after these alone: elsewhere it compares.
_LIKERS = listed("i we really not also do did don't didn't doesn't always they all both he she would've much particularly")
_CANNOT = listed("can't cant cannot couldn't couldnt")
_TAILS = "了的地得吧呀啊啦呢"
_HEADS = {**dict.fromkeys("很太真好超最挺更特极蛮够巨老", 1.0), **dict.fromkeys("不没无", 0.0)}


def sentiment(reading: Reading) -> tuple[float, str]:
    """How a comment sounds, -1 to 1, and its tone, one of TONES.

    Where it says as much good as bad ("mixed"), or nothing that the lists know ("unclear"; also in other languages), the
    figure is NaN, never 0.
    """
    if reading.language in ("other", "none") and not any(word in SMILES for word in reading.words):
        return float("nan"), "unclear"
    happy = unhappy = 0.0
    for weight in _weights(reading.words):
        if weight > 0:
            happy += weight
        else:
            unhappy -= weight
    whole = happy + unhappy
    if whole < FAINTEST:
        return float("nan"), "unclear"
    if abs(happy - unhappy) < MIXED_BELOW * whole:
        return float("nan"), "mixed"
    return (happy - unhappy) / (whole + USUAL_WEIGHT), "happy" if happy > unhappy else "unhappy"


def _weights(words: tuple[str, ...]) -> list[float]:
    """What each word or phrase that says something weighs where it stands."""
    found: list[float] = []
    begun, after, wished = 0, 1.0, False  # of this sentence
    aside = 1.0
    place, last = 0, len(words)
    while place < last:
        word = words[place]
        if word not in _SAY_SOMETHING and word < _FIRST_HAN:
            place += 1
        elif word in STOPS:
            aside = 1.0
            if word in ENDS:
                if word == "?":
                    found[begun:] = [weight * ASKED for weight in found[begun:]]
                begun, after, wished = len(found), 1.0, False
            place += 1
        elif word in _BUT:
            found[begun:] = [weight * BEFORE_BUT for weight in found[begun:]]
            after, aside, wished = AFTER_BUT, 1.0, False
            place += 1
        elif word in _ALTHOUGH:
            aside = ASIDE
            place += 1
        elif word in SMILES:
            found.append(SMILES[word])
            place += 1
        else:
            weight, length = _said(words, place)
            if weight:
                weight = _in_place(words, place, weight, length) * after * aside
                found.append(weight * WISHED if wished and weight > 0 else weight)
            wished = wished or word in _WISHES
            place += length
    return found


def _said(words: tuple[str, ...], place: int) -> tuple[float, int]:
    """The weight of what begins here, 0 where it says nothing, and how many words it has."""
    word = words[place]
    if is_chinese(word):
        return _said_in_chinese(words, place)
    for phrase, weight in _PHRASES.get(word, ()):
        if words[place : place + len(phrase)] == phrase:
            return weight, len(phrase)
    weight = _ENGLISH.get(word, 0.0)
    if weight and word in _BOOSTERS and place + 1 < len(words) and words[place + 1] in _ENGLISH:
        return 0.0, 1  # "pretty bad", "terribly nice"
    if weight and word == "like" and (place == 0 or words[place - 1] not in _LIKERS):
        return 0.0, 1
    return weight, 1


def _said_in_chinese(words: tuple[str, ...], place: int) -> tuple[float, int]:
    # How text is cut varies: 性价比 | 高 is one word of the list. The longest that fits counts.
    word = words[place]
    for length in (3, 2) if word in _BEGINNINGS else ():
        together = words[place : place + length]
        if len(together) == length and all(is_chinese(word) for word in together):
            weight = _CHINESE.get("".join(together))
            if weight is not None:
                return weight, length
    if word in _BOOSTERS and place + 1 < len(words) and is_chinese(words[place + 1]) and _chinese_weight(words[place + 1]):
        return 0.0, 1  # 好贵
    return _chinese_weight(word), 1


@lru_cache(maxsize=50_000)
def _chinese_weight(word: str) -> float:
    if word in _CHINESE:
        return _CHINESE[word]
    if word in _NEGATORS or word in _BOOSTERS:
        return 0.0
    if len(word) > 1 and word[-1] in _TAILS:
        return _chinese_weight(word[:-1])
    if len(word) > 1 and word[0] in _HEADS:
        weight = _chinese_weight(word[1:])
        return _turned(weight) if _HEADS[word[0]] == 0 else weight
    if len(word) > 3:  # an idiom that the list has not, made of words that it has
        for length in range(len(word) - 1, 1, -1):
            for start in range(len(word) - length + 1):
                if _CHINESE.get(word[start : start + length]):
                    return _CHINESE[word[start : start + length]]
    return 0.0


def _in_place(words: tuple[str, ...], place: int, weight: float, length: int) -> float:
    """The weight as the words before make it: turned round, stronger, weaker."""
    turned = False
    for back in range(1, NEGATES_WITHIN + 1):
        if back > place:
            break
        before = words[place - back]
        if before in STOPS or before in _BUT:
            break
        if back <= 2 and before in _BOOSTERS and length == 1:
            weight *= _BOOSTERS[before]
        if before in _NEGATORS:
            followed = words[place - back + 1]
            if before in _CANNOT and "enough" in words[place + length : place + length + ENOUGH_WITHIN]:
                continue
            if not (followed in lexicon_english.NO_NEGATION_BEFORE or (before == "no" and back > NO_WITHIN)):
                turned = not turned if is_chinese(before) else True
    return _turned(weight) if turned else weight


def _turned(weight: float) -> float:
    return weight * (HAPPY_TURNED if weight > 0 else UNHAPPY_TURNED)


_ENGLISH = lexicon_english.tones()
_PHRASES = lexicon_english.phrases()
_CHINESE = lexicon_chinese.tones()
_BOOSTERS = {**lexicon_english.BOOSTERS, **lexicon_chinese.BOOSTERS}
_NEGATORS = lexicon_english.NEGATORS | lexicon_chinese.NEGATORS
_BUT = lexicon_english.BUT | lexicon_chinese.BUT
_ALTHOUGH = lexicon_english.ALTHOUGH | lexicon_chinese.ALTHOUGH
_SAY_SOMETHING = frozenset([*_ENGLISH, *_PHRASES, *SMILES, *STOPS, *_BUT, *_ALTHOUGH, *_WISHES])
_FIRST_HAN = "\u3400"  # smileys stand in _SAY_SOMETHING; what lies behind, Chinese words too, is looked at one by one
_BEGINNINGS = frozenset(word[:length] for word in _CHINESE for length in range(1, len(word)))
