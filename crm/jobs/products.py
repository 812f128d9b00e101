"""Products: what each of them brought, how one of them does, what goes with it; the table of all."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from crm import frames
from crm.analytics import products as analysis
from crm.analytics.baskets.goes_with import goes_with as lies_beside
from crm.analytics.baskets.orders import read_baskets
from crm.db import reads
from crm.errors import InvalidInput, NotEnoughData
from crm.services import product_history, scores

MONTHS = 12  # of a product's course in the list, and of what is compared with the year before
MOST_CHANCE = 0.05  # of what is said to go with a product, at most one in twenty is luck (Benjamini & Hochberg 1995)
EVERYTHING = 0  # days: from the first order on


@dataclass(frozen=True, eq=False)
class Products:
    """What all products brought in the `days` up to `as_of` (0: in all time).

    figures: one row a product of the catalogue, fees too, indexed by product_id: letter, place, share of analysis.Classes (letter
    "fee": no goods); units, revenue, orders, customers, returned_units, first_on, last_on of analysis.sold; margin, rate,
    known_cost_share of analysis.margin; change, low, high, p_value, q_value, direction, months (compared), before, now of
    analysis.trend, sure_change (change, NaN where it may be chance); course: net revenue of the latest twelve months, the last one up to as_of (list). classes: None where `missing` says why.
    margin: of all goods; change: the row of trend.changes of all goods together, None where nothing was sold.
    """

    as_of: date
    days: int
    since: date | None
    by: str
    figures: pd.DataFrame
    classes: analysis.Classes | None
    missing: str | None
    margin: analysis.Margin
    change: pd.Series | None


@dataclass(frozen=True, eq=False)
class Product:
    """How one product does: months (trend.monthly with margin and rate), change (its row of trend.changes a measure), margin (in
    the period), paid and levels (price_history), list_prices (services.product_history), buyers (of all time)."""

    product_id: int
    as_of: date
    since: date | None
    months: pd.DataFrame
    margin: analysis.Margin
    paid: pd.DataFrame
    levels: pd.DataFrame
    list_prices: pd.DataFrame
    buyers: analysis.Buyers


@reads("sales")
def run(session: Session, *, as_of: date, days: int = 365, by: str = "revenue", random_state: int = 0) -> Products:
    """What every product brought in the `days` up to `as_of` (0: in all time), classed `by` revenue or margin."""
    if days < 0:
        raise InvalidInput(f"{days} days; choose 1 or more, or 0 for all time.", field="days")
    lines, catalogue = frames.order_lines(session, until=as_of), frames.products(session)
    since = None if days == EVERYTHING else as_of - timedelta(days=days - 1)
    classes = missing = None
    try:
        classes = analysis.classes(lines, catalogue, as_of=as_of, since=since, by=by)
    except NotEnoughData as error:
        missing = str(error)
    goods = catalogue.loc[~catalogue["is_fee"], "product_id"].to_numpy()
    changes = analysis.trend.changes(lines, as_of=as_of, months=MONTHS)
    together = lines.assign(product_id=np.isin(lines["product_id"].to_numpy(), goods).astype("int64"))
    of_all = analysis.trend.changes(together, as_of=as_of, months=MONTHS)
    return Products(
        as_of=as_of, days=days, since=since, by=by, missing=missing, classes=classes,
        figures=_figures(lines, catalogue, classes, changes, as_of=as_of, since=since),
        margin=analysis.margin.total(lines, as_of=as_of, since=since, product_ids=goods),
        change=of_all.iloc[0] if len(of_all) else None)


@reads("sales", "customers")
def product(session: Session, *, product_id: int, as_of: date, days: int = 365, segments_run: int | None = None) -> Product:
    """How one product does up to `as_of`, its margin and prices in the `days` before.

    Groups of buyers are those saved in the run `segments_run`, the newest where none is named (see jobs.value.run), the
    channels, the kinds and the countries of customers.
    """
    everything = frames.order_lines(session, until=as_of)
    since = None if days == EVERYTHING else as_of - timedelta(days=days - 1)
    own = everything[everything["product_id"].to_numpy() == product_id]
    months = analysis.trend.monthly(own, product_id, as_of=as_of)
    by_month = analysis.margin.by_month(own, product_id, as_of=as_of)[["month", "margin", "rate", "known_cost_share"]]
    return Product(
        product_id=product_id, as_of=as_of, since=since, months=months.merge(by_month, on="month", how="left"),
        margin=analysis.margin.total(own, as_of=as_of, since=since),
        paid=analysis.price_history.paid(own, product_id, as_of=as_of),
        levels=analysis.price_history.levels(own, product_id, as_of=as_of, since=since),
        list_prices=product_history.list_prices(session, product_id),
        buyers=analysis.buyers(everything, product_id, as_of=as_of, groups=_groupings(session, segments_run)))


@reads("sales")
def goes_with(session: Session, *, product_id: int, as_of: date) -> pd.DataFrame:
    """What lies in the same orders as this product up to `as_of` more often than chance explains, most of that first: the rows
    of crm.analytics.baskets.goes_with whose share holds beside orders of the same size.

    Raises NotEnoughData where orders are too few, InvalidInput where no order holds the product.
    """
    together = read_baskets(frames.order_lines(session, until=as_of), frames.products(session), as_of=as_of)
    table = lies_beside(together, product_id)
    return table[(table["size_q_value"] <= MOST_CHANCE) & (table["size_lift"] > 1)].reset_index(drop=True)


def table(result: Products, names: pd.DataFrame) -> pd.DataFrame:
    """One row a product, those that brought most first: product_code, product_name and what Products.figures tells."""
    figures = result.figures.drop(columns=["course", "p_value", "since", "until", "sure_change"]).rename(
        columns={"letter": "class", "low": "change_low", "high": "change_high", "months": "months_compared"})
    written = names.set_index("product_id").join(figures, how="inner").reset_index(drop=True)
    written["rank"] = written.pop("place").where(lambda place: place > 0)
    return written.sort_values(["rank", "product_code"], kind="stable", na_position="last", ignore_index=True)


def quality(result: Products) -> dict:
    """What was counted, as plain figures."""
    found = result.classes
    told = {} if found is None else {
        **{f"class_{letter}": number for letter, number in found.counts.items()}, "gini": found.gini, "total": found.total,
        "negative_total": found.negative_total, "fee_amount": found.fee_amount, "other_amount": found.other_amount}
    return {"products": len(result.figures), "by": result.by, "missing": result.missing, **told,
            "margin": result.margin.margin, "margin_rate": result.margin.rate,
            "known_cost_share": result.margin.known_cost_share,
            "growing": int((result.figures["direction"] == "up").sum()),
            "shrinking": int((result.figures["direction"] == "down").sum())}


def _figures(lines: pd.DataFrame, catalogue: pd.DataFrame, classes: analysis.Classes | None, changes: pd.DataFrame, *,
             as_of: date, since: date | None) -> pd.DataFrame:
    ids = pd.Index(catalogue["product_id"], name="product_id")
    sold = analysis.sold(lines, as_of=as_of, since=since).set_index("product_id").reindex(ids)
    # A product without a line sold nothing, and that is known.
    counts = ("units", "revenue", "orders", "customers", "returned_units")
    sold = sold.assign(**{name: sold[name].fillna(0.0) for name in counts})
    margins = analysis.margin.margins(lines, as_of=as_of, since=since).set_index("product_id")
    margins = margins[["margin", "rate", "known_cost_share"]].reindex(ids)
    compared = changes.set_index("product_id").reindex(ids)
    compared = compared.assign(direction=compared["direction"].fillna(""))
    compared["sure_change"] = compared["change"].where(compared["direction"] != "")
    course = analysis.trend.recent(lines, as_of=as_of, months=MONTHS).reindex(ids)
    course = pd.Series([[0.0] * MONTHS if not isinstance(each, np.ndarray) else each.round(2).tolist() for each in course], index=ids,
                       dtype=object)
    if classes is None:
        ranks = pd.DataFrame({"letter": np.where(catalogue["is_fee"], "fee", "none"), "place": 0, "share": np.nan}, index=ids)
    else:
        ranks = classes.products.set_index("product_id")[["letter", "place", "share"]].reindex(ids)
        ranks = ranks.assign(letter=ranks["letter"].fillna("fee"), place=ranks["place"].fillna(0).astype("int64"))
    return pd.concat([ranks, sold, margins, compared], axis=1).assign(course=course)


def _groupings(session: Session, segments_run: int | None) -> dict[str, pd.Series]:
    run_id = segments_run if segments_run is not None else scores.newest_run(session, analysis="segments")
    people = frames.customers(session).set_index("customer_id")
    known = {name: people[name] for name in ("channel", "kind", "country") if people[name].nunique() > 1}
    return known if run_id is None else {"segment": scores.labels(session, run_id=run_id), **known}
