"""Service features: what had a customer's tickets and survey answers told by the end of a given day?"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

RECENT_DAYS = 180  # an older complaint has either been mended or has already cost the customer
PATIENCE_DAYS = 3  # who hears nothing for so long feels forgotten
# Where a higher score is better beyond doubt; effort and statements may be turned
SATISFACTION_METRICS = ("csat", "nps")
SECONDS = 86_400  # of a day
HOUR_SECONDS = 3_600
NEVER = np.iinfo("int64").max  # later than any day


@dataclass(frozen=True, eq=False)
class Tickets:
    """One element a ticket: place of its customer, moments in seconds since 1970 (NEVER: has not happened)."""

    place: np.ndarray
    is_complaint: np.ndarray
    opened: np.ndarray
    answered: np.ndarray
    resolved: np.ndarray

    def features(self, n_customers: int, *, last_day: int) -> dict[str, np.ndarray]:
        """(n_customers,) arrays; see crm.analytics.snapshots.features."""
        moment = (last_day + 1) * SECONDS  # the first one that is too late
        known, recent = self.opened < moment, self.opened >= moment - RECENT_DAYS * SECONDS
        # What happened later had not happened then, whatever the ticket says today.
        answered = known & (self.answered < moment)
        overdue_from = self.opened + PATIENCE_DAYS * SECONDS
        overdue = known & recent & (overdue_from < np.minimum(self.answered, moment))
        complaint = known & self.is_complaint

        def count(rows: np.ndarray) -> np.ndarray:
            return np.bincount(self.place[rows], minlength=n_customers).astype(float)

        waited = np.bincount(self.place[answered], weights=(self.answered - self.opened)[answered], minlength=n_customers)
        latest = np.full(n_customers, -1, dtype="int64")
        np.maximum.at(latest, self.place[complaint], self.opened[complaint])
        return {
            "complaints_open": count(complaint & (self.resolved >= moment)),
            "complaints_recent": count(complaint & recent),
            "days_since_complaint": np.where(latest < 0, np.nan, (last_day - latest // SECONDS).astype(float)),
            "unanswered_3_days": count(overdue),
            "first_answer_hours": _ratio(waited, count(answered)) / HOUR_SECONDS,
        }


@dataclass(frozen=True, eq=False)
class Answers:
    """One element an answer, sorted by customer and day: place of its customer, day, satisfaction 0..1."""

    place: np.ndarray
    day: np.ndarray
    satisfaction: np.ndarray

    def features(self, n_customers: int, *, last_day: int) -> dict[str, np.ndarray]:
        """(n_customers,) arrays; see crm.analytics.snapshots.features."""
        known = self.day <= last_day
        place, satisfaction = self.place[known], self.satisfaction[known]
        count = np.bincount(place, minlength=n_customers)
        last = np.full(n_customers, np.nan)
        last[place] = satisfaction  # the latest is written last and stays
        return {
            "satisfaction_last": last,
            "satisfaction_mean": _ratio(np.bincount(place, weights=satisfaction, minlength=n_customers), count),
            "satisfaction_known": count > 0,
        }


@dataclass(frozen=True, eq=False)
class ServiceHistory:
    """Tickets and answers of the customers of an order history, each None where it is not asked for."""

    n_customers: int
    tickets: Tickets | None
    answers: Answers | None

    def features(self, places: np.ndarray, *, last_day: int) -> dict[str, np.ndarray]:
        """The columns of those customers, at the end of `last_day`; none without tickets and answers."""
        found = {}
        for events in (self.tickets, self.answers):
            if events is not None:
                found |= events.features(self.n_customers, last_day=last_day)
        return {name: everybody[places] for name, everybody in found.items()}


def read_service(
    customer_ids: np.ndarray, *, tickets: pd.DataFrame | None, answers: pd.DataFrame | None
) -> ServiceHistory:
    """Tickets and answers as the frames give them, of the (sorted) customers alone."""
    return ServiceHistory(
        n_customers=len(customer_ids),
        tickets=None if tickets is None else _read_tickets(customer_ids, tickets),
        answers=None if answers is None else _read_answers(customer_ids, answers),
    )


def _read_tickets(customer_ids: np.ndarray, tickets: pd.DataFrame) -> Tickets:
    place, known = _places(customer_ids, tickets["customer_id"].to_numpy())
    known &= tickets["opened_at"].notna().to_numpy()

    def moments(column: str) -> np.ndarray:
        moment = tickets[column].to_numpy()[known].astype("datetime64[s]")
        return np.where(np.isnat(moment), NEVER, moment.astype("int64"))

    return Tickets(
        place=place[known],
        is_complaint=(tickets["kind"] == "complaint").to_numpy(dtype=bool, na_value=False)[known],
        opened=moments("opened_at"),
        answered=moments("first_answered_at"),
        resolved=moments("resolved_at"),
    )


def _read_answers(customer_ids: np.ndarray, answers: pd.DataFrame) -> Answers:
    place, known = _places(customer_ids, answers["customer_id"].to_numpy())
    width = (answers["scale_max"] - answers["scale_min"]).to_numpy(dtype=float)
    score = answers["score"].to_numpy(dtype=float)
    usable = (
        known
        & answers["metric"].isin(SATISFACTION_METRICS).to_numpy(dtype=bool)
        & answers["answered_on"].notna().to_numpy()
        & ~np.isnan(score)
        & (width > 0)
    )
    day = answers["answered_on"].to_numpy()[usable].astype("datetime64[D]").astype("int64")
    satisfaction = ((score - answers["scale_min"].to_numpy(dtype=float))[usable]) / width[usable]
    sequence = np.lexsort((answers["answer_id"].to_numpy()[usable], day, place[usable]))
    return Answers(place[usable][sequence], day[sequence], satisfaction[sequence])


def _places(customer_ids: np.ndarray, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where each wanted id stands among the sorted ids, and whether it does."""
    if len(customer_ids) == 0:
        return np.zeros(len(wanted), dtype="int64"), np.zeros(len(wanted), dtype=bool)
    place = np.searchsorted(customer_ids, wanted).clip(max=len(customer_ids) - 1)
    return place, customer_ids[place] == wanted


def _ratio(sums: np.ndarray, counts: np.ndarray) -> np.ndarray:
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
