"""What are complaints about, does it get worse, and what do they cost?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from crm.analytics.service_desk import waiting
from crm.analytics.service_desk.tickets import Desk
from crm.analytics.service_desk.waiting import FEW_TICKETS
from crm.errors import NotEnoughData

BACK_KINDS = ("return", "cancellation", "adjustment")  # of order lines: what takes money back
BACK_WITHIN_DAYS = 60  # after the opening; what comes back later has hardly to do with it
NO_TOPIC = ""  # of complaints that nobody gave a topic
SURE = 0.05  # of what is said to have changed, at most one in twenty is luck (Benjamini & Hochberg 1995)
DAY = np.timedelta64(1, "D")


@dataclass(frozen=True, eq=False)
class Complaints:
    """Complaints of a period. topics: one row a topic, most complaints first: topic ("" where none was given), complaints, share
    0..1 of all, customers, waiting (not solved yet), before (in the equally long period before; NaN where tickets do not
    reach back), p_value, q_value of the difference, direction ("more", "fewer", "": may be chance), solution_median (hours),
    noted_cost (NaN: none was noted), noted (of how many), given_back (on the linked orders), cost (both), few.

    before, direction: all of them in the time before (None: not known), and how the number has changed. of_orders: complaints linked with an order. given_back counts each amount once, for the latest complaint before it.
    """

    as_of: date
    since: date | None
    complaints: int
    customers: int
    before: int | None
    direction: str
    topics: pd.DataFrame
    noted_cost: float | None
    noted: int
    given_back: float
    of_orders: int


def complaints(desk: Desk, *, since: date | None = None, lines: pd.DataFrame | None = None,
               payments: pd.DataFrame | None = None) -> Complaints:
    """Complaints opened from `since` on (None: all).

    lines, payments: as crm.frames has them. Given back counts, per complaint that names its order, what was taken back on that order
    itself, and on later notes of credit to the same customer for its products (or for none in particular) within 60 days;
    or the payments that went back for that order since the opening, where they come to more.
    Raises NotEnoughData where there is no complaint in the period.
    """
    is_complaint = (desk.frame["kind"] == "complaint").to_numpy(dtype=bool)
    chosen = is_complaint & desk.since(since)
    if not chosen.any():
        raise NotEnoughData("There are 0 complaints in this period. That is good news, or they are not written down.")
    codes, words = desk.codes("topic")
    names = [*words.tolist(), NO_TOPIC]
    topic = np.where(codes < 0, len(words), codes)
    k = len(names)
    number = np.bincount(topic[chosen], minlength=k)
    table = pd.DataFrame({"topic": np.array(names, dtype=object), "complaints": number, "share": number / number.sum(),
                          "waiting": np.bincount(topic[chosen & desk.is_open], minlength=k)})
    customer = desk.frame["customer_id"].to_numpy()
    pairs = pd.DataFrame({"topic": topic[chosen], "customer_id": customer[chosen]}).drop_duplicates()
    table = table.assign(customers=np.bincount(pairs["topic"], minlength=k))
    before, table = _changed(desk, is_complaint, topic, table, since)
    found = waiting.waited_by(desk.waits("solution"), np.where(chosen, topic, -1), n_groups=k)
    table = table.assign(solution_median=waiting.table(found, ("median",))["median"])
    table = table.assign(**_costs(desk, chosen, is_complaint, topic, k, lines, payments))
    some = table[table["complaints"] > 0].sort_values(["complaints", "topic"], ascending=[False, True], kind="stable",
                                                      ignore_index=True)
    noted = int(some["noted"].sum())
    orders = desk.frame["order_id"].to_numpy() if "order_id" in desk.frame else np.zeros(len(desk), dtype="int64")
    return Complaints(as_of=desk.as_of, since=since, complaints=int(chosen.sum()), customers=int(pd.unique(customer[chosen]).size),
                      before=before, direction=_direction(int(chosen.sum()), before), topics=some.assign(few=some["complaints"] < FEW_TICKETS),
                      noted_cost=float(some["noted_cost"].sum()) if noted else None, noted=noted,
                      given_back=float(some["given_back"].sum()), of_orders=int((orders[chosen] > 0).sum()))


def _changed(desk: Desk, is_complaint: np.ndarray, topic: np.ndarray, table: pd.DataFrame,
             since: date | None) -> tuple[int | None, pd.DataFrame]:
    """Two counts of equally long times: that they differ by chance is exact (binomial, a half each; Przyborowski & Wilenski 1940)."""
    nothing = {"before": np.nan, "p_value": np.nan, "q_value": np.nan, "direction": ""}
    if since is None:
        return None, table.assign(**nothing)
    # The period may end within a day; the time before is as long to the minute.
    begin = np.datetime64(since, "us")
    first = begin - (desk.until - begin)
    if desk.opened.min() > first + DAY:
        return None, table.assign(**nothing)
    earlier = is_complaint & (desk.opened >= first) & (desk.opened < begin)
    before = np.bincount(topic[earlier], minlength=len(table))
    now = table["complaints"].to_numpy()
    both = now + before
    p_value = np.where(both > 0, _by_chance(now, before), np.nan)
    q_value = _benjamini_hochberg(p_value)
    sure = q_value <= SURE
    direction = np.where(sure & (now > before), "more", np.where(sure & (now < before), "fewer", ""))
    return int(before.sum()), table.assign(before=before.astype("float64"), p_value=p_value, q_value=q_value, direction=direction)


def _by_chance(now: np.ndarray | int, before: np.ndarray | int) -> np.ndarray:
    """How often two counts of the same rate would differ at least so much."""
    from scipy.stats import binom

    return np.minimum(1.0, 2 * binom.cdf(np.minimum(now, before), np.maximum(np.add(now, before), 1), 0.5))


def _direction(now: int, before: int | None) -> str:
    if before is None or _by_chance(now, before) > SURE or now == before:
        return ""
    return "more" if now > before else "fewer"


def _benjamini_hochberg(p_values: np.ndarray) -> np.ndarray:
    known = np.flatnonzero(~np.isnan(p_values))
    q_values = np.full(len(p_values), np.nan)
    order = known[np.argsort(-p_values[known], kind="stable")]
    scaled = p_values[order] * len(order) / np.arange(len(order), 0, -1)
    q_values[order] = np.minimum(np.minimum.accumulate(scaled), 1.0)
    return q_values


def _costs(desk: Desk, chosen: np.ndarray, is_complaint: np.ndarray, topic: np.ndarray, k: int,
           lines: pd.DataFrame | None, payments: pd.DataFrame | None) -> dict[str, np.ndarray]:
    noted = desk.frame["cost"].to_numpy(dtype="float64") if "cost" in desk.frame else np.full(len(desk), np.nan)
    has = chosen & ~np.isnan(noted)
    count = np.bincount(topic[has], minlength=k)
    cost = np.where(count > 0, np.bincount(topic[has], weights=noted[has], minlength=k), np.nan)
    back = np.maximum(_goods_back(desk, is_complaint, lines), _money_back(desk, is_complaint, payments))
    given = np.bincount(topic[chosen], weights=back[chosen], minlength=k)
    return {"noted_cost": cost, "noted": count, "given_back": given, "cost": np.nan_to_num(cost) + given}


def _linked(desk: Desk, is_complaint: np.ndarray) -> pd.DataFrame:
    """Complaints that name their order: place (in the desk), order_id, customer_id, opened (its day)."""
    orders = desk.frame["order_id"].to_numpy() if "order_id" in desk.frame else np.zeros(len(desk), dtype="int64")
    place = np.flatnonzero(is_complaint & (orders > 0))
    return pd.DataFrame({"place": place, "order_id": orders[place], "customer_id": desk.frame["customer_id"].to_numpy()[place],
                         "opened": desk.opened[place].astype("datetime64[D]").astype("datetime64[us]")})


def _goods_back(desk: Desk, is_complaint: np.ndarray, lines: pd.DataFrame | None) -> np.ndarray:
    """(n,) what was taken back in goods or credited, for each ticket; each line once."""
    back = np.zeros(len(desk))
    linked = _linked(desk, is_complaint)
    if lines is None or not len(linked) or not len(lines):
        return back
    takes = (lines["amount"] < 0).to_numpy() & lines["kind"].isin(BACK_KINDS).to_numpy()
    gone = lines.loc[takes & (lines["ordered_on"] < desk.until).to_numpy(),
                     ["order_id", "customer_id", "product_id", "ordered_on", "amount"]].reset_index(drop=True)
    gone = gone[gone["customer_id"].isin(linked["customer_id"])].assign(line=lambda table: np.arange(len(table)))
    itself = gone.drop(columns="customer_id").merge(linked, on="order_id")
    # Later notes of credit to the same customer, for what that order held.
    later = gone[~gone["order_id"].isin(linked["order_id"])].drop(columns="order_id").merge(linked, on="customer_id")
    days = (later["ordered_on"] - later["opened"]) / pd.Timedelta(days=1)
    later = later[(days >= 0) & (days <= BACK_WITHIN_DAYS)]
    if len(later):
        held = lines.loc[lines["order_id"].isin(later["order_id"]), ["order_id", "product_id"]].drop_duplicates()
        held = pd.MultiIndex.from_frame(held)
        fits = pd.MultiIndex.from_frame(later[["order_id", "product_id"]]).isin(held) | (later["product_id"] == 0).to_numpy()
        later = later[fits]
    both = pd.concat([itself, later], ignore_index=True).sort_values(["line", "opened", "place"], kind="stable")
    once = both.drop_duplicates("line", keep="last")
    np.add.at(back, once["place"].to_numpy(), -once["amount"].to_numpy())
    return back


def _money_back(desk: Desk, is_complaint: np.ndarray, payments: pd.DataFrame | None) -> np.ndarray:
    """(n,) what was paid back for the ticket's order since it was opened; each payment once."""
    back = np.zeros(len(desk))
    linked = _linked(desk, is_complaint)
    if payments is None or not len(linked) or not len(payments):
        return back
    out = payments.loc[(payments["amount"] < 0) & (payments["paid_on"] < desk.until), ["order_id", "paid_on", "amount"]]
    found = out.assign(line=np.arange(len(out))).merge(linked, on="order_id")
    found = found[found["paid_on"] >= found["opened"]].sort_values(["line", "opened", "place"], kind="stable")
    once = found.drop_duplicates("line", keep="last")
    np.add.at(back, once["place"].to_numpy(), -once["amount"].to_numpy())
    return back
