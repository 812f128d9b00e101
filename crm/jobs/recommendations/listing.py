"""Who is shown what? Lists for the customers on the page, for one product, and for everybody, with names in them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from crm import frames
from crm.db import reads
from crm.errors import InvalidInput
from crm.jobs.recommendations.learning import Learned
from crm.services.offer_settings import OfferSettings

RANKED_CELLS = 20_000_000  # customers x products that are scored to rank all of them: half a second; of more, those who spent most
SHOWN = 200  # customers in the list; nobody reads more


@dataclass(frozen=True, eq=False)
class Shown:
    """Whom the list shows. items: columns of Lister.list; customers who bought within the last year come first, for a chance is
    about somebody who orders again; among them the one whose first offer may bring most. by: "expected" (all were ranked so)
    or "spent" (those who spent most in the last year were, for they are too many to rank all). asked: how many customers
    there are. without: how many of those ranked have no offer."""

    items: pd.DataFrame
    by: str
    asked: int
    without: int


@reads("sales")
def categories(session: Session) -> list[str]:
    """The categories of goods that may be offered, by name."""
    known = frames.products(session)
    return sorted({str(category) for category in known.loc[known["recommendable"], "category"].dropna() if str(category).strip()})


@reads("sales")
def prices(session: Session) -> dict[int, float]:
    """The kept price of one piece, by product_id; products without one are not in it."""
    known = frames.products(session).dropna(subset=["price"])
    return dict(zip(known["product_id"].tolist(), known["price"].tolist(), strict=True))


def narrowed(settings: OfferSettings, learned: Learned) -> dict:
    """The owner's choice as arguments of Lister.list. Categories that no sold product has any more do not count; raises
    InvalidInput where no other is chosen."""
    there = set(learned.known.purchases.catalogue["category"].dropna().astype(str))
    chosen = tuple(category for category in settings.categories if category in there)
    if settings.categories and not chosen:
        raise InvalidInput("Nothing was sold yet in the categories that are chosen; choose others under “More options”.",
                           field="categories")
    return {"price_low": settings.price_low, "price_high": settings.price_high, "diversity": settings.diversity,
            "categories": chosen or None}


def of_customers(learned: Learned, customer_ids, *, settings: OfferSettings, never: pd.DataFrame, top: int = 5) -> pd.DataFrame:
    """The lists of these customers, with `because_name`, `product_name` and `group`."""
    items = learned.lister.list(customer_ids, top=top, never=never, **narrowed(settings, learned))
    return named(learned, items)


def first_shown(learned: Learned, customer_ids: np.ndarray, *, settings: OfferSettings, never: pd.DataFrame, top: int = 2) -> Shown:
    """The first customers of an audience with the first `top` offers of each."""
    ids = np.asarray(customer_ids, dtype="int64")
    by = "expected" if len(ids) * len(learned.known.purchases.product_ids) <= RANKED_CELLS else "spent"
    if by == "spent":
        most = learned.known.spent.index.to_numpy()
        place = pd.Index(most).get_indexer(ids)
        ids = ids[np.lexsort((ids, np.where(place < 0, len(most), place)))][:SHOWN]
    items = learned.lister.overview(ids, top=top, never=never, **narrowed(settings, learned))
    first = items[items["rank"] == 1]
    order = np.lexsort((first["customer_id"], -first["score"] * (first["place"] > 0), -first["expected_amount"].fillna(-1),
                        ~first["customer_id"].isin(learned.known.active)))
    wanted = first["customer_id"].to_numpy()[order][:SHOWN]
    place = pd.Index(wanted).get_indexer(items["customer_id"])
    kept = np.flatnonzero(place >= 0)
    kept = kept[np.lexsort((items["rank"].to_numpy()[kept], place[kept]))]
    return Shown(named(learned, items.iloc[kept].reset_index(drop=True)), by, len(customer_ids), len(ids) - len(first))


def for_product(learned: Learned, product_id: int, *, never: pd.DataFrame, customer_ids: np.ndarray | None = None,
                top: int = 100) -> pd.DataFrame:
    """Whom to offer this product first, with names as `of_customers`."""
    return named(learned, learned.lister.for_product(product_id, top=top, never=never, customer_ids=customer_ids))


def everybody(learned: Learned, customer_ids: np.ndarray, *, settings: OfferSettings, never: pd.DataFrame, top: int,
              progress=None, cancelled=None) -> pd.DataFrame:
    """The lists of all these customers, for a file or to be saved."""
    items = learned.lister.overview(customer_ids, top=top, never=never, progress=progress, cancelled=cancelled,
                                    **narrowed(settings, learned))
    return named(learned, items)


def named(learned: Learned, items: pd.DataFrame) -> pd.DataFrame:
    """With product_name, because_name (blank: none) and group (code; None: not known) beside the ids."""
    catalogue = learned.known.purchases.catalogue
    names = pd.Series(catalogue["name"].to_numpy(), index=catalogue["product_id"].to_numpy())
    groups = learned.groups.reindex(items["customer_id"]).to_numpy() if len(learned.groups) else None
    return items.assign(product_name=names.reindex(items["product_id"]).to_numpy(),
                        because_name=names.reindex(items["because_product_id"]).fillna("").to_numpy(), group=groups)
