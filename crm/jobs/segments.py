"""Segments: customers in named groups, what explains them, how two groupings compare, their saved groups."""

from datetime import date

import pandas as pd
from sqlalchemy.orm import Session

from crm import frames
from crm.analytics import segments as analysis
from crm.analytics import trees
from crm.db import reads
from crm.jobs import features as feature_jobs
from crm.jobs.names import named
from crm.jobs.results import plain
from crm.services import rfm_settings, scores

RFM_FEATURES = "recency_days,frequency,monetary"


@reads("sales")
def run(session: Session, *, as_of: date, method: str = "rfm", n_segments: int | None = None,
        features: str | tuple[str, ...] = RFM_FEATURES, metric: str = "euclidean", log: str | tuple[str, ...] = "auto", scaling: str = "standard",
        missing: str = "median", eps: float | None = None, min_samples: int | None = None,
        min_cluster_size: int | None = None, rules: rfm_settings.Rfm | None = None,
        random_state: int = 0) -> analysis.Segmentation:
    """Customers in named groups; see crm.analytics.segments. `features` are keys with commas between, `log` is "auto",
    "none" or keys too. `rules` are the borders and names of the RFM groups; None: the owner's own, from the settings."""
    orders = frames.orders(session, until=as_of)
    if method == "rfm":
        own = rules or rfm_settings.read(session)
        return analysis.segment(orders, as_of=as_of, cuts=own.cuts, names=own.names, random_state=random_state)
    chosen = _keys(features)
    table = None
    if not set(chosen) <= analysis.RHYTHM_ONLY:
        table = feature_jobs.table(session, as_of=as_of, features=chosen)
    softened = log if log == "auto" else () if log == "none" else _keys(log)
    return analysis.segment(orders, as_of=as_of, method=method, n_segments=n_segments, table=table, features=chosen,
                            random_state=random_state, metric=metric, log=softened, scaling=scaling, missing=missing,
                            eps=eps, min_samples=min_samples, min_cluster_size=min_cluster_size)


@reads("sales", "customers", "service", "surveys")
def run_on_features(session: Session, *, as_of: date, **how) -> analysis.Segmentation:
    """The same, for features that are not told from orders alone: a page asks again when any of them changed."""
    return run(session, as_of=as_of, **how)


@reads("sales", "customers", "service", "surveys")
def explain(session: Session, *, as_of: date, tree: str = "cart", by: str | tuple[str, ...] = "",
            **how) -> trees.Explanation:
    """Rules that a person can read for the groups of `run(**how)`; `by` are the features to tell them by (keys with
    commas between; none: those that made the groups)."""
    result = run(session, as_of=as_of, **how)
    columns = _keys(by or how.get("features", RFM_FEATURES))
    table = feature_jobs.table(session, as_of=as_of, features=columns)
    known = result.customers[["customer_id", "segment"]].merge(table, on="customer_id", how="left")
    return trees.explain(known.drop(columns=["customer_id", "segment"]), known["segment"], columns=list(columns),
                         method=tree)


@reads("sales", "customers", "service", "surveys")
def compare(session: Session, *, as_of: date, first: tuple, second: tuple) -> analysis.Comparison:
    """Two groupings of the same customers, each by its arguments of `run` as pairs of name and content."""
    one, other = (run(session, as_of=as_of, **dict(how)).customers.set_index("customer_id")["segment"]
                  for how in (first, second))
    both = one.to_frame("first").join(other.rename("second"), how="inner")
    return analysis.compare(both["first"], both["second"])


def table(result: analysis.Segmentation, names: pd.DataFrame) -> pd.DataFrame:
    """One row a customer: customer_code, customer_name, segment, recency_days, frequency, monetary, scores."""
    return named(result.customers, names).sort_values("monetary", ascending=False, kind="stable", ignore_index=True)


def quality(result: analysis.Segmentation) -> dict:
    """How good the groups are, as plain figures, tables as lists of rows."""
    return plain(result.quality)


def save(session: Session, result: analysis.Segmentation) -> int:
    """Keep every customer's group; returns the run's id."""
    return scores.save(session, result.customers.rename(columns={"segment": "label"}), analysis="segments",
                       as_of=result.as_of, parameters=result.parameters, quality=quality(result))


def _keys(given: str | tuple[str, ...]) -> tuple[str, ...]:
    """As a tuple, or as the command line has it: with commas between."""
    return given if isinstance(given, tuple) else tuple(key.strip() for key in given.split(",") if key.strip())
