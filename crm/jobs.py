"""How does an analysis run, whoever asks? One function each: frames in, result out; its table; its saved scores.

Pages, the command line and nightly runs call the same ones.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import pandas as pd
from sqlalchemy.orm import Session

from crm import frames
from crm.analytics import baskets as basket_analysis
from crm.analytics import churn as churn_analysis
from crm.analytics import duplicates as duplicate_analysis
from crm.analytics import filling as filling_analysis
from crm.analytics import recommendations as recommendation_analysis
from crm.analytics import satisfaction as satisfaction_analysis
from crm.analytics import segments as segment_analysis
from crm.db import reads
from crm.errors import InvalidInput
from crm.services import filling, merging, not_duplicates, scores

SAVED_OFFERS = 5  # recommendations kept a customer: what fits a mail
GROUPINGS = ("channel", "country", "region", "kind", "stage", "segment")


@reads("sales")
def segments(session: Session, *, as_of: date, method: str = "rfm", n_segments: int | None = None,
             random_state: int = 0) -> segment_analysis.Segmentation:
    """Customers in named groups; see crm.analytics.segments."""
    return segment_analysis.segment(frames.orders(session, until=as_of), as_of=as_of, method=method,
                                    n_segments=n_segments, random_state=random_state)


@reads("sales", "service", "surveys")
def churn(session: Session, *, as_of: date, horizon_days: int = 90,
          random_state: int = 0) -> churn_analysis.ChurnResult:
    """Chances of not ordering in the next `horizon_days`; see crm.analytics.churn."""
    tickets, answers = frames.tickets(session, until=as_of), frames.answers(session, until=as_of)
    return churn_analysis.estimate(
        frames.orders(session, until=as_of), as_of=as_of, horizon_days=horizon_days, random_state=random_state,
        tickets=tickets if len(tickets) else None, answers=answers if len(answers) else None)


@reads("sales")
def recommend(session: Session, *, as_of: date, top: int = SAVED_OFFERS, mode: str = "new",
              exclude_recent_days: int = 90, method: str | None = None,
              random_state: int = 0) -> recommendation_analysis.Recommendations:
    """What to offer every customer next; see crm.analytics.recommendations."""
    return recommendation_analysis.recommend(
        frames.order_lines(session, until=as_of), frames.products(session), as_of=as_of, top=top, mode=mode,
        exclude_recent_days=exclude_recent_days, method=method, random_state=random_state)


@reads("sales")
def baskets(session: Session, *, as_of: date, min_support: float = 0.01, min_confidence: float = 0.3,
            max_length: int = 3, random_state: int = 0) -> basket_analysis.BasketRules:
    """What is bought together; a `min_support` of 1 and more is a number of orders. See crm.analytics.baskets."""
    min_support = int(min_support) if min_support >= 1 else min_support
    return basket_analysis.rules(
        frames.order_lines(session, until=as_of), frames.products(session), as_of=as_of, min_support=min_support,
        min_confidence=min_confidence, max_length=max_length, random_state=random_state)


@reads("customers", "surveys")
def satisfaction(session: Session, *, as_of: date, group_by: str | None = None, segments_run: int | None = None,
                 test: str = "welch", random_state: int = 0) -> satisfaction_analysis.Satisfaction:
    """How happy customers are, compared between groups where `group_by` names a field of theirs.

    "segment" compares the groups saved in the run `segments_run`, the newest where none is named. A page names it, for
    saved scores raise no revision and a cached answer would not notice newer ones.
    """
    groups = None
    if group_by == "segment":
        run_id = segments_run if segments_run is not None else scores.newest_run(session, analysis="segments")
        groups = scores.labels(session, run_id=run_id)
    elif group_by is not None:
        if group_by not in GROUPINGS:
            raise InvalidInput(f"Satisfaction cannot be compared by “{group_by}”; choose one of "
                               f"{', '.join(GROUPINGS)}.")
        groups = frames.customers(session).set_index("customer_id")[group_by].dropna()
    return satisfaction_analysis.measure(frames.answers(session, until=as_of), as_of=as_of, groups=groups,
                                         group_name=group_by, test=test, random_state=random_state)


@reads("surveys")
def happiness(session: Session, *, as_of: date) -> pd.DataFrame:
    """One row a customer with a score: customer_id, happiness 0..1, answers; see crm.analytics.satisfaction."""
    return satisfaction_analysis.by_customer(frames.answers(session, until=as_of), as_of=as_of)


@reads("customers")
def names(session: Session) -> pd.DataFrame:
    """One row a customer: customer_id, customer_code, customer_name."""
    known = frames.customers(session)[["customer_id", "code", "name"]]
    return known.rename(columns={"code": "customer_code", "name": "customer_name"})


@reads("sales")
def catalogue(session: Session) -> pd.DataFrame:
    """One row a product: product_id, product_code, product_name."""
    known = frames.products(session)[["product_id", "code", "name"]]
    return known.rename(columns={"code": "product_code", "name": "product_name"})


def segments_table(result: segment_analysis.Segmentation, names: pd.DataFrame) -> pd.DataFrame:
    """One row a customer: customer_code, customer_name, segment, recency_days, frequency, monetary, scores."""
    return _named(result.customers, names).sort_values("monetary", ascending=False, kind="stable", ignore_index=True)


def churn_table(customers: pd.DataFrame, names: pd.DataFrame) -> pd.DataFrame:
    """ChurnResult.customers, or some of its rows, with customer_code and customer_name; the sequence is kept."""
    return _named(customers, names)


def recommend_table(result: recommendation_analysis.Recommendations, names: pd.DataFrame,
                    catalogue: pd.DataFrame, *, first: int | None = None) -> pd.DataFrame:
    """The offers of all customers, or of the `first` ones: one row a customer and offer: customer_code, customer_name, product_code, product_name, rank from 1, score,
    because (the product it goes with; blank: popular with everybody)."""
    because = catalogue.rename(columns={"product_id": "because_product_id", "product_name": "because"})
    items = result.items
    if first is not None:
        items = items[items["customer_id"].isin(items["customer_id"].unique()[:first])]
    items = items.merge(catalogue, on="product_id").merge(
        because[["because_product_id", "because"]], on="because_product_id", how="left")
    named = _named(items, names).sort_values(["customer_code", "rank"], kind="stable", ignore_index=True)
    return named[["customer_code", "customer_name", "product_code", "product_name", "rank", "score", "because"]]


def baskets_table(result: basket_analysis.BasketRules, catalogue: pd.DataFrame) -> pd.DataFrame:
    """One row a rule, the strongest lift first: antecedents and consequents (product codes, joined by " + ") with
    their names, support, confidence, lift, leverage, conviction, count (orders), p_value, q_value."""
    code = dict(zip(catalogue["product_id"], catalogue["product_code"], strict=True))
    rules = result.rules
    written = {side: [" + ".join(code[item] for item in items) for items in rules[side]]
               for side in ("antecedents", "consequents")}
    figures = rules[["support", "confidence", "lift", "leverage", "conviction", "count", "p_value", "q_value"]]
    return pd.DataFrame({**written, "antecedent_names": [" + ".join(words) for words in rules["antecedent_names"]],
                         "consequent_names": rules["consequent_name"]}).join(figures)


def save_segments(session: Session, result: segment_analysis.Segmentation) -> int:
    """Keep every customer's group; returns the run's id."""
    return scores.save(session, result.customers.rename(columns={"segment": "label"}), analysis="segments",
                       as_of=result.as_of, parameters=result.parameters, quality=_quality(result))


def save_churn(session: Session, result: churn_analysis.ChurnResult) -> int:
    """Keep every customer's chance of leaving; returns the run's id."""
    return scores.save(session, result.customers.rename(columns={"probability": "number"}), analysis="churn",
                       as_of=result.as_of, parameters=result.parameters, quality=_quality(result))


def save_recommend(session: Session, result: recommendation_analysis.Recommendations) -> int:
    """Keep every customer's first offers; returns the run's id."""
    first = result.items[result.items["rank"] <= SAVED_OFFERS]
    return scores.save(session, first.rename(columns={"score": "number", "rank": "position"}), analysis="recommend",
                       as_of=result.as_of, parameters={"method": result.method, "mode": result.mode},
                       quality=_quality(result))


def save_happiness(session: Session, result: pd.DataFrame, *, as_of: date) -> int:
    """Keep every customer's happiness, 0..1; returns the run's id."""
    return scores.save(session, result.rename(columns={"happiness": "number"}), analysis="satisfaction", as_of=as_of,
                       parameters={}, quality={"customers": len(result)})


@dataclass(frozen=True)
class Analysis:
    """What the command line needs of one: its run, its table (session, result) and its quality as plain figures."""

    run: Callable
    table: Callable[[Session, object], pd.DataFrame]


ANALYSES = {
    "segments": Analysis(segments, lambda session, result: segments_table(result, names(session))),
    "churn": Analysis(churn, lambda session, result: churn_table(result.customers, names(session))),
    "recommend": Analysis(recommend, lambda session, result: recommend_table(result, names(session),
                                                                             catalogue(session))),
    "baskets": Analysis(baskets, lambda session, result: baskets_table(result, catalogue(session))),
    "satisfaction": Analysis(satisfaction, lambda session, result: result.items),
}


def quality(result: object) -> dict:
    """How good a result is, as plain figures, tables as lists of rows; for JSON and saved runs."""
    return _quality(result)


def _quality(result) -> dict:
    if isinstance(result, recommendation_analysis.Recommendations):
        rows = [] if result.quality is None else result.quality.to_dict("records")
        beats = None if result.evaluation is None else result.evaluation.beats_popularity
        return {"method": result.method, "beats_popularity": beats, "customers": result.customers,
                "products": result.products, "methods": rows}
    if isinstance(result, basket_analysis.BasketRules):
        return {"baskets": result.baskets, "mixed_baskets": result.mixed_baskets, "products": result.products,
                "min_count": result.min_count, "itemsets": len(result.itemsets), "rules": len(result.rules),
                "rules_tried": result.rules_tried}
    if isinstance(result, satisfaction_analysis.Satisfaction):
        return _satisfaction_quality(result)
    return {name: content.to_dict("records") if isinstance(content, pd.DataFrame) else content
            for name, content in result.quality.items()}


def _satisfaction_quality(result: satisfaction_analysis.Satisfaction) -> dict:
    figures = {name: None if score is None else vars(score)
               for name, score in (("csat", result.csat), ("nps", result.nps), ("ces", result.ces))}
    found = result.comparison
    compared = None if found is None else {
        "group_name": found.group_name, "test": found.test, "statistic": found.statistic, "p_value": found.p_value,
        "different": found.different, "omega_squared": found.omega_squared,
        "groups": found.groups.to_dict("records")}
    return {"answers": result.answers, "not_applicable": result.not_applicable,
            "outside_scale": result.outside_scale, **figures, "comparison": compared,
            "comparison_missing": result.comparison_missing}


def _named(table: pd.DataFrame, names: pd.DataFrame) -> pd.DataFrame:
    named = table.merge(names, on="customer_id", how="inner")
    first = ["customer_code", "customer_name"]
    return named[first + [column for column in named.columns if column not in (*first, "customer_id")]]


@reads("customers")
def duplicates(session: Session, *, threshold: float = duplicate_analysis.THRESHOLD) -> duplicate_analysis.Duplicates:
    """Customers who are probably in the list twice, but for those of whom the owner said that they are not; see
    crm.analytics.duplicates."""
    found = duplicate_analysis.find(merging.contacts(session), threshold=threshold)
    return duplicate_analysis.without(found, not_duplicates.pairs(session))


@reads("customers")
def customer_numbers(session: Session) -> pd.DataFrame:
    """frames.customer_numbers with the gaps filled in as the owner chose (crm.services.filling): beside each number a
    bool `<name>_is_filled`. Nothing is written; a number that nobody chose to fill in stays NaN where it is missing."""
    recorded, chosen = frames.customer_numbers(session), filling.choices(session)
    flags = {}
    for name in number_fields(recorded):
        filled = filled_numbers(recorded, name, **chosen.get(name, filling.NOTHING))
        recorded = recorded.assign(**{name: filled.values})
        flags[f"{name}_is_filled"] = filled.is_filled
    return recorded.assign(**flags)


def filled_numbers(recorded: pd.DataFrame, name: str, *, method: str, by: str | None = None) -> filling_analysis.Filled:
    """One number of frames.customer_numbers, filled in by `method` within the groups of `by`, in time along since_on."""
    return filling_analysis.fill(recorded[name], method=method, order=recorded["since_on"],
                                 by=None if by is None else recorded[by])


def number_fields(recorded: pd.DataFrame) -> list[str]:
    """Which columns of frames.customer_numbers are numbers."""
    return [name for name in recorded.columns if name not in ("customer_id", "since_on", *frames.GROUPED_BY)]
