"""Which rules can the database judge by itself? Gaps, impossible dates and amounts, records that contradict each other."""

from datetime import timedelta

from sqlalchemy import ColumnElement, Date, and_, func, or_, select

from crm.models import Customer, Deal, Interaction, Order, OrderLine, Payment, Product, SurveyAnswer, Ticket
from crm.models.counting import own_currency
from crm.services.quality.check import LOOKS, MISSED, WRONG_FIGURES, Check
from crm.services.quality.look import EARLIEST, Look

OLDEST_YEARS, YOUNGEST_YEARS = 110, 10  # nobody older is alive, nobody younger runs an account
DUE_WITHIN_DAYS = 3653  # ten years: a loan may run so long, an invoice does not
AMOUNT_TOLERANCE = 0.01  # share of the amount: files round prices
AMOUNT_TOLERANCE_E4 = 500  # 5 cents: a file's own rounding of many small pieces


def checks() -> tuple[Check, ...]:
    """Every rule of this module."""
    return (*_gaps(), *_times(), *_amounts(), *_contradictions())


def is_empty(column) -> ColumnElement[bool]:
    """No content, or blanks alone."""
    return or_(column.is_(None), func.trim(column) == "") if column.type.python_type is str else column.is_(None)


def _gaps() -> tuple[Check, ...]:
    goods = OrderLine.kind.in_(("sale", "return", "cancellation"))
    open_deal, lost = Deal.stage.in_(("prospecting", "engaging", "offered")), Deal.stage == "lost"
    closed = Deal.stage.in_(("won", "lost"))
    return (
        # A file without names gives the code as the name.
        Check("customers.missing_name", "completeness", MISSED, ("code",),
              wrong=lambda look: or_(is_empty(Customer.name), Customer.name == Customer.code)),
        _gap(Customer, "email", MISSED), _gap(Customer, "phone", LOOKS), _gap(Customer, "city", LOOKS),
        _gap(Customer, "country", MISSED), _gap(Customer, "channel", MISSED), _gap(Customer, "since_on", LOOKS),
        Check("products.missing_name", "completeness", MISSED, ("code",),
              wrong=lambda look: or_(is_empty(Product.name), Product.name == Product.code)),
        _gap(Product, "category", MISSED, among=Product.kind != "fee"),
        _gap(Product, "price_e4", LOOKS, name="price", among=Product.kind != "fee"),
        _gap(Product, "cost_e4", MISSED, name="cost", among=Product.kind != "fee"),
        _gap(Order, "customer_id", LOOKS, name="customer"), _gap(Order, "channel", LOOKS), _gap(Order, "country", LOOKS),
        _gap(OrderLine, "product_id", MISSED, name="product", among=goods),
        _gap(Payment, "order_id", LOOKS, name="order"), _gap(Payment, "method", LOOKS), _gap(Payment, "due_on", LOOKS),
        Check("interactions.missing_words", "completeness", LOOKS, ("channel", "happened_at"),
              wrong=lambda look: and_(is_empty(Interaction.subject), is_empty(Interaction.body))),
        _gap(Ticket, "body", LOOKS),
        _gap(Ticket, "first_answered_at", MISSED, name="answer", among=Ticket.status != "open"),
        _gap(Ticket, "resolved_at", MISSED, name="resolution", among=Ticket.status == "resolved"),
        _gap(SurveyAnswer, "customer_id", MISSED, name="customer"),
        _gap(Deal, "customer_id", MISSED, name="customer"), _gap(Deal, "amount_e4", MISSED, name="amount"),
        _gap(Deal, "expected_on", LOOKS, among=open_deal), _gap(Deal, "probability", LOOKS, among=open_deal),
        _gap(Deal, "closed_on", MISSED, among=closed), _gap(Deal, "lost_reason", LOOKS, among=lost),
    )


def _times() -> tuple[Check, ...]:
    return (
        _day("customers.since_on", Customer.since_on, MISSED),
        Check("customers.birth_year", "validity", MISSED, ("birth_year",), among=Customer.birth_year.is_not(None),
              wrong=lambda look: or_(Customer.birth_year < look.today.year - OLDEST_YEARS,
                                     Customer.birth_year > look.today.year - YOUNGEST_YEARS)),
        _day("orders.ordered_at", Order.ordered_at, WRONG_FIGURES),
        _day("orders.shipped_at", Order.shipped_at, LOOKS),
        Check("orders.shipped_before_ordered", "validity", MISSED, ("ordered_at", "shipped_at"),
              among=Order.shipped_at.is_not(None),
              # Some files give days, others moments: the same day is not too early.
              wrong=lambda look: func.date(Order.shipped_at) < func.date(Order.ordered_at)),
        _day("order_lines.line_at", OrderLine.line_at, LOOKS),
        _day("payments.paid_on", Payment.paid_on, WRONG_FIGURES),
        Check("payments.due_on", "validity", LOOKS, ("paid_on", "due_on"), among=Payment.due_on.is_not(None),
              wrong=lambda look: or_(Payment.due_on < EARLIEST,
                                     Payment.due_on > look.today + timedelta(days=DUE_WITHIN_DAYS))),
        _day("interactions.happened_at", Interaction.happened_at, MISSED),
        _day("tickets.opened_at", Ticket.opened_at, MISSED),
        _day("tickets.first_answered_at", Ticket.first_answered_at, MISSED),
        _day("tickets.resolved_at", Ticket.resolved_at, MISSED),
        Check("tickets.resolved_before_answered", "validity", LOOKS, ("first_answered_at", "resolved_at"),
              among=and_(Ticket.first_answered_at.is_not(None), Ticket.resolved_at.is_not(None)),
              wrong=lambda look: Ticket.resolved_at < Ticket.first_answered_at),
        _day("survey_answers.answered_at", SurveyAnswer.answered_at, MISSED),
        Check("survey_answers.answered_before_asked", "validity", MISSED, ("answered_at",),
              among=SurveyAnswer.ticket_id.is_not(None),
              wrong=lambda look: select(Ticket.id).where(
                  Ticket.id == SurveyAnswer.ticket_id, Ticket.opened_at > SurveyAnswer.answered_at).exists()),
        _day("deals.opened_on", Deal.opened_on, LOOKS), _day("deals.closed_on", Deal.closed_on, MISSED),
        Check("deals.closed_before_opened", "validity", MISSED, ("opened_on", "closed_on"),
              among=and_(Deal.opened_on.is_not(None), Deal.closed_on.is_not(None)),
              wrong=lambda look: Deal.closed_on < Deal.opened_on),
    )


def _amounts() -> tuple[Check, ...]:
    sale, taken_back = OrderLine.kind == "sale", OrderLine.kind.in_(("return", "cancellation"))
    nps = SurveyAnswer.metric == "nps"
    return (
        Check("customers.income_below_zero", "validity", MISSED, ("yearly_income_e4",),
              among=Customer.yearly_income_e4.is_not(None), wrong=lambda look: Customer.yearly_income_e4 < 0),
        Check("products.price_of_nothing", "validity", LOOKS, ("price_e4",),
              among=and_(Product.price_e4.is_not(None), Product.kind != "fee"), wrong=lambda look: Product.price_e4 == 0),
        Check("order_lines.no_quantity", "validity", MISSED, ("quantity",), wrong=lambda look: OrderLine.quantity == 0),
        Check("order_lines.quantity_sign", "validity", WRONG_FIGURES, ("quantity", "kind"), among=or_(sale, taken_back),
              wrong=lambda look: or_(and_(sale, OrderLine.quantity < 0), and_(taken_back, OrderLine.quantity > 0))),
        Check("order_lines.price_below_zero", "validity", MISSED, ("unit_price_e4",),
              among=OrderLine.kind != "adjustment", wrong=lambda look: OrderLine.unit_price_e4 < 0),
        Check("order_lines.sold_for_nothing", "validity", LOOKS, ("quantity", "unit_price_e4"), among=sale,
              wrong=lambda look: and_(OrderLine.unit_price_e4 == 0, OrderLine.amount_e4 == 0)),
        Check("payments.of_nothing", "validity", LOOKS, ("amount_e4", "paid_on"), wrong=lambda look: Payment.amount_e4 == 0),
        Check("survey_answers.recommendation_scale", "validity", MISSED, ("score", "scale_min", "scale_max"), among=nps,
              wrong=lambda look: or_(SurveyAnswer.scale_min != 0, SurveyAnswer.scale_max != 10)),
        Check("deals.amount_below_zero", "validity", MISSED, ("amount_e4",), among=Deal.amount_e4.is_not(None),
              wrong=lambda look: Deal.amount_e4 < 0),
    )


def _contradictions() -> tuple[Check, ...]:
    first_order = (select(func.min(Order.ordered_at)).where(Order.customer_id == Customer.id, Order.deleted_at.is_(None))
                   .correlate(Customer).scalar_subquery())
    expected_e4 = OrderLine.quantity * OrderLine.unit_price_e4 * (1 - func.coalesce(OrderLine.discount, 0))
    off_e4 = func.abs(OrderLine.amount_e4 - expected_e4)
    closed = Deal.stage.in_(("won", "lost"))
    return (
        Check("customers.since_after_first_order", "consistency", LOOKS, ("since_on",),
              among=Customer.since_on.is_not(None), wrong=lambda look: Customer.since_on > func.date(first_order, type_=Date)),
        Check("products.sold_below_cost", "consistency", MISSED, ("price_e4", "cost_e4"),
              among=and_(Product.price_e4.is_not(None), Product.cost_e4.is_not(None)),
              wrong=lambda look: and_(Product.cost_e4 > Product.price_e4, Product.price_e4 > 0)),
        Check("orders.without_lines", "consistency", MISSED, ("status",),
              wrong=lambda look: ~select(OrderLine.id).where(OrderLine.order_id == Order.id).exists()),
        Check("orders.other_currency", "consistency", MISSED, ("currency",),
              wrong=lambda look: and_(Order.currency.is_not(None), Order.currency != own_currency(look.session))),
        Check("order_lines.amount", "consistency", MISSED, ("quantity", "unit_price_e4", "discount", "amount_e4"),
              among=OrderLine.kind.in_(("sale", "return")),
              wrong=lambda look: and_(off_e4 > AMOUNT_TOLERANCE_E4,
                                      off_e4 > AMOUNT_TOLERANCE * func.abs(OrderLine.amount_e4))),
        Check("payments.other_customer", "consistency", MISSED, ("paid_on",), among=Payment.order_id.is_not(None),
              wrong=lambda look: select(Order.id).where(
                  Order.id == Payment.order_id, Order.customer_id != Payment.customer_id).exists()),
        Check("payments.other_currency", "consistency", MISSED, ("currency",), among=Payment.order_id.is_not(None),
              wrong=lambda look: select(Order.id).where(
                  Order.id == Payment.order_id,
                  func.coalesce(Order.currency, own_currency(look.session))
                  != func.coalesce(Payment.currency, own_currency(look.session))).exists()),
        Check("tickets.other_customer", "consistency", MISSED, ("opened_at",), among=Ticket.order_id.is_not(None),
              wrong=lambda look: select(Order.id).where(
                  Order.id == Ticket.order_id, Order.customer_id != Ticket.customer_id).exists()),
        Check("survey_answers.other_customer", "consistency", MISSED, ("answered_at",),
              among=and_(SurveyAnswer.ticket_id.is_not(None), SurveyAnswer.customer_id.is_not(None)),
              wrong=lambda look: select(Ticket.id).where(
                  Ticket.id == SurveyAnswer.ticket_id, Ticket.customer_id != SurveyAnswer.customer_id).exists()),
        Check("deals.open_but_closed", "consistency", LOOKS, ("stage", "closed_on"), among=~closed,
              wrong=lambda look: Deal.closed_on.is_not(None)),
    )


def _gap(model, column: str, harm: int, *, name: str | None = None, among=None) -> Check:
    empty = is_empty(getattr(model, column))
    return Check(f"{model.__tablename__}.missing_{name or column}", "completeness", harm, wrong=lambda look: empty,
                 among=among)


def _day(code: str, column, harm: int) -> Check:
    """Before any shop's records begin, or in the future."""
    def wrong(look: Look) -> ColumnElement[bool]:
        future = column > look.today if column.type.python_type.__name__ == "date" else column >= look.tomorrow
        return or_(column < EARLIEST, future)

    return Check(code, "validity", harm, (column.key,), wrong=wrong, among=column.is_not(None))
