"""What can a file hold? The kinds of records that can be brought in, and the fields that each can fill."""

from dataclasses import dataclass, field

from crm.errors import InvalidInput
from crm.imports.vocabulary import CHOICES

# What a field's texts are read as.
TYPES = ("code", "text", "email", "phone", "date", "moment", "money", "number", "share", "year", "boolean", "choice",
         "tags", "currency")


@dataclass(frozen=True)
class Field:
    """One field: how its texts are read, and whether every line must have it. `choices`: {ours: words of others}."""

    type: str
    required: bool = False
    choices: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Kind:
    """One kind of records. `table`: where its main record goes; `owner`: whose custom fields take what has no field.

    `needs`: of each group of fields one must be mapped or given as a constant.
    """

    key: str
    table: str
    owner: str
    fields: dict[str, Field]
    needs: tuple[tuple[str, ...], ...]


def _choice(words: str, *, required: bool = False) -> Field:
    return Field("choice", required, CHOICES[words])


# Any of these names the customer that a record belongs to; one that is not known is created.
_CUSTOMER = {"customer_code": Field("code"), "customer_name": Field("text"), "customer_email": Field("email"),
             "company": Field("text")}
_NAMED = ("customer_code", "customer_name", "customer_email", "company")

_ORDERS = {
    "order_number": Field("code"), "ordered_at": Field("moment"), **_CUSTOMER, "customer_phone": Field("phone"),
    "address": Field("text"), "postal_code": Field("code"), "city": Field("text"), "region": Field("text"),
    "country": Field("text"), "product_code": Field("code"), "product_name": Field("text"),
    "category": Field("text"), "quantity": Field("number"), "unit_price": Field("money"), "amount": Field("money"),
    "discount": Field("share"), "cost": Field("money"), "profit": Field("money"), "currency": Field("currency"),
    "channel": Field("text"), "status": Field("text"), "shipped_at": Field("moment"),
}

KINDS: dict[str, Kind] = {kind.key: kind for kind in (
    # One line an article of an order; the order's head and its customer are repeated on each. A file without dates
    # or customers adds lines to orders that are known by their number.
    Kind("order_lines", "order_lines", "customers", _ORDERS,
         (("order_number", "ordered_at"), ("product_code", "product_name", "amount"),
          ("amount", "unit_price"))),
    # One line an order, without its articles.
    Kind("orders", "orders", "customers", {**_ORDERS, "note": Field("text")},
         (("order_number", "customer_code", "customer_name", "customer_email"), ("ordered_at",))),
    Kind("customers", "customers", "customers", {
        "customer_code": Field("code"), "customer_name": Field("text"), "first_name": Field("text"),
        "last_name": Field("text"), "company": Field("text"), "customer_email": Field("email"),
        "customer_phone": Field("phone"), "address": Field("text"), "address_2": Field("text"),
        "postal_code": Field("code"), "city": Field("text"), "region": Field("text"), "country": Field("text"),
        "channel": Field("text"), "stage": _choice("customer_stage"), "since_on": Field("date"),
        "birth_year": Field("year"), "birth_date": Field("date"), "gender": Field("text"),
        "yearly_income": Field("money"),
        "education": Field("text"), "note": Field("text"), "email_consent": Field("boolean"), "tags": Field("tags"),
    }, (("customer_code", "customer_name", "first_name", "last_name", "company", "customer_email"),)),
    Kind("products", "products", "products", {
        "product_code": Field("code"), "product_name": Field("text"), "product_kind": _choice("product_kind"),
        "category": Field("text"), "price": Field("money"), "cost": Field("money"), "description": Field("text"),
        "is_discontinued": Field("boolean"), "is_sold_out": Field("boolean"), "is_excluded": Field("boolean"),
    }, (("product_code", "product_name"),)),
    Kind("payments", "payments", "payments", {
        "payment_code": Field("code"), **_CUSTOMER, "order_number": Field("code"), "paid_on": Field("date", True),
        "due_on": Field("date"), "amount": Field("money", True), "currency": Field("currency"),
        "method": Field("text"), "note": Field("text"),
    }, ((*_NAMED, "order_number"), ("paid_on",), ("amount",))),
    Kind("deals", "deals", "deals", {
        "deal_code": Field("code"), **_CUSTOMER, "product_code": Field("code"), "product_name": Field("text"),
        "title": Field("text"), "stage": _choice("deal_stage", required=True), "amount": Field("money"),
        "probability": Field("share"), "opened_on": Field("date"), "expected_on": Field("date"),
        "closed_on": Field("date"), "lost_reason": Field("text"),
    }, (("deal_code", "title", "product_name"), ("stage",))),
    Kind("tickets", "tickets", "tickets", {
        "ticket_code": Field("code"), **_CUSTOMER, "order_number": Field("code"),
        "ticket_kind": _choice("ticket_kind"), "priority": _choice("priority"), "status": _choice("ticket_status"),
        "topic": Field("text"), "channel": _choice("contact_channel"), "agent": Field("text"),
        "subject": Field("text"), "body": Field("text"),
        "opened_at": Field("moment", True), "first_answered_at": Field("moment"), "resolved_at": Field("moment"),
        "reopened_at": Field("moment"), "times_reopened": Field("number"), "answer_due_at": Field("moment"),
        "solution_due_at": Field("moment"), "cost": Field("money"),
    }, (_NAMED, ("opened_at",), ("subject", "body", "topic", "ticket_code"))),
    Kind("interactions", "interactions", "interactions", {
        "interaction_code": Field("code"), **_CUSTOMER, "channel": _choice("contact_channel"),
        "direction": _choice("direction"),
        "subject": Field("text"), "body": Field("text"), "happened_at": Field("moment", True),
    }, (_NAMED, ("happened_at",))),
    # One line an answer to one item; it may judge a product.
    Kind("answers_long", "survey_answers", "customers", {
        "response_code": Field("code"), **_CUSTOMER, "product_code": Field("code"), "product_name": Field("text"),
        "item": Field("text"), "metric": _choice("metric"),
        "score": Field("number"), "scale_min": Field("number"), "scale_max": Field("number"),
        "comment": Field("text"), "answered_at": Field("moment", True), "seconds_taken": Field("number"),
    }, (("score",), ("answered_at",))),
    # One line a filled-in form, one column an item: these columns are mapped to "item".
    Kind("answers_wide", "survey_answers", "customers", {
        "response_code": Field("code"), **_CUSTOMER, "item": Field("number"), "metric": _choice("metric"),
        "scale_min": Field("number"), "scale_max": Field("number"), "comment": Field("text"),
        "gender": Field("text"), "country": Field("text"), "answered_at": Field("moment", True),
        "seconds_taken": Field("number"),
    }, (("item",), ("answered_at",))),
    # One line a customer whom a campaign reached.
    Kind("campaign_results", "campaign_members", "customers", {
        "campaign_name": Field("text", True), "campaign_channel": _choice("contact_channel"),
        "campaign_cost": Field("money"), **_CUSTOMER, "sent_at": Field("moment"), "has_responded": Field("boolean"),
        "responded_at": Field("moment"), "is_holdout": Field("boolean"),
    }, (("campaign_name",), _NAMED)),
)}

LEFT_OUT = ""      # a column mapped to this is left out
CUSTOM = "custom"  # … to this becomes a custom field of the kind's owner
ITEM = "item"      # of answers_wide: many columns may be mapped to it


def of(key: str) -> Kind:
    """The kind of that key. Raises InvalidInput for another word."""
    if key not in KINDS:
        raise InvalidInput(f"“{key}” is no kind of file; choose one of {', '.join(KINDS)}.", field="kind")
    return KINDS[key]
