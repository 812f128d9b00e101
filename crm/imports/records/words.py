"""Which of our words is meant? Choices, yes and no, verdicts and units as other programs and people write them."""

import re
import unicodedata

from crm.imports.kinds import KINDS
from crm.imports.vocabulary import normalised

_YES = frozenset(
    map(
        normalised,
        (
            "yes",
            "y",
            "true",
            "t",
            "1",
            "x",
            "ja",
            "oui",
            "si",
            "on",
            "ok",
            "subscribed",
            "opted in",
            "opt in",
            "accepts marketing",
            "responded",
            "discontinued",
            "是",
            "有",
            "对",
            "真",
            "已订阅",
            "同意",
        ),
    )
)
_NO = frozenset(
    map(
        normalised,
        (
            "no",
            "n",
            "false",
            "f",
            "0",
            "nein",
            "non",
            "off",
            "unsubscribed",
            "opted out",
            "opt out",
            "not subscribed",
            "never subscribed",
            "否",
            "无",
            "没有",
            "假",
            "未订阅",
            "不同意",
        ),
    )
)
_HAPPY = frozenset(
    map(
        normalised,
        (
            "satisfied",
            "very satisfied",
            "happy",
            "yes",
            "good",
            "positive",
            "thumbs up",
            "like",
            "true",
            "满意",
            "非常满意",
            "是",
            "好评",
        ),
    )
)
_UNHAPPY = frozenset(
    map(
        normalised,
        (
            "dissatisfied",
            "neutral or dissatisfied",
            "very dissatisfied",
            "unsatisfied",
            "not satisfied",
            "unhappy",
            "no",
            "bad",
            "negative",
            "thumbs down",
            "dislike",
            "false",
            "neutral",
            "不满意",
            "中立或不满意",
            "非常不满意",
            "否",
            "差评",
        ),
    )
)
_NOT_APPLICABLE = frozenset(
    map(
        normalised,
        (
            "not applicable",
            "n.a.",
            "does not apply",
            "no answer",
            "not rated",
            "don't know",
            "do not know",
            "not used",
            "不适用",
            "未评价",
        ),
    )
)
_THOUSANDS = re.compile(
    r"\(\s*k\s*[^\w\s]?\s*\)|\bk\s*[€$£¥]|[€$£¥]\s*k\b|\bk(eur|usd|gbp|chf)\b|\bin k\b|\bthousands?\b|\b000s?\b|千"
)
_TEN_THOUSANDS = re.compile("万|萬")


def meanings(kind: str, field: str) -> dict[str, str]:
    """{their word, normalised: ours} of a field of choices."""
    choices = KINDS[kind].fields[field].choices
    return {normalised(word): ours for ours, words in choices.items() for word in (*words, ours)}


def as_boolean(text: str) -> bool | None:
    """True, False, or None for a word that says neither.

    >>> as_boolean("Yes"), as_boolean("0"), as_boolean("是"), as_boolean("perhaps")
    (True, False, True, None)
    """
    word = normalised(text.removesuffix(".0"))  # 1.0 and 0.0, as programs write columns with gaps
    return True if word in _YES else False if word in _NO else None


def as_verdict(text: str) -> float | None:
    """1.0 for a satisfied answer in words, 0.0 for any other verdict, None for other words."""
    word = normalised(text)
    return 1.0 if word in _HAPPY else 0.0 if word in _UNHAPPY else None


def is_not_applicable(text: str) -> bool:
    return normalised(text) in _NOT_APPLICABLE


def unit_of(column: str) -> int:
    """By how much a column's name says that its amounts are to be multiplied.

    >>> unit_of("Annual Income (k$)"), unit_of("Income in thousands"), unit_of("年收入（千元）"), unit_of("Income")
    (1000, 1000, 1000, 1)
    """
    name = unicodedata.normalize("NFKC", column).casefold()
    return 10_000 if _TEN_THOUSANDS.search(name) else 1_000 if _THOUSANDS.search(name) else 1
