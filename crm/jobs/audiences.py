"""Audiences: which customers does a saved segment take in on a day, and how did the RFM groups change over time?"""

from collections.abc import Callable
from datetime import date
from functools import cache, wraps

import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from crm import frames
from crm.analytics import trees
from crm.analytics.segments import conditions, rfm
from crm.analytics.segments import history as over_time
from crm.analytics.segments.features import customer_features
from crm.analytics.segments.names import RFM_GROUPS
from crm.db import reads
from crm.errors import CrmError, InvalidInput
from crm.jobs import features
from crm.services import listing, rfm_settings, segment_definitions, segments

# All that rules look at. The tables of saved segments and saved scores are in none of these groups, for to save one shall
# make nothing cold. So who remembers an answer gives a `mark` with the question that changes when they do (crm.ui.audience:
# the segment's version and the newest saved groups); the questions themselves do not look at it.
READ = ("sales", "customers", "service", "surveys")


@reads(*READ)
def members(session: Session, *, segment_id: int, as_of: date, mark: str = "") -> np.ndarray:
    """The customers of a saved segment, sorted (int64): those whom a rule takes in on `as_of`, those whom a snapshot keeps.

    Raises NotFound, and InvalidInput where a rule asks for something that is not kept any more.
    """
    saved = segments.get(session, segment_id)
    if saved.kind == "snapshot":
        return segments.member_ids(session, segment_id)
    return _Day(session, as_of).matching(saved.definition)


@reads(*READ)
def matching(session: Session, *, definition: str, as_of: date, mark: str = "") -> np.ndarray:
    """The customers whom a rule takes in on `as_of`, sorted (int64). `definition` as segment_definitions.as_text gives it.

    Raises InvalidInput for a rule that is not sound, or that asks for something that is not kept any more.
    """
    return _Day(session, as_of).matching(segment_definitions.checked(segment_definitions.from_text(definition)))


@reads(*READ)
def sizes(session: Session, *, segment_ids: tuple[int, ...], as_of: date, mark: str = "") -> dict[int, int | str]:
    """How many customers each of these segments has on `as_of`, or a sentence that says why that cannot be told.

    What several rules look at is computed once.
    """
    day, found = _Day(session, as_of), {}
    for segment_id in segment_ids:
        try:
            saved = segments.get(session, segment_id)
            found[segment_id] = saved.members if saved.kind == "snapshot" else len(day.matching(saved.definition))
        except CrmError as error:
            found[segment_id] = str(error)
    return found


def of_rule(rule: tuple[trees.Condition, ...]) -> dict:
    """A rule that tells groups apart (crm.analytics.trees) as the definition of a segment."""
    found = [part for condition in rule for part in _as_conditions(condition)]
    return {"type": "conditions", "all": found}


@cache
def narrowed(job: Callable) -> Callable:
    """The same question about the customers of a saved segment or of a rule alone: instead of `among`, their ids, it takes
    what names them, `segment_id` or `definition`, and `mark`."""
    @reads(*READ)
    @wraps(job)
    def ask(session: Session, *, as_of: date, segment_id: int | None = None, definition: str = "", mark: str = "", **parameters):
        customer_ids = (matching(session, definition=definition, as_of=as_of) if segment_id is None
                        else members(session, segment_id=segment_id, as_of=as_of))
        return job(session, as_of=as_of, among=customer_ids, **parameters)

    return ask


@reads("sales", "customers")
def history(session: Session, *, as_of: date, periods: int = 8, every: str = "quarter",
            gone_after_days: int | None = None) -> over_time.History:
    """The RFM groups at earlier moments, by the owner's borders; see crm.analytics.segments.history."""
    return over_time.history(frames.orders(session, until=as_of), as_of=as_of, periods=periods, every=every,
                             cuts=rfm_settings.read(session).cuts, gone_after_days=gone_after_days)


@reads("sales")
def fifths(session: Session, *, as_of: date) -> rfm.Cuts:
    """The borders that part the customers of `as_of` into fifths: what an owner starts from who draws them anew."""
    return rfm.fifths(customer_features(frames.orders(session, until=as_of), as_of=as_of))


@reads("sales")
def rfm_sizes(session: Session, *, as_of: date, cuts: tuple[tuple[float, ...] | None, ...]) -> pd.DataFrame:
    """How many customers each RFM group would have with these borders: group, customers; all groups, best first."""
    groups = _rfm_groups(session, as_of, cuts)["group"]
    counted = groups.value_counts().reindex(RFM_GROUPS, fill_value=0)
    return pd.DataFrame({"group": list(RFM_GROUPS), "customers": counted.to_numpy(dtype="int64")})


def flows_table(found: over_time.History, names: dict[str, str]) -> pd.DataFrame:
    """All moves of a history, for a download: period (a day), from_group, to_group in the owner's words, customers."""
    return found.flows.assign(period=found.flows["period"].dt.date,
                              **{side: found.flows[side].map(lambda group: names.get(group, group))
                                 for side in ("from_group", "to_group")})


class _Day:
    """What rules look at on one day; everything is computed when it is asked for, once."""

    def __init__(self, session: Session, as_of: date) -> None:
        self.session, self.as_of = session, as_of
        self._groups: dict[tuple, pd.DataFrame] = {}
        self._features: pd.DataFrame | None = None

    def matching(self, definition: dict) -> np.ndarray:
        kind = definition["type"]
        if kind == "rfm":
            return self._in_groups(definition["groups"], definition["cuts"])
        if kind == "conditions":
            return self._meeting(definition["all"])
        if kind == "filter":
            filters = {name: content for name, content in definition.items() if name != "type"}
            return listing.ids(self.session, as_of=self.as_of, **filters)
        if kind == "all":
            found = [self.matching(part) for part in definition["of"]]
            for others in found[1:]:
                found[0] = np.intersect1d(found[0], others, assume_unique=True)
            return found[0]
        raise InvalidInput("No rule tells who belongs to these customers; they are kept as a snapshot alone.")

    def _in_groups(self, groups: list[str], cuts: dict | None) -> np.ndarray:
        unknown = [group for group in groups if group not in RFM_GROUPS]
        if unknown:
            raise InvalidInput(f"There is no group “{unknown[0]}” any more; save the customers anew.")
        borders = rfm_settings.read(self.session).cuts if cuts is None else tuple(
            None if cuts[name] is None else tuple(cuts[name]) for name in segment_definitions.CUTS)
        if borders not in self._groups:
            self._groups[borders] = _rfm_groups(self.session, self.as_of, borders)
        found = self._groups[borders]
        return found.loc[found["group"].isin(groups), "customer_id"].to_numpy(dtype="int64")

    def _meeting(self, wanted: list[dict]) -> np.ndarray:
        known = self._features
        columns = tuple(dict.fromkeys(one["column"] for one in wanted))
        lacking = tuple(column for column in columns if known is None or column not in known)
        if lacking:
            added = self._read(lacking)
            # The same customers in the same sequence each time: all who bought by that day.
            self._features = known = added if known is None else known.assign(
                **{column: added[column].to_numpy() for column in lacking})
        return known.loc[conditions.meets(known, wanted), "customer_id"].to_numpy(dtype="int64")

    def _read(self, columns: tuple[str, ...]) -> pd.DataFrame:
        try:
            return features.table(self.session, as_of=self.as_of, features=columns)
        except InvalidInput:
            if len(columns) > 1:
                for column in columns:  # which one is it?
                    self._read((column,))
                raise
            name = columns[0].removeprefix("custom.").removeprefix("share.")
            raise InvalidInput(f"This rule asks for “{name}”, which is not kept of any customer any more. Delete the "
                               "segment, or choose its customers anew and save them again.") from None


def _as_conditions(condition: trees.Condition) -> list[dict]:
    """One condition of a rule as those of a definition; its "between" holds the lower border, not the upper."""
    numbers = {"below": ["<"], "at_least": [">="], "between": [">=", "<"]}
    words = {"is": "in", "is_not": "not_in", "known": "is_known", "unknown": "is_missing"}
    also = {"or_missing": True} if condition.or_unknown and condition.operator not in ("known", "unknown") else {}
    if condition.operator in numbers:
        return [{"column": condition.column, "operator": operator, "value": border, **also}
                for operator, border in zip(numbers[condition.operator], condition.values, strict=True)]
    return [{"column": condition.column, "operator": words[condition.operator], "value": list(condition.values), **also}]


def _rfm_groups(session: Session, as_of: date, cuts: tuple) -> pd.DataFrame:
    """One row a customer who bought: customer_id, group (the program's own name)."""
    customers = customer_features(frames.orders(session, until=as_of), as_of=as_of)
    return customers[["customer_id"]].assign(group=rfm.rfm_segments(rfm.rfm_scores(customers, cuts=cuts)))
