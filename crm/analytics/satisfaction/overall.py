"""The overall score: which answer sums up what the other questions of a form are about?"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.satisfaction.answers import PROMOTER_SCALE_END, USUAL_SCALES
from crm.analytics.satisfaction.forms import Battery
from crm.errors import InvalidInput, NotEnoughData

FEWEST_FORMS = 30  # with an overall score; below, it is not offered
NEAR_DAYS = 60  # an overall score given on another form still speaks of the same time; longer, and much may have happened
METRICS = ("csat", "nps", "ces")  # in this order
SUMS_UP = re.compile(r"\b(overall|all in all|altogether|in general|as a whole|insgesamt|alles in allem|en general|"
                     r"dans l'ensemble|en conjunto)\b|总体|整体|总的来说|综合", re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class Overall:
    """score (forms,): the overall score of each form of a battery, NaN where there is none, on low to high. key: names the
    choice. how: "form" (another question of the same form), "item" (one of the battery's own questions), "near" (what the same
    customer said on another form within 60 days). item: its words, "" for "near". is_verdict: yes or no."""

    key: str
    how: str
    metric: str
    item: str
    score: np.ndarray
    low: float
    high: float

    @property
    def is_verdict(self) -> bool:
        return self.high - self.low == 1


def offered(battery: Battery, answers: pd.DataFrame, *, as_of: dt.date) -> tuple[Overall, ...]:
    """What can be explained by the battery's questions, the best first: satisfaction asked on the same form, a question of
    the battery whose words sum up ("overall"), recommendation on the same form, what the same customer answered nearby, effort,
    and last the battery's other questions."""
    beside = [Overall(f"form:{metric}:{item}", "form", metric, item, *given)
              for (metric, item), given in battery.others.items() if metric in METRICS]
    own = [Overall(f"item:{battery.metric}:{item}", "item", battery.metric, item, battery.score[:, place].astype(np.float64),
                   battery.scale_min, battery.scale_max) for place, item in enumerate(battery.items["item"])]
    near = [found for metric in ("csat", "nps") if (found := _nearby(battery, answers, metric, as_of=as_of)) is not None]

    def rank(one: Overall) -> tuple:
        place = {("form", "csat"): 0, ("form", "nps"): 2, ("near", "csat"): 3, ("near", "nps"): 4, ("form", "ces"): 5}
        sums_up = bool(SUMS_UP.search(one.item))
        usual = 1 if one.how == "item" and sums_up else place.get((one.how, one.metric), 6)
        return usual, not sums_up, -np.count_nonzero(~np.isnan(one.score)), one.item

    enough = [one for one in (*beside, *near, *own) if np.count_nonzero(~np.isnan(one.score)) >= FEWEST_FORMS]
    return tuple(sorted(enough, key=rank))


def chosen(choices: tuple[Overall, ...], key: str | None) -> Overall:
    """The one of that key; where none is named the first, but one of the battery's own questions only if it sums up.

    Raises NotEnoughData where nothing sums up the others, InvalidInput for a key that is not among them.
    """
    if key is None:
        if not choices or (choices[0].how == "item" and not SUMS_UP.search(choices[0].item)):
            raise NotEnoughData(
                f"What drives satisfaction needs an overall score beside these questions, from at least {FEWEST_FORMS} forms: a "
                "question like “How satisfied are you overall?” on the same form, or a satisfaction or recommendation score of "
                f"the same customers within {NEAR_DAYS} days.")
        return choices[0]
    for one in choices:
        if one.key == key:
            return one
    raise InvalidInput("This overall score is not there any more; choose another.", field="target")


def _nearby(battery: Battery, answers: pd.DataFrame, metric: str, *, as_of: dt.date) -> Overall | None:
    """Each known customer's score of that metric nearest in time, of another form; about a single product it says nothing
    overall."""
    forms = battery.forms
    known = np.flatnonzero(forms["customer_id"].to_numpy() > 0)
    asked = answers[((answers["metric"] == metric) & (answers["customer_id"] > 0)).to_numpy()]
    usual_low, usual_high = USUAL_SCALES[metric]
    asked = asked.assign(low=asked["scale_min"].fillna(usual_low), high=asked["scale_max"].fillna(usual_high))
    fits = ((asked["score"] >= asked["low"]) & (asked["score"] <= asked["high"]) & (asked["high"] > asked["low"])
            & (asked["answered_on"].to_numpy() < np.datetime64(as_of, "D") + 1))
    if metric == "nps":
        fits = fits & (asked["high"] == PROMOTER_SCALE_END)
    if "product_id" in asked:
        fits = fits & (asked["product_id"] == 0)
    said = asked[fits & ~asked["response"].isin(forms["response"])]
    if len(known) == 0 or len(said) == 0:
        return None
    said = said[["customer_id", "answered_on", "answer_id", "low", "high"]].assign(
        place=(said["score"] - said["low"]) / (said["high"] - said["low"]))
    scale = said[["low", "high"]].value_counts().index[0]
    said = said.sort_values(["answered_on", "answer_id"], kind="stable").drop(columns=["low", "high"])
    mine = forms.loc[known, ["customer_id", "answered_on"]].assign(row=known).sort_values("answered_on", kind="stable")
    met = pd.merge_asof(mine, said, on="answered_on", by="customer_id", direction="nearest",
                        tolerance=pd.Timedelta(days=NEAR_DAYS))
    score = np.full(len(forms), np.nan)
    score[met["row"]] = scale[0] + met["place"] * (scale[1] - scale[0])
    return Overall(f"near:{metric}", "near", metric, "", score, float(scale[0]), float(scale[1]))
