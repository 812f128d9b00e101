"""Is a text the name of a country, in any of the larger languages?"""

from functools import cache

from crm.imports.vocabulary import normalised

_ALSO = ("USA", "US", "UK", "GB", "England", "Scotland", "Wales", "EIRE", "Great Britain", "Korea", "Holland", "UAE",
         "RSA", "Czech Republic", "Macedonia", "Viet Nam", "Channel Islands", "中华人民共和国", "中国大陆", "台湾", "香港")


def is_country(text: str) -> bool:
    """
    >>> is_country("Norwegen"), is_country("USA"), is_country("中国"), is_country("Victoria")
    (True, True, True, False)
    """
    return normalised(text) in _names()


@cache
def _names() -> frozenset[str]:
    # Thousands of names take half a second to load, and many imports have no country.
    from phonenumbers.geodata.locale import LOCALE_DATA

    # A star before a name refers to another language's name of the same country.
    written = (name for names in LOCALE_DATA.values() for name in names.values() if not name.startswith("*"))
    return frozenset(map(normalised, (*written, *_ALSO)))
