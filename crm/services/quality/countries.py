"""Which country is meant? Names in many languages and usual abbreviations, as ISO 3166 regions."""

from functools import cache

from crm.services.quality.spelling import key

# What people write beside a country's own name; three-letter codes of the larger trading countries.
_ALSO = {
    "AE": "UAE|ARE", "AR": "ARG", "AT": "AUT", "AU": "AUS", "BE": "BEL", "BR": "BRA", "CA": "CAN", "CH": "CHE",
    "CN": "CHN|PRC|PR China|People's Republic of China|Mainland China", "CZ": "CZE|Czechia|Czech Rep.", "DE": "DEU|GER|FRG",
    "DK": "DNK", "EG": "EGY", "ES": "ESP", "FI": "FIN", "FR": "FRA",
    "GB": "UK|U.K.|GBR|Great Britain|Britain|Großbritannien|Grande-Bretagne|Gran Bretaña|England|Scotland|Wales|Northern Ireland", "GR": "GRC|Hellas", "HK": "HKG",
    "HU": "HUN", "IE": "IRL|Eire|Republic of Ireland", "IL": "ISR", "IN": "IND", "IT": "ITA", "JP": "JPN", "KR": "KOR|Korea|Republic of Korea",
    "LT": "LTU", "LU": "LUX", "LV": "LVA", "MX": "MEX", "NL": "NLD|Holland|The Netherlands", "NO": "NOR", "NZ": "NZL",
    "PL": "POL", "PT": "PRT", "RO": "ROU", "RU": "RUS|Russian Federation", "SA": "KSA", "SE": "SWE", "SG": "SGP",
    "SK": "SVK|Slovak Republic", "TR": "TUR|Türkiye|Turkiye", "TW": "TWN", "UA": "UKR",
    "US": "USA|U.S.|U.S.A.|United States of America|America", "VN": "VNM|Viet Nam", "ZA": "ZAF|RSA",
}


def region(name: str) -> str | None:
    """The ISO code of the country that is meant; None where the name is none, or may mean two.

    >>> region("UK"), region("united kingdom"), region("Großbritannien"), region("Atlantis")
    ('GB', 'GB', 'GB', None)
    """
    return _regions().get(key(name))


@cache
def _regions() -> dict[str, str]:
    from phonenumbers.geodata.locale import LOCALE_DATA  # half a second, which only a company with countries pays

    known: dict[str, str] = {}
    for iso, names in LOCALE_DATA.items():
        known[key(iso)] = iso
        known[key(_spelled(names, "en"))] = iso
    for iso, others in _ALSO.items():
        known.update({key(other): iso for other in others.split("|")})
    told = dict(known)  # English and what is written above decide; other languages fill in, as far as they agree
    doubtful = set()
    for iso, names in LOCALE_DATA.items():
        for name in {_spelled(names, language) for language in names}:
            word = key(name)
            if word not in told and known.setdefault(word, iso) != iso:
                doubtful.add(word)
    return {word: iso for word, iso in known.items() if word and word not in doubtful}


def _spelled(names: dict[str, str], language: str) -> str:
    name = names.get(language, "")
    other = names.get(name[1:], "") if name.startswith("*") else name  # "*en": the same as in English
    return "" if other.startswith("*") else other
