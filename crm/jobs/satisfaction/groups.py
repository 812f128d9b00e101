"""Who is happier? Customers and answers compared by everything that is known of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm import frames
from crm.analytics.satisfaction import members
from crm.analytics.satisfaction.answers import METRICS
from crm.analytics.satisfaction.glance import at_a_glance
from crm.analytics.satisfaction.groups import FEWEST, GroupComparison, compare_labels
from crm.analytics.satisfaction.two_way import TwoWay, compare_two_ways
from crm.analytics.segments import rfm
from crm.analytics.segments.features import customer_features
from crm.db import reads
from crm.errors import InvalidInput, NotEnoughData
from crm.frames import reading
from crm.models import Survey
from crm.services import rfm_settings, scores

OF_CUSTOMERS, OF_ANSWERS = "customers", "answers"  # whom a grouping is of; answers are in the order of the frame
OTHERS = "(others)"  # the name of small groups that were joined
FIELDS = ("channel", "country", "region", "kind", "stage", "gender", "education")  # of customers, as they are
TICKETS = {"ticket_kind": "kind", "ticket_topic": "topic", "ticket_priority": "priority", "ticket_channel": "channel",
           "ticket_agent": "agent"}
MISSED, KEPT = "missed", "kept"  # a ticket's deadlines
CUSTOM = "custom."
FEW_VALUES = 12  # different ones of a field are groups; more are words of its own for everybody
FEW_NUMBERS = 8  # different ones are groups; more are parted into quarters
AGES = (0, 25, 35, 45, 55, 65)  # where bands of age begin
SHOWN_AS_NUMBER = "{:,.6g}"


@dataclass(frozen=True, eq=False)
class Happier:
    """The comparison by one grouping; `two_ways` with a second one, None where there is none or, as `missing` says, too
    little for it."""

    comparison: GroupComparison
    two_ways: TwoWay | None
    missing: str | None


@reads("surveys")
def asked(session: Session, *, as_of: date, among: np.ndarray | None = None) -> pd.DataFrame:
    """What was asked up to `as_of` and has scores: metric, item, scores; by metric as in METRICS, the most answered first."""
    answers = _answers(session, as_of, among)
    answers = answers[answers["score"].notna()]
    counted = answers.groupby(["metric", "item"], observed=True).size().reset_index(name="scores")
    counted = counted.assign(place=counted["metric"].map({name: place for place, name in enumerate(METRICS)}).astype(int),
                             metric=counted["metric"].astype(str), item=counted["item"].astype(str))
    return counted.sort_values(["place", "scores", "item"], ascending=[True, False, True],
                               ignore_index=True)[["metric", "item", "scores"]]


@reads("sales", "customers", "service", "surveys")
def glance(session: Session, *, as_of: date, metric: str | None = None, item: str | None = None, fewest: int = FEWEST,
           segments_run: int | None = None, random_state: int = 0, among: np.ndarray | None = None) -> pd.DataFrame:
    """Every grouping that has data, and by which customers differ most; see crm.analytics.satisfaction.glance.

    The names of the groupings are those that `run` takes. `segments_run`: the saved run of groups, the newest where none
    is named. A page names it, for saved scores raise no revision.
    """
    known = _Known(session, as_of, metric, item, segments_run, among)
    return at_a_glance(known.counted, dict(known.all()), fewest=fewest, random_state=random_state)


@reads("sales", "customers", "service", "surveys")
def run(session: Session, *, as_of: date, by: str = "channel", then: str | None = None, metric: str | None = None,
        item: str | None = None, test: str = "welch", squares: str = "II", method: str = "robust", fewest: int = FEWEST,
        join: int = 0, segments_run: int | None = None, random_state: int = 0, among: np.ndarray | None = None) -> Happier:
    """The comparison by the grouping `by` and, where `then` names a second one, by both at once.

    `metric`: by default the first of csat, nps, ces, likert that was asked; `item`: one question of it. `join`: 1 puts groups
    below `fewest` customers together, 0 leaves them out. `random_state`: for shuffling the scores of
    small groups.
    """
    known = _Known(session, as_of, metric, item, segments_run, among)
    others = OTHERS if join else None
    first = known.labels(by)
    found = compare_labels(known.counted, first, metric=known.metric, item=item, test=test, group_name=by, fewest=fewest,
                           others=others, random_state=random_state)
    if then is None:
        return Happier(found, None, None)
    if then == by:
        raise InvalidInput("Both groupings are the same; choose another second one.", field="then")
    try:
        both = compare_two_ways(known.counted, first, known.labels(then), first_name=by, second_name=then, squares=squares,
                                method=method, fewest=fewest, others=others)
    except (NotEnoughData, InvalidInput) as problem:
        return Happier(found, None, str(problem))  # the first comparison is still worth showing
    return Happier(found, both, None)


def table(result: Happier) -> pd.DataFrame:
    """One row a group, as it can be downloaded."""
    return result.comparison.groups


def quality(result: Happier) -> dict:
    """The tests and sizes, as plain values."""
    found, both = result.comparison, result.two_ways
    return {"metric": found.metric, "item": found.item, "by": found.group_name, "test": found.test, "statistic": found.statistic,
            "p_value": found.p_value, "different": found.different, "eta_squared": found.eta_squared,
            "omega_squared": found.omega_squared, "groups": found.groups.to_dict("records"),
            "pairs": found.pairs.to_dict("records"), "left_out": list(found.left_out), "joined": list(found.joined),
            "tests": found.tests.to_dict("records"),
            "two_ways": None if both is None else both.effects.to_dict("records"), "two_ways_missing": result.missing}


class _Known:
    """The answers in question and what they can be grouped by; everything is read when it is asked for, once."""

    def __init__(self, session: Session, as_of: date, metric: str | None, item: str | None, segments_run: int | None,
                 among: np.ndarray | None) -> None:
        self.session, self.as_of, self.segments_run = session, as_of, segments_run
        answers = _answers(session, as_of, among)
        there = set(answers.loc[answers["score"].notna(), "metric"].unique())
        self.metric = metric or next((name for name in METRICS if name in there), METRICS[0])
        chosen = (answers["metric"] == self.metric).to_numpy()
        if item is not None:
            chosen &= (answers["item"] == item).to_numpy()
        self.answers = answers if chosen.all() else answers[chosen]
        self.counted = members.count(self.answers, as_of=as_of, metric=self.metric, item=item)

    def labels(self, name: str) -> members.Labels:
        """One grouping by its name."""
        found = next((labels for each, labels in self.all(only=name)), None)
        if found is None:
            raise InvalidInput(f"Customers cannot be compared by “{name}”: nothing of that kind is known of them.", field="by")
        return found

    def all(self, *, only: str | None = None) -> Iterator[tuple[str, members.Labels]]:
        """Every grouping that somebody with a score is in; or the one asked for alone."""
        for name, read in self._readers(only).items():
            if only in (None, name):
                series = read()
                if series is None:
                    continue
                of = members.of_answers if series.name == OF_ANSWERS else members.of_customers
                labels = of(self.counted, series)
                if labels.names:
                    yield name, labels

    def _readers(self, only: str | None) -> dict:
        """How each grouping is read, in the order in which they are offered."""
        readers = {"segment": self._segment, "rfm": self._rfm}
        readers |= {name: lambda name=name: self._of_customers(self._fields[name]) for name in FIELDS}
        readers |= {"age": self._age, "income": lambda: self._of_customers(_quarters(self._fields["yearly_income"]))}
        if self.answers["product_id"].any():
            readers |= {"product": lambda: self._of_product("name"), "category": lambda: self._of_product("category")}
        if self.answers["survey_id"].any():
            readers["survey"] = self._survey
        if self.answers["ticket_id"].any():
            readers |= {name: lambda column=column: self._of_ticket(column) for name, column in TICKETS.items()}
            readers["ticket_deadline"] = self._deadline
        if only is None or only.startswith(CUSTOM):
            readers |= {name: lambda name=name: self._custom(name) for name in self._fields if name.startswith(CUSTOM)}
        return readers

    @cached_property
    def _fields(self) -> pd.DataFrame:
        # Own fields lie in one text a customer, which takes seconds to read of a hundred thousand: kept as a columnar file.
        return reading.stored(self.session, "customer_fields", frames.customer_fields, group="customers")

    def _of_customers(self, labels: pd.Series) -> pd.Series:
        return pd.Series(labels.array, index=self._fields["customer_id"].to_numpy(), name=OF_CUSTOMERS)

    def _segment(self) -> pd.Series | None:
        run_id = self.segments_run if self.segments_run is not None else scores.newest_run(self.session, analysis="segments")
        return None if run_id is None else scores.labels(self.session, run_id=run_id)

    def _rfm(self) -> pd.Series:
        customers = customer_features(frames.orders(self.session, until=self.as_of), as_of=self.as_of)
        borders = rfm_settings.read(self.session)
        groups = rfm.rfm_segments(rfm.rfm_scores(customers, cuts=borders.cuts)) if len(customers) else []
        return pd.Series([borders.called(group) for group in groups], index=customers["customer_id"].to_numpy(), name=OF_CUSTOMERS,
                         dtype="object")

    def _age(self) -> pd.Series:
        names = [f"{low}–{high - 1}" for low, high in zip(AGES[1:], AGES[2:], strict=False)]
        bands = pd.cut(self.as_of.year - self._fields["birth_year"], [*AGES, np.inf], right=False,
                       labels=[f"–{AGES[1] - 1}", *names, f"{AGES[-1]}+"])
        return self._of_customers(bands)

    def _custom(self, name: str) -> pd.Series | None:
        content = self._fields[name]
        if content.dtype.kind == "M":
            return None
        if content.dtype.kind == "f":
            if content.nunique() > FEW_NUMBERS:
                return self._of_customers(_quarters(content))
            return self._of_customers(_numbered(content))
        return self._of_customers(content) if content.nunique() <= FEW_VALUES else None

    def _of_product(self, column: str) -> pd.Series:
        known = frames.products(self.session)
        names = known[column]
        if column == "name":  # two products may be called the same
            names = names.where(~names.duplicated(keep=False), names + " (" + known["code"] + ")")
        return self._looked_up("product_id", known["product_id"], names)

    def _survey(self) -> pd.Series:
        known = pd.DataFrame(self.session.execute(select(Survey.id, Survey.name).order_by(Survey.id)).all(), columns=["id", "name"])
        return self._looked_up("survey_id", known["id"], known["name"])

    @cached_property
    def _tickets(self) -> pd.DataFrame:
        return frames.tickets(self.session, until=self.as_of)

    def _of_ticket(self, column: str) -> pd.Series:
        return self._looked_up("ticket_id", self._tickets["ticket_id"], self._tickets[column])

    def _deadline(self) -> pd.Series:
        """Whether a promise to the customer was missed by then, or all of them were kept."""
        tickets, end = self._tickets, pd.Timestamp(reading.end_of(self.as_of))
        missed, kept = np.zeros(len(tickets), dtype=bool), np.zeros(len(tickets), dtype=bool)
        for due, done in (("answer_due_at", "first_answered_at"), ("solution_due_at", "resolved_at")):
            missed |= (tickets[due] < tickets[done].fillna(end)).to_numpy()
            kept |= (tickets[done] <= tickets[due]).to_numpy()
        words = pd.Series(np.select([missed, kept], [MISSED, KEPT], ""), dtype="object")
        return self._looked_up("ticket_id", tickets["ticket_id"], words.where(missed | kept))

    def _looked_up(self, key: str, ids: pd.Series, names: pd.Series) -> pd.Series:
        """The name of what each answer belongs to."""
        place = pd.Index(ids).get_indexer(pd.Index(self.answers[key]))
        code, words = pd.factorize(names, sort=True)
        code = np.where(place >= 0, code[place], -1) if len(code) else np.full(len(place), -1)
        return pd.Series(pd.Categorical.from_codes(code, [str(word) for word in words]), name=OF_ANSWERS)


def _answers(session: Session, as_of: date, among: np.ndarray | None) -> pd.DataFrame:
    answers = frames.answers(session, until=as_of)
    return answers if among is None else answers[answers["customer_id"].isin(among)]


def _quarters(numbers: pd.Series) -> pd.Series:
    """Numbers in four bands of about as many customers, as "low–high"; fewer where many have the same number."""
    borders = np.unique(np.nanquantile(numbers, [0, 0.25, 0.5, 0.75, 1])) if numbers.notna().any() else np.array([])
    if len(borders) < 3:
        return _numbered(numbers)
    written = [SHOWN_AS_NUMBER.format(border) for border in borders]
    return pd.cut(numbers, borders, include_lowest=True, labels=[f"{low}–{high}" for low, high in zip(written, written[1:], strict=False)])


def _numbered(numbers: pd.Series) -> pd.Series:
    """Each number as a group of its own, in their order."""
    code, found = pd.factorize(numbers, sort=True)
    return pd.Series(pd.Categorical.from_codes(code, [SHOWN_AS_NUMBER.format(number) for number in found]), index=numbers.index)
