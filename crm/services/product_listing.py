"""Which products fit, in which order? Filtered by the database; searched in any script and case; page by page.

There are thousands of products at most where there are hundred thousands of customers: their names are read and compared
here, as they are folded here too. What they sold is summed elsewhere (crm.jobs.products: a million lines are summed in a
fifth of the time that the database takes) and comes along as `figures`.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from crm.errors import InvalidInput
from crm.models import PRODUCT_KINDS, Product
from crm.money import UNITS
from crm.services.search import fold

PAGE_SIZE = 25  # what fits one laptop screen
SHOWS = {
    "on_sale": Product.is_discontinued.is_(False) & Product.is_sold_out.is_(False),
    "sold_out": Product.is_sold_out.is_(True),
    "discontinued": Product.is_discontinued.is_(True),
    "never_offered": Product.is_excluded.is_(True),
    "deleted": Product.deleted_at.is_not(None),
}
SORTS = ("name", "code", "category", "price", "cost")  # beside the columns of `figures`
_COLUMNS = (Product.id, Product.version, Product.code, Product.name, Product.kind, Product.category, Product.price_e4,
            Product.cost_e4, Product.is_discontinued, Product.is_sold_out, Product.is_excluded)


@dataclass(frozen=True)
class Page:
    """`rows`: one a product: id, version, code, name, kind, category, price and cost (NaN unknown), is_discontinued,
    is_sold_out, is_excluded, and the columns of `figures`; `total`: how many fit in all."""

    rows: pd.DataFrame
    total: int


def page(session: Session, *, query: str = "", show: str | None = None, category: str | None = None, kind: str | None = None,
         among: Iterable[int] | None = None, figures: pd.DataFrame | None = None, sort: str = "name",
         descending: bool = False, number: int = 1, size: int | None = PAGE_SIZE) -> Page:
    """Page `number` (from 1) of the products that fit; `size` None gives all of them.

    `query`: words, all of which occur in name, code or category. `show`: one of SHOWS; deleted ones are shown by "deleted"
    alone. `kind`: one of PRODUCT_KINDS. `among`: only these ids. `figures`: any columns by product id, which can be sorted by
    too; products without a figure come last, whichever way the rest runs. Raises InvalidInput for an unknown sort, show or kind.
    """
    known = pd.DataFrame(index=pd.Index([], dtype="int64")) if figures is None else figures
    if sort not in SORTS and sort not in known:
        raise InvalidInput(f"Products cannot be sorted by “{sort}”.")
    result = session.execute(select(*_COLUMNS).where(*_filters(show, category, kind)).order_by(Product.id)).all()
    rows = _searched(_frame(result), query)
    if among is not None:
        rows = rows[rows["id"].isin(np.asarray(list(among), dtype="int64"))]
    rows = rows.join(known, on="id")
    found = rows.iloc[_order(rows, sort, descending)]
    first = (number - 1) * size if size else 0
    return Page(found.iloc[first:first + size if size else None].reset_index(drop=True), len(found))


def _filters(show: str | None, category: str | None, kind: str | None) -> list[ColumnElement[bool]]:
    if show is not None and show not in SHOWS:
        raise InvalidInput(f"Products cannot be shown by “{show}”.")
    if kind is not None and kind not in PRODUCT_KINDS:
        raise InvalidInput(f"“{kind}” is no kind of product; choose one of {', '.join(PRODUCT_KINDS)}.")
    wanted = [] if show == "deleted" else [Product.deleted_at.is_(None)]
    wanted += [] if show is None else [SHOWS[show]]
    wanted += [] if category is None else [Product.category == category]
    return wanted + ([] if kind is None else [Product.kind == kind])


def _frame(result) -> pd.DataFrame:
    frame = pd.DataFrame(result, columns=[column.key for column in _COLUMNS])
    flags = ("is_discontinued", "is_sold_out", "is_excluded")
    return frame.assign(price=frame.pop("price_e4").astype(float) / UNITS, cost=frame.pop("cost_e4").astype(float) / UNITS,
                        id=frame["id"].astype("int64"), **{flag: frame[flag].astype(bool) for flag in flags})


def _searched(rows: pd.DataFrame, query: str) -> pd.DataFrame:
    wanted = fold(query).split()
    if not wanted:
        return rows
    texts = [fold(f"{name} {code} {category if isinstance(category, str) else ''}")
             for name, code, category in zip(rows["name"], rows["code"], rows["category"], strict=True)]
    return rows[[all(word in text for word in wanted) for text in texts]]


def _order(rows: pd.DataFrame, sort: str, descending: bool) -> np.ndarray:
    by_name = pd.Series([fold(name) for name in rows["name"]], dtype=object)
    if sort in ("name", "code", "category"):
        key = by_name if sort == "name" else pd.Series([fold(text if isinstance(text, str) else "") for text in rows[sort]], dtype=object)
        key = key.where(key != "")
    else:
        key = rows[sort].reset_index(drop=True)
    order = pd.DataFrame({"key": key, "name": by_name, "id": rows["id"].to_numpy()}).sort_values(
        ["name", "id"], kind="stable").sort_values("key", ascending=not descending, kind="stable", na_position="last")
    return order.index.to_numpy()
