"""Who bought, and what? Lines that name the same customer or product become one, with what most of them
say."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.imports.amounts import SALE
from crm.imports.line_words import fee_kind
from crm.imports.vocabulary import CUSTOMER_FIELDS
from crm.services.search import fold

# What is kept as a number in a custom field: no code with leading zeros, nothing that a float would round.
_PLAIN = {mark: re.compile(rf"-?(?:0|[1-9]\d{{0,14}})(?:\{mark}\d{{1,6}})?") for mark in ".,"}


@dataclass(frozen=True)
class Identity:
    """`place` says, one a line, which of `codes` it names (-1 none); `known_by` is "code", "email", "name"
    or "company" of each."""

    place: np.ndarray
    codes: list[str]
    known_by: list[str]


def of_customers(texts: Mapping[str, pd.Categorical], *, rows: int) -> Identity:
    """A customer is known by code; a line without one by its e-mail address, else by its name, else by its
    company (all three casefolded)."""
    ways = {"code": "customer_code", "email": "customer_email", "name": "customer_name", "company": "company"}
    return _identity(texts, ways, rows)


def of_products(texts: Mapping[str, pd.Categorical], *, rows: int) -> Identity:
    """A product is known by its code, case and all ("85123a" is not "85123A"); a line without one by its
    name."""
    return _identity(texts, {"code": "product_code", "name": "product_name"}, rows)


def _identity(texts: Mapping[str, pd.Categorical], ways: Mapping[str, str], rows: int) -> Identity:
    place = np.full(rows, -1, dtype="int64")
    places: dict[str, int] = {}
    known_by: list[str] = []
    for way, column_name in ways.items():
        if column_name not in texts:
            continue
        column = texts[column_name]
        open_lines = (place < 0) & (column.codes >= 0)
        lookup = np.full(len(column.categories) + 1, -1, dtype="int64")
        names = column.categories.tolist()
        for code in pd.unique(column.codes[open_lines]).tolist():
            text = names[code]
            key = text if way == "code" else fold(text)
            if key not in places:
                places[key] = len(places)
                known_by.append(way)
            lookup[code] = places[key]
        place = np.where(open_lines, lookup[column.codes], place)
    return Identity(place, list(places), known_by)


def customers(
    lines: pd.DataFrame, identity: Identity, texts: Mapping[str, pd.Categorical], *, found: dict
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The lines with `customer` numbered anew, and one row a customer of theirs.

    Columns: code, known_by, name, email, phone, company, address, postal_code, city, region, country (None
    unknown; where lines differ, the last one wins and `found` counts the customers), since_at (the first
    line's moment).
    """
    place, used = number_anew(lines["customer"].to_numpy())
    lines = lines.assign(customer=place)
    frame = _codes_frame(identity, used)
    for column_name, field in CUSTOMER_FIELDS.items():
        column = texts.get(column_name)
        frame[field] = _last_texts(place, column, len(used)) if column is not None else None
        if column is not None and field in ("name", "country", "email"):
            found[f"customers_with_several_{field}s".replace("ys", "ies")] = _several(place, column.codes)
    frame["since_at"] = _earliest(place, lines["ordered_at"].to_numpy(), len(used))
    return lines, frame


def products(
    lines: pd.DataFrame, identity: Identity, texts: Mapping[str, pd.Categorical], *, found: dict
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The lines with `product` numbered anew, and one row a product of theirs.

    Columns: code, known_by, name (the most frequent description, the later of equals; the code where there is
    none), category, fee_kind ("fee", "adjustment" or None), price_e4 (of the latest sale, NaN unknown).
    """
    place, used = number_anew(lines["product"].to_numpy())
    lines = lines.assign(product=place)
    frame = _codes_frame(identity, used)
    description = lines["description"].array
    names = _most_frequent(place, description, len(used))
    found["products_with_several_names"] = _several(place, description.codes)
    frame["fee_kind"] = [fee_kind(code, name) for code, name in zip(frame["code"], names, strict=True)]
    frame["name"] = [
        name if name is not None else code for code, name in zip(frame["code"], names, strict=True)
    ]
    category = texts.get("category")
    frame["category"] = _last_texts(place, category, len(used)) if category is not None else None
    frame["price_e4"] = _latest_price(lines, len(used))
    return lines, frame


def custom_fields(
    place: np.ndarray, columns: Mapping[str, pd.Categorical], count: int, *, decimal_mark: str
) -> list[dict[str, str | int | float]]:
    """{their column: what the last line that fills it says}, one a customer; `place` is the lines' customer.

    A column of plain numbers gives numbers, any other texts.
    """
    found: list[dict[str, str | int | float]] = [{} for _ in range(count)]
    for name, column in columns.items():
        texts = column.categories.tolist()
        numbers = _numbers(texts, decimal_mark)
        contents = dict(zip(texts, numbers, strict=True)) if numbers else None
        for record, text in zip(found, _last_texts(place, column, count), strict=True):
            if text is not None:
                record[name] = text if contents is None else contents[text]
    return found


def _numbers(texts: list[str], decimal_mark: str) -> list[int | float]:
    """The texts as numbers, nothing where one of them is none."""
    if not all(_PLAIN[decimal_mark].fullmatch(text) for text in texts):
        return []
    plain = [text.replace(decimal_mark, ".") for text in texts]
    return [float(text) if "." in text else int(text) for text in plain]


def number_anew(place: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Places without gaps (-1 stays), and which old place each new one was."""
    codes, used = pd.factorize(np.where(place < 0, np.nan, place))
    return codes.astype("int64"), used.astype("int64")


def _codes_frame(identity: Identity, used: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "code": [identity.codes[place] for place in used],
            "known_by": [identity.known_by[place] for place in used],
        },
        dtype=object,
    )


def _last_texts(place: np.ndarray, column: pd.Categorical, count: int) -> np.ndarray:
    """The last text that the lines of each give, None where no line gives one."""
    given = (place >= 0) & (column.codes >= 0)
    last = np.full(count, -1, dtype="int64")
    last[place[given]] = column.codes[given]
    return np.append(np.asarray(column.categories, dtype=object), None)[last]


def _several(place: np.ndarray, codes: np.ndarray) -> int:
    """How many have lines with different texts."""
    given = (place >= 0) & (codes >= 0)
    pairs = pd.unique(place[given] * (int(codes.max(initial=0)) + 1) + codes[given])
    return int((np.bincount(pairs // (int(codes.max(initial=0)) + 1)) > 1).sum()) if len(pairs) else 0


def _earliest(place: np.ndarray, moments: np.ndarray, count: int) -> np.ndarray:
    first = np.full(count, np.iinfo("int64").max)
    named = place >= 0
    np.minimum.at(first, place[named], moments[named].astype("datetime64[us]").astype("int64"))
    return first.astype("datetime64[us]")


def _most_frequent(place: np.ndarray, column: pd.Categorical, count: int) -> np.ndarray:
    given = np.flatnonzero((place >= 0) & (column.codes >= 0))
    names = np.append(np.asarray(column.categories, dtype=object), None)
    if not len(given):
        return np.full(count, None, dtype=object)
    width = len(column.categories)
    pair, different = pd.factorize(place[given] * width + column.codes[given])
    times, last = np.bincount(pair), np.zeros(len(different), dtype="int64")
    last[pair] = given
    best = np.lexsort((last, times))  # ascending, so that the most frequent, then the latest, is written last
    chosen = np.full(count, -1, dtype="int64")
    chosen[different[best] // width] = different[best] % width
    return names[chosen]


def _latest_price(lines: pd.DataFrame, count: int) -> np.ndarray:
    sold = np.flatnonzero(
        (lines["movement"].to_numpy() == SALE)
        & (lines["unit_price_e4"].to_numpy() > 0)
        & (lines["product"].to_numpy() >= 0)
    )
    # Of sales to a known customer where there is one: the price to nobody is often the till's or a
    # marketplace's.
    known = lines["customer"].to_numpy()[sold] >= 0
    sold = sold[np.lexsort((lines["ordered_at"].to_numpy()[sold], known))]
    latest = np.full(count, np.nan)
    latest[lines["product"].to_numpy()[sold]] = lines["unit_price_e4"].to_numpy()[sold]
    return latest
