"""Company: how does the demo come into an empty database? Simulated in time, written in one transaction."""

from collections.abc import Callable, Sequence
from datetime import date

import numpy as np
from sqlalchemy import Table, func, select
from sqlalchemy.orm import Session

from crm import db
from crm.db import bulk
from crm.demo import (
    asking,
    baskets,
    catalogue,
    desk,
    lives,
    payments,
    people,
    planted,
    profiles,
    sales,
    service,
    stars,
    surveys,
    work,
)
from crm.demo.span import Span, moments, span
from crm.errors import Conflict
from crm.models import (
    Campaign,
    CampaignMember,
    CannedAnswer,
    Customer,
    CustomerTag,
    Deal,
    Interaction,
    Order,
    OrderLine,
    Payment,
    Product,
    Referral,
    Survey,
    SurveyAnswer,
    SurveyInvitation,
    SurveyQuestion,
    Task,
    Ticket,
)
from crm.services import service_policy, settings

DEFAULT_SEED = 20_260_101
COMPANY_NAME = "Lantern & Loom (demo company)"
Progress = Callable[[float, str], None]
# Each has its own random stream; a new one goes to the end, so that the others' rows stay as they are.
_PARTS = ("people", "lives", "sales", "profiles", "service", "surveys", "work", "payments", "asking", "stars", "desk")


def build(workspace: db.Workspace, *, today: date, seed: int = DEFAULT_SEED,
          progress: Progress | None = None) -> dict[str, int]:
    """Fill an empty workspace with the demo company; the same rows from the same `seed` and `today` everywhere.

    `progress` gets a share 0..1 and the stage's words. Returns the number of rows of each table.
    Raises Conflict where the workspace already holds customers or products.
    """
    tell = progress or (lambda _share, _stage: None)
    streams = np.random.SeedSequence(seed).spawn(len(_PARTS))
    random = {part: np.random.Generator(np.random.PCG64(stream))
              for part, stream in zip(_PARTS, streams, strict=True)}
    tell(0.0, "Opening the shop")
    with db.transaction(workspace) as session:
        _refuse_full(session)
        _settings(session, seed, today)
        return _Writer(session, span(today), random, tell).write()


def _refuse_full(session: Session) -> None:
    found = sum(session.scalar(select(func.count()).select_from(model)) for model in (Customer, Product, Order))
    if found:
        raise Conflict(f"The demo company needs an empty database; this one already holds {found:,} customers, "
                       "products and orders.")


def _settings(session: Session, seed: int, today: date) -> None:
    for name, content in (("company_name", COMPANY_NAME), ("currency", "EUR"), ("time_zone", "UTC"),
                          ("demo_seed", seed), ("demo_today", today.isoformat())):
        settings.write(session, name, content)
    policy = service_policy.checked(week=desk.OPEN, closed=desk.closed_days(today), promises=desk.PROMISES)
    settings.write(session, service_policy.SETTING, service_policy.as_content(policy))


class _Writer:
    """The tables one after another, each after those that it points to; `counts` grows with them."""

    def __init__(self, session: Session, period: Span, random: dict[str, np.random.Generator], tell: Progress) -> None:
        self.session, self.period, self.random, self.tell = session, period, random, tell
        self.counts: dict[str, int] = {}

    def write(self) -> dict[str, int]:
        self.tell(0.04, "Meeting the customers")
        self.people = people.draw(self.period, self.random["people"])
        self.tell(0.08, "Living three years, order by order")
        self.history = lives.simulate(self.people, self.period, work.campaign_days(), self.random["lives"])
        lives.add_open_complaints(self.history, self.period, self.random["lives"])
        self.tell(0.34, "Filling the baskets")
        self.sales = sales.draw(self.history, self.people, self.period, self.random["sales"])
        self._customers()
        self._orders()
        self._payments()
        self._service()
        self._work()
        self.tell(1.0, "Open for business")
        return self.counts

    def _insert(self, table: Table, columns: Sequence[str], rows: list[tuple]) -> None:
        bulk.insert_rows(self.session, table, columns, rows)
        self.counts[table.name] = len(rows)

    def _ids(self, model: type, count: int) -> range:
        return bulk.reserve_ids(self.session, model.__table__, count)

    def _customers(self) -> None:
        self.tell(0.42, "Writing the customers")
        told = np.array([order[:2] for order in self.history.orders], dtype=np.int64)
        last_second = np.full(len(self.people), np.nan)
        last_second[told[:, 0]] = told[:, 1]  # a customer's orders come in time, so the last one stays
        ids = self._ids(Customer, len(self.people) + planted.TWICE)
        self.customer_ids = ids[:len(self.people)]
        rows = profiles.rows(self.people, self.customer_ids, last_second, self.period, self.random["profiles"])
        self.countries = [row[profiles.COLUMNS.index("country")] for row in rows]
        self._insert(Customer.__table__, profiles.COLUMNS, [*rows, *profiles.again(rows, ids[len(self.people):])])
        referral_ids = self._ids(Referral, len(self.history.referrals))
        self._insert(Referral.__table__, work.REFERRAL_COLUMNS,
                     work.referral_rows(self.history, referral_ids, self.customer_ids, self.period))
        self._insert(CustomerTag.__table__, work.TAG_COLUMNS, self._tags())

    def _tags(self) -> list[tuple]:
        sold = self.sales
        line_customer = np.where(sold.is_cancelled, baskets.NOBODY, sold.customer)[sold.line_order]
        named = line_customer != baskets.NOBODY
        spend = np.bincount(line_customer[named], sold.line_amount_e4[named], minlength=len(self.people))
        # An order bought something; a credit did not.
        bought = (sold.customer != baskets.NOBODY) & (sold.origin == lives.NOBODY) & ~sold.is_cancelled
        at_stall = bought & (sold.channel == lives.STALL)
        order_count, stall_count = (np.bincount(sold.customer[chosen], minlength=len(self.people))
                                    for chosen in (bought, at_stall))
        return work.tag_rows(self.people, spend, order_count, stall_count, self.customer_ids)

    def _orders(self) -> None:
        self.tell(0.52, "Writing the products and orders")
        # The fee is the last of the catalogue's ids.
        self.product_ids = self._ids(Product, len(catalogue.ITEMS) + 1)
        self._insert(Product.__table__, sales.PRODUCT_COLUMNS,
                     sales.product_rows(self.product_ids, self._first_moment()))
        self.order_ids = self._ids(Order, len(self.sales.second))
        self._insert(Order.__table__, sales.ORDER_COLUMNS, sales.order_rows(
            self.sales, self.order_ids, self.customer_ids, self.countries, self.period))
        self.tell(0.66, "Writing the order lines")
        line_ids = self._ids(OrderLine, len(self.sales.line_order))
        self._insert(OrderLine.__table__, sales.LINE_COLUMNS,
                     sales.line_rows(self.sales, line_ids, self.order_ids, self.product_ids))

    def _payments(self) -> None:
        self.tell(0.78, "Counting the money")
        paid = payments.draw(self.sales, self.people, self.period, self.random["payments"])
        self._insert(Payment.__table__, payments.COLUMNS, payments.rows(
            paid, self._ids(Payment, len(paid)), self.order_ids, self.customer_ids, self.period))

    def _service(self) -> None:
        self.tell(0.82, "Writing tickets and conversations")
        random = self.random["service"]
        tickets = service.in_time(self.history)
        ticket_ids = self._ids(Ticket, len(tickets))
        rows = service.ticket_rows(tickets, ticket_ids, self.customer_ids, self.order_ids, self.sales, self.period, random)
        said = service.interactions(tickets, rows, self.people, self.period, random)
        self.tickets = desk.with_extras(rows, tickets, service.roads_of(said, len(tickets)), self._promised(rows), self.period,
                                        self.random["desk"])
        self._insert(Ticket.__table__, (*service.TICKET_COLUMNS, *desk.COLUMNS), self.tickets)
        self._insert(Interaction.__table__, service.INTERACTION_COLUMNS, service.interaction_rows(
            said, self._ids(Interaction, len(said)), self.customer_ids, ticket_ids, self.period))
        self._insert(CannedAnswer.__table__, desk.CANNED_COLUMNS, desk.canned_rows(
            self._ids(CannedAnswer, len(desk.CANNED)), self._first_moment()))
        self._surveys(tickets, ticket_ids)

    def _surveys(self, tickets: list[tuple], ticket_ids: range) -> None:
        self.tell(0.90, "Asking how happy they are")
        given, forms = surveys.answers(self.history, tickets, self.sales, self.period, self.random["surveys"])
        random = self.random["asking"]
        given, taken = asking.with_straight_liners(given, forms, random), asking.seconds_taken(forms, random)
        given = asking.with_overall(given, forms, random)
        survey_ids = self._ids(Survey, len(asking.SURVEYS))
        self._insert(Survey.__table__, asking.SURVEY_COLUMNS, asking.survey_rows(survey_ids, self._first_moment()))
        self._insert(SurveyQuestion.__table__, asking.QUESTION_COLUMNS, asking.question_rows(
            self._ids(SurveyQuestion, asking.question_count()), survey_ids))
        invitation_ids = self._ids(SurveyInvitation, len(forms))
        self._insert(SurveyInvitation.__table__, asking.INVITATION_COLUMNS, asking.invitation_rows(
            forms, invitation_ids, survey_ids, self.customer_ids, ticket_ids, taken, self.period))
        self._insert(SurveyAnswer.__table__, surveys.COLUMNS, surveys.rows(
            given, self._ids(SurveyAnswer, len(given)), self.customer_ids, ticket_ids,
            [survey_ids[form[0]] for form in forms], invitation_ids, taken, self.countries, self.period,
            self.random["surveys"]))
        told = stars.draw(self.sales, self.people, self.period, self.random["stars"])
        bulk.insert_rows(self.session, SurveyAnswer.__table__, stars.COLUMNS, stars.rows(
            told, self._ids(SurveyAnswer, len(told)), self.customer_ids, self.product_ids, self.period))
        self.counts[SurveyAnswer.__tablename__] += len(told)

    def _promised(self, rows: list[tuple]) -> tuple[list, list]:
        """When the answer and the solution of each ticket are due, as texts."""
        place = service.TICKET_COLUMNS.index
        policy = service_policy.read(self.session)
        due = service_policy.deadlines(service_policy.calendar(self.session, policy), policy.promises,
                                       opened_at=[row[place("opened_at")] for row in rows],
                                       priority=[row[place("priority")] for row in rows])
        return tuple(due[name].dt.strftime("%Y-%m-%d %H:%M:%S.%f").tolist() for name in ("answer_due_at", "solution_due_at"))

    def _first_moment(self) -> str:
        return moments(self.period, [6 * 3600])[0]

    def _work(self) -> None:
        self.tell(0.95, "Writing deals, campaigns and tasks")
        random = self.random["work"]
        deals = work.deal_rows(self.people, self.history, self._ids(Deal, work.DEALS), self.customer_ids,
                               self.product_ids, self.period, random)
        self._insert(Deal.__table__, work.DEAL_COLUMNS, deals)
        campaign_ids = self._ids(Campaign, len(work.campaign_days()))
        self._insert(Campaign.__table__, work.CAMPAIGN_COLUMNS, work.campaign_rows(campaign_ids, self.period))
        self._insert(CampaignMember.__table__, work.MEMBER_COLUMNS, work.member_rows(
            self.history, campaign_ids, self.customer_ids, self.period))
        open_now = [row[1] - self.customer_ids[0] for row in self.tickets if row[5] == "open"]
        self._insert(Task.__table__, work.TASK_COLUMNS, work.task_rows(
            deals, open_now, self._ids(Task, work.TASKS), self.customer_ids, self.period, random))
