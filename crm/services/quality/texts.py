"""Which texts are written wrongly, or in several ways? Every spelling is judged once, however many records use it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.models import Base, Customer, Order, Payment, Product, SurveyAnswer
from crm.services.quality import countries, currencies, phones, spelling
from crm.services.quality.check import LOOKS, MISSED, WRONG_FIGURES, Check, Found, of_ids
from crm.services.quality.look import Look, Pair

MOSTLY = 0.5  # what most names do is the house's style and no mistake


@dataclass(frozen=True)
class Rule:
    """A rule on one or more text columns of a table.

    `judge(look, counts)` gets {(text, text beside): records} and returns those that are wrong, with the right text or
    None where nobody can tell it; without a judge, needless blanks are wrong. `mend(text, beside)` gives the right text later, where that is too slow for a check.
    """

    model: type[Base]
    columns: tuple[str, ...]
    judge: Callable[[Look, dict[Pair, int]], dict[Pair, str | None]] | None = None
    beside: str | None = None
    mend: Callable[[str, str], str | None] | None = None


def find(look: Look, rule: Rule) -> Found:
    """The wrong records of a rule."""
    wrong = proposals(look, rule)
    looked_at = (sum(look.counts(rule.model, rule.columns[0], rule.beside).values()) if len(rule.columns) == 1
                 else look.rows(rule.model))
    return Found(looked_at, of_ids(np.unique(wrong["id"].to_numpy(dtype=np.int64))))


def proposals(look: Look, rule: Rule, *, mended: bool = False) -> pd.DataFrame:
    """One row a wrong text: id, field, old, new (None: nobody can tell); with `mended`, only those that can be told."""
    hits: list[tuple] = []
    if rule.judge is None:
        return _needless_blanks(look, rule)
    for name in rule.columns:
        wrong = rule.judge(look, look.counts(rule.model, name, rule.beside))
        if mended and rule.mend is not None:
            wrong = {pair: rule.mend(*pair) for pair in wrong}
        if mended:
            wrong = {pair: right for pair, right in wrong.items() if right is not None and right != pair[0]}
        if wrong:
            besides = () if rule.beside is None else (rule.beside,)
            for record_id, text, *beside in look.having(rule.model, name, {text for text, _ in wrong}, *besides):
                pair = (text, (beside[0] or "") if beside else "")
                if pair in wrong:
                    hits.append((record_id, name, text, wrong[pair]))
    return _frame(hits)


def _needless_blanks(look: Look, rule: Rule) -> pd.DataFrame:
    return _frame([(record_id, name, text, spelling.tidy(text))
                   for record_id, *texts in look.texts(rule.model, rule.columns)
                   for name, text in zip(rule.columns, texts, strict=True)
                   if text and spelling.may_hold_needless_blanks(text) and spelling.tidy(text) not in ("", text)])


def _frame(hits: list[tuple]) -> pd.DataFrame:
    hits.sort(key=lambda hit: hit[:2])
    return pd.DataFrame(hits, columns=["id", "field", "old", "new"])


def _several_spellings(_look: Look, counts: dict[Pair, int]) -> dict[Pair, str | None]:
    found = spelling.spellings({text: records for (text, _), records in counts.items()})
    return {(text, ""): right for text, right in found.items()}


def _several_country_names(look: Look, _counts: dict[Pair, int]) -> dict[Pair, str | None]:
    # Customers and orders agree on one name.
    counts: dict[str, int] = {}
    for model in (Customer, Order):
        for (text, _), records in look.counts(model, "country").items():
            counts[text] = counts.get(text, 0) + records
    if len(counts) == 1:
        return {}
    found = spelling.spellings(counts, same=lambda text: countries.region(text) or spelling.key(text))
    return {(text, ""): right for text, right in found.items()}


def _case(_look: Look, counts: dict[Pair, int]) -> dict[Pair, str | None]:
    """Names all in capitals, or all in small letters, as far as that is not what most names of their kind look like."""
    found: dict[Pair, str | None] = {}
    for kind in {beside for _, beside in counts}:
        ours = {pair: records for pair, records in counts.items() if pair[1] == kind}
        capitals = {pair: records for pair, records in ours.items() if pair[0].isupper()}
        small = {pair: records for pair, records in ours.items() if pair[0].islower()}
        if not capitals and not small:
            continue
        cased = sum(records for (text, _), records in ours.items() if text.upper() != text.lower())
        for odd in (capitals, small):
            if sum(odd.values()) <= MOSTLY * cased:
                right = {pair: spelling.recased(pair[0], is_company=kind == "company") for pair in odd}
                found.update({pair: text for pair, text in right.items() if text != pair[0]})
    return found


def _city_case(look: Look, counts: dict[Pair, int]) -> dict[Pair, str | None]:
    # Where the same city is written in another way too, it is one of several spellings, and not told twice.
    several = _several_spellings(look, counts)
    return {pair: right for pair, right in _case(look, counts).items() if pair not in several}


def _no_email(_look: Look, counts: dict[Pair, int]) -> dict[Pair, str | None]:
    return {pair: spelling.mended_email(pair[0]) for pair in counts if not spelling.is_email(pair[0].strip())}


def _no_phone(_look: Look, counts: dict[Pair, int]) -> dict[Pair, str | None]:
    regions = {country: _region(country) for country in {country for _, country in counts}}
    return {pair: None for pair in counts if not phones.is_possible(pair[0], regions[pair[1]])}


def _national_phone(look: Look, counts: dict[Pair, int]) -> dict[Pair, str | None]:
    """Numbers without a country code, as soon as others have one: alone they are one way of writing."""
    national = [pair for pair in counts if not phones.has_country_code(pair[0])]
    if len(national) == len(counts):
        return {}
    impossible = _no_phone(look, dict.fromkeys(national, 1))
    return {pair: None for pair in national if pair not in impossible}


def _international(phone: str, country: str) -> str | None:
    return phones.international(phone, _region(country))


def _region(country: str) -> str | None:
    return countries.region(country) if country else None


def _no_currency(_look: Look, counts: dict[Pair, int]) -> dict[Pair, str | None]:
    return {pair: currencies.mended(pair[0]) for pair in counts if pair[0] not in currencies.CODES}


RULES: dict[str, Rule] = {
    "customers.email": Rule(Customer, ("email",), _no_email),
    "customers.phone": Rule(Customer, ("phone",), _no_phone, beside="country"),
    "customers.phone_without_country": Rule(Customer, ("phone",), _national_phone, beside="country",
                                            mend=_international),
    "customers.country_names": Rule(Customer, ("country",), _several_country_names),
    "customers.city_spellings": Rule(Customer, ("city",), _several_spellings),
    "customers.region_spellings": Rule(Customer, ("region",), _several_spellings),
    "customers.channel_spellings": Rule(Customer, ("channel",), _several_spellings),
    "customers.gender_spellings": Rule(Customer, ("gender",), _several_spellings),
    "customers.education_spellings": Rule(Customer, ("education",), _several_spellings),
    "customers.name_case": Rule(Customer, ("name",), _case, beside="kind"),
    "customers.city_case": Rule(Customer, ("city",), _city_case),
    "customers.blanks": Rule(Customer, ("name", "company", "email", "phone", "address", "postal_code", "city", "region",
                                        "country", "channel", "gender", "education")),
    "products.category_spellings": Rule(Product, ("category",), _several_spellings),
    "products.blanks": Rule(Product, ("name", "category")),
    "orders.currency": Rule(Order, ("currency",), _no_currency),
    "orders.country_names": Rule(Order, ("country",), _several_country_names),
    "orders.channel_spellings": Rule(Order, ("channel",), _several_spellings),
    "payments.currency": Rule(Payment, ("currency",), _no_currency),
    "payments.method_spellings": Rule(Payment, ("method",), _several_spellings),
    "survey_answers.item_spellings": Rule(SurveyAnswer, ("item",), _several_spellings),
}
_VALID = {"customers.email": MISSED, "customers.phone": LOOKS, "orders.currency": WRONG_FIGURES,
          "payments.currency": WRONG_FIGURES}
_ONLY_LOOKS = ("customers.phone_without_country", "customers.gender_spellings", "customers.education_spellings",
               "customers.name_case", "customers.city_case", "customers.blanks", "products.blanks",
               "payments.method_spellings")


def checks() -> tuple[Check, ...]:
    """Every rule of this module."""
    return tuple(_check(code, rule) for code, rule in RULES.items())


def _check(code: str, rule: Rule) -> Check:
    shown = (*(rule.columns if len(rule.columns) < 3 else ()), *((rule.beside,) if rule.beside else ()))
    return Check(code, "validity" if code in _VALID else "consistency",
                 _VALID.get(code, LOOKS if code in _ONLY_LOOKS else MISSED), shown, find=lambda look: find(look, rule))
