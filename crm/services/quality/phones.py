"""Can this be a phone number, and how is it dialled from anywhere?"""

import re
from functools import lru_cache

import phonenumbers

FEWEST_DIGITS, MOST_DIGITS = 5, 15  # shorter ones are extensions and emergency calls; 15 is the limit of E.164
_LEADING_SIGNS = 7  # as many as country codes, trunk prefixes and area rules look at
_EQUAL = str.maketrans("123456789", "0" * 9)


def is_possible(phone: str, region: str | None) -> bool:
    """Whether a number of that length exists in the country named by it, or in `region` (ISO 3166, None unknown).

    >>> is_possible("+49 30 123456", None), is_possible("030 123456", "DE"), is_possible("12", "DE"), is_possible("n/a", None)
    (True, True, False, False)
    """
    return _is_possible_shape(_shape(phone), region)


def international(phone: str, region: str | None) -> str | None:
    """The number with its country code, as it is written by international custom; None where it cannot be told.

    >>> international("030 123456", "DE"), international("0044 1632 960961", None), international("030 123456", None)
    ('+49 30 123456', '+44 1632 960961', None)
    """
    number = _parsed(phone, region)
    if number is None or not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def has_country_code(phone: str) -> bool:
    return phone.lstrip().startswith(("+", "(+", "＋"))


def _shape(phone: str) -> str:
    """The number with its later digits made equal: what is possible depends on the first ones and the length."""
    return phone[:_LEADING_SIGNS] + phone[_LEADING_SIGNS:].translate(_EQUAL)


@lru_cache(maxsize=100_000)
def _is_possible_shape(shape: str, region: str | None) -> bool:
    if sum(map(str.isdigit, shape)) < FEWEST_DIGITS:
        return False
    if region is None and not has_country_code(shape) and not shape.lstrip().startswith("00"):
        without_extension = re.sub(r"(?i)\s*(ext?|x|#)\.?\s*\d+$", "", shape)
        return (sum(map(str.isdigit, without_extension)) <= MOST_DIGITS
                and not re.search(r"[^\W\d_]", without_extension))
    number = _parsed(shape, region)
    return number is not None and phonenumbers.is_possible_number(number)


def _parsed(phone: str, region: str | None) -> phonenumbers.PhoneNumber | None:
    # 00 is how most of the world dials abroad; with a region the library knows its own way.
    written = re.sub(r"^\s*00", "+", phone) if region is None else phone
    if re.search(r"[^\W\d_]{3,}", re.sub(r"(?i)(ext|tel|phone|fax|mobile)\b", "", written)):
        return None  # words, not the letters that some countries dial
    try:
        return phonenumbers.parse(written, region)
    except phonenumbers.NumberParseException:
        return None
