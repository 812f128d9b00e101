"""Ending: whose contract or membership ends next, where a day is kept of when each one ended?"""

import datetime as dt
from collections.abc import Callable

import numpy as np
import pandas as pd

from crm.analytics.snapshots.building import Snapshot, pooled, telling
from crm.analytics.snapshots.cutoffs import check_both_sides, choose_cutoffs
from crm.analytics.snapshots.features import all_features, day_number
from crm.analytics.snapshots.fields import labelled, shown, sorted_fields, usable_fields
from crm.analytics.snapshots.history import OrderHistory, read_history
from crm.analytics.snapshots.purchases import ORDER_COLUMNS, SERVICE_COLUMNS
from crm.analytics.snapshots.scales import scales_of
from crm.analytics.snapshots.service import ServiceHistory, read_service
from crm.analytics.snapshots.windows import Window, Windows
from crm.errors import InvalidInput, NotEnoughData


def ending(
    fields: pd.DataFrame,
    orders: pd.DataFrame,
    *,
    as_of: dt.date,
    horizon_days: int,
    label: str,
    tickets: pd.DataFrame | None = None,
    answers: pd.DataFrame | None = None,
) -> Windows:
    """Who ends in the `horizon_days` days after `as_of`? target "ends", bool.

    fields: as frames.customer_fields gives them; label: its column of days on which each customer ended (missing: has not).
    At a cutoff a customer is there from since_on or the first purchase on, whichever is earlier (always, where neither is
    known), until the day of the end; now's is_gone: has ended. orders may be empty.

    columns: known_days (since the customer began; NaN not known), what orders, tickets and answers tell (orders' columns are
    missing where there are none), and the fields that may tell something. Fields are as they are today, for nobody keeps what
    they were: only what does not change with time is fair, so days and the stage are left out, and a field that follows
    the leaving (why somebody left) gives the answer away. An end that is already known today but lies ahead (a term that was
    agreed) is no feature: it would need the day on which it was agreed.

    Raises InvalidInput where the column is not there or holds no days; NotEnoughData as `leaving`.
    """
    column = labelled(fields, label)
    if column.dtype.kind != "M":
        raise InvalidInput(f"The field “{shown(label)}” holds no days; choose one that says when a customer ended.",
                           field="label")
    fields = sorted_fields(fields)
    people = _People(fields, read_history(orders), label=label, tickets=tickets, answers=answers)
    cutoffs = choose_cutoffs(as_of=as_of, known_since=people.known_since(), horizon_days=horizon_days, subject="Churn",
                             records="records of customers")
    if not (people.ended <= day_number(as_of)).any():
        raise NotEnoughData(f"No day up to {as_of.isoformat()} is kept in “{shown(label)}”: nobody is known to have ended.")
    snapshot = people.snapshots(horizon_days)
    own, _ = usable_fields(fields, label=label)

    def window(days: tuple[dt.date, ...]) -> Window:
        found = pooled(days, snapshot, is_yes_no=True)
        return Window(_beside(found.frame, people.customer_ids, own), found.target)

    train, test, refit = window(cutoffs.train), window((cutoffs.test,)), window(cutoffs.refit)
    seen = [(each.frame["customer_id"].to_numpy(), each.target) for each in (train, test)]
    check_both_sides(*seen, subject="Churn", words=("ended", "stayed"), longer_finds_more=True, cutoffs=cutoffs)
    columns = telling(("known_days", *ORDER_COLUMNS, *SERVICE_COLUMNS, *own.columns), train.frame)
    return Windows(
        target="ends", as_of=as_of, horizon_days=horizon_days, train=train, test=test, refit=refit,
        now=_beside(snapshot(as_of).now(), people.customer_ids, own), columns=columns, scales=scales_of(columns), rule=None,
        test_cutoff=cutoffs.test, train_cutoffs=cutoffs.train, refit_cutoffs=cutoffs.refit,
    )


class _People:
    """Everybody in the fields, and when each one began and ended: days since 1970, -inf always, inf not yet."""

    def __init__(
        self,
        fields: pd.DataFrame,
        history: OrderHistory,
        *,
        label: str,
        tickets: pd.DataFrame | None,
        answers: pd.DataFrame | None,
    ) -> None:
        self.customer_ids = fields["customer_id"].to_numpy()
        self.history = history
        self.service: ServiceHistory = read_service(self.customer_ids, tickets=tickets, answers=answers)
        self.ended = _days(fields[label], missing=np.inf)
        begun = np.full(len(fields), np.inf)
        if "since_on" in fields:
            begun = _days(fields["since_on"], missing=np.inf)
        places, known = self._in_fields(np.arange(len(history.customer_ids)))
        starts = history.purchases.starts
        bought = known & (starts[1:] > starts[:-1])
        begun[places[bought]] = np.minimum(begun[places[bought]], history.purchases.day[starts[:-1][bought]])
        self.begun = np.where(np.isinf(begun), -np.inf, begun)

    def known_since(self) -> dt.date | None:
        """The first day of which anything is known."""
        days = np.concatenate([self.begun, self.ended])
        days = days[np.isfinite(days)]
        return dt.date(1970, 1, 1) + dt.timedelta(days=int(days.min())) if len(days) else None

    def snapshots(self, horizon_days: int) -> Callable[[dt.date], Snapshot]:
        """A function from a cutoff to everybody who had begun by then."""
        made: dict[dt.date, Snapshot] = {}

        def snapshot(cutoff: dt.date) -> Snapshot:
            if cutoff not in made:
                made[cutoff] = self._snapshot(day_number(cutoff), horizon_days)
            return made[cutoff]

        return snapshot

    def _snapshot(self, last_day: int, horizon_days: int) -> Snapshot:
        rows = np.flatnonzero(self.begun <= last_day)
        known_days = np.where(np.isfinite(self.begun), last_day - self.begun, np.nan)[rows]
        buyers, found = all_features(self.history, ServiceHistory(0, None, None), last_day=last_day)
        places, known = self._in_fields(buyers)
        spread = {}
        for name, feature in found.items():
            everybody = np.full(len(self.customer_ids), False if feature.dtype == bool else np.nan)
            everybody[places[known]] = feature[known]
            spread[name] = everybody[rows]
        outcome = self.ended[rows] - last_day <= horizon_days
        return Snapshot(self.customer_ids[rows],
                        {"known_days": known_days} | spread | self.service.features(rows, last_day=last_day),
                        self.ended[rows] <= last_day, outcome.astype(float))

    def _in_fields(self, history_places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Where customers of the orders stand in the fields, and whether they do."""
        wanted = self.history.customer_ids[history_places]
        places = np.searchsorted(self.customer_ids, wanted).clip(max=max(len(self.customer_ids) - 1, 0))
        return places, self.customer_ids[places] == wanted if len(self.customer_ids) else np.zeros(len(wanted), dtype=bool)


def _days(column: pd.Series, *, missing: float) -> np.ndarray:
    day = column.to_numpy().astype("datetime64[D]")
    return np.where(np.isnat(day), missing, day.astype("int64").astype(float))


def _beside(frame: pd.DataFrame, customer_ids: np.ndarray, own: pd.DataFrame) -> pd.DataFrame:
    """The rows with the customers' own fields beside them; own is aligned with the (sorted) ids."""
    rows = np.searchsorted(customer_ids, frame["customer_id"].to_numpy())
    beside = own.drop(columns=[name for name in own if name in frame]).take(rows).set_axis(frame.index)
    return pd.concat([frame, beside], axis=1)
