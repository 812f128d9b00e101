"""Which kind of file is it? What the fields, keys and words of each kind say for it, and how far ahead it is."""

import re
from collections.abc import Mapping

from crm.imports.guessing.names import SIMILAR
from crm.imports.guessing.naming import ColumnGuess, choice_words
from crm.imports.guessing.values import Column
from crm.imports.kinds import CUSTOM, ITEM, KINDS, LEFT_OUT
from crm.imports.vocabulary import normalised

# How much a field says for its kind; a field that most kinds have says little, one without an entry 0.4.
_POINTS: dict[str, dict[str, float]] = {
    "order_lines": {"order_number": 2, "ordered_at": 1.5, "product_code": 2, "product_name": 1.5, "quantity": 2.5,
                    "unit_price": 2, "amount": 1.5, "discount": 1, "profit": 1, "shipped_at": 1, "customer_code": 0.8},
    "orders": {"order_number": 2.5, "ordered_at": 1.5, "amount": 1.5, "quantity": 1, "status": 1, "shipped_at": 1.2,
               "customer_code": 0.8, "product_code": 0.3, "product_name": 0.3, "unit_price": 0.5},
    "customers": {"customer_code": 1, "customer_name": 1, "first_name": 2, "last_name": 2, "company": 1,
                  "customer_email": 1.2, "customer_phone": 1.2, "address": 1, "address_2": 1, "postal_code": 0.8,
                  "city": 0.8, "region": 0.5, "country": 0.5, "stage": 1, "since_on": 1.2, "birth_year": 2,
                  "birth_date": 2, "gender": 1, "yearly_income": 1.5, "education": 1.2, "email_consent": 1.5,
                  "tags": 0.8},
    "products": {"product_code": 1.5, "product_name": 1.5, "product_kind": 1, "category": 1, "price": 1.5, "cost": 1,
                 "description": 1, "is_discontinued": 1.5, "is_sold_out": 1.5, "is_excluded": 1.5},
    "payments": {"payment_code": 1.5, "paid_on": 1.5, "due_on": 1, "amount": 1, "method": 1.5, "order_number": 0.7},
    "deals": {"deal_code": 2, "stage": 2.5, "probability": 2, "opened_on": 1, "expected_on": 2, "closed_on": 1.5,
              "lost_reason": 2, "title": 1.5, "amount": 1},
    "tickets": {"ticket_code": 2, "ticket_kind": 1.5, "priority": 2, "status": 1, "subject": 1, "body": 0.7,
                "opened_at": 1, "first_answered_at": 2, "resolved_at": 2, "reopened_at": 2, "times_reopened": 2,
                "answer_due_at": 2, "solution_due_at": 0.7, "topic": 0.7, "channel": 0.5, "agent": 1},
    "interactions": {"interaction_code": 1.5, "channel": 1.5, "direction": 2, "subject": 0.7, "body": 1,
                     "happened_at": 1},
    "answers_long": {"response_code": 1, "item": 1.5, "metric": 1.5, "score": 2, "scale_min": 1.5, "scale_max": 1.5,
                     "comment": 1, "answered_at": 1, "seconds_taken": 0.7},
    "answers_wide": {ITEM: 1, "response_code": 0.7, "comment": 0.7, "answered_at": 0.7,
                     "seconds_taken": 0.7},
    "campaign_results": {"campaign_name": 3, "campaign_channel": 0.7, "campaign_cost": 0.7, "sent_at": 1,
                         "has_responded": 2, "responded_at": 2, "is_holdout": 2},
}
_OTHER_FIELD = 0.4
_FILE_WORDS = {
    "order_lines": ("orderdetail", "orderline", "invoiceline", "lineitem", "orderitem", "sales", "position", "明细",
                    "销售"),
    "orders": ("order", "invoice", "transaction", "purchase", "bestellung", "rechnung", "commande", "pedido", "订单"),
    "customers": ("customer", "client", "contact", "account", "member", "user", "lead", "kunde", "cliente", "客户", "会员"),
    "products": ("product", "catalog", "article", "artikel", "produit", "producto", "inventory", "产品", "商品"),
    "payments": ("payment", "zahlung", "paiement", "pago", "receipt", "付款", "收款", "支付"),
    "deals": ("deal", "opportunit", "pipeline", "商机"),
    "tickets": ("ticket", "case", "support", "complaint", "incident", "beschwerde", "工单", "投诉"),
    "interactions": ("interaction", "activit", "call", "conversation", "message", "沟通", "跟进", "通话"),
    "answers_long": ("survey", "answer", "response", "feedback", "nps", "csat", "umfrage", "问卷", "满意度"),
    "answers_wide": ("survey", "satisfaction", "answer", "response", "feedback", "questionnaire", "umfrage", "问卷",
                     "满意度"),
    "campaign_results": ("campaign", "mailing", "kampagne", "campagne", "营销", "活动"),
}
_FILE_POINTS = 1.2
_KEY_POINTS = 2.0  # for keys that are unique, or repeat, as the kind's do
_DOUBT = 1.5  # points that speak for something unknown: a file of few words stays a guess
_DOUBT_WITHOUT_NAMES = 3.0
MOST_WITHOUT_NAMES = 0.6
_UNMET = 0.3  # what is left of a kind for each thing that it needs and the file lacks
_UNMET_BUT_SAID = 0.85  # … and that is the same for the whole file as a rule, so that the user only says it
_SAID_FOR_ALL = {"answered_at", "campaign_name"}
_MOST_ITEMS = 8  # points of a survey's items: more items make it no surer

Reasons = list[tuple[str, str]]


def scores_of(columns: list[Column], guesses: Mapping[str, dict[int, ColumnGuess]], *, file_name: str,
              has_names: bool) -> tuple[dict[str, float], dict[str, Reasons]]:
    """{kind: 0..1, the likeliest first} and what speaks for each kind as (code, column)."""
    said = {kind: _said(columns, found, kind) for kind, found in guesses.items()}
    unmet = {kind: _unmet(found, kind) for kind, found in guesses.items()}
    # A name that many kinds know tells little of which it is.
    known_by = [sum(column.place in points for points in said.values()) for column in columns]
    weighed = {kind: {place: number / known_by[place] ** 0.5 for place, number in points.items()}
               for kind, points in said.items()}
    possible = [kind for kind, factor in unmet.items() if factor > _UNMET]
    scores, reasons = {}, {}
    for kind, points in weighed.items():
        extra, factor, why = _keys(columns, guesses[kind], kind)
        if _names_kind(file_name, kind):
            extra += _FILE_POINTS
            why.append(("file_name", ""))
        unexplained = sum(max((weighed[other].get(column.place, 0.0) for other in possible), default=0.0)
                          for column in columns if column.place not in points)
        for_it = (sum(points.values()) + extra) if points else 0.0
        doubt = _DOUBT if has_names else _DOUBT_WITHOUT_NAMES
        scores[kind] = for_it / (for_it + unexplained + doubt) * factor * unmet[kind]
        telling = sorted(points, key=lambda place: -points[place])[:3]
        why += [(guesses[kind][place].why, columns[place].name) for place in telling]
        reasons[kind] = why if for_it else []
    ordered = sorted(scores, key=lambda kind: -scores[kind])
    return {kind: round(scores[kind], 3) for kind in ordered}, reasons


def confidence_of(scores: Mapping[str, float], kind: str, *, has_names: bool) -> float:
    """How sure the kind is: its score, less what the next one comes close to it."""
    next_one = max((score for other, score in scores.items() if other != kind), default=0.0)
    mine = scores[kind]
    sure = mine * (1 - 0.5 * min(1.0, next_one / mine)) if mine else 0.0
    return round(sure if has_names else min(sure, MOST_WITHOUT_NAMES), 3)


def _said(columns: list[Column], found: Mapping[int, ColumnGuess], kind: str) -> dict[int, float]:
    """{place: points} of the columns that fill a field of the kind."""
    items = max(1, sum(guess.ours == ITEM for guess in found.values()))
    points = {}
    for place, guess in found.items():
        if guess.ours in (LEFT_OUT, CUSTOM):
            continue
        number = _POINTS[kind].get(guess.ours, _OTHER_FIELD) * guess.confidence
        if guess.ours == ITEM and kind == "answers_wide":
            # A question in the column's name says more than a short scale alone.
            number *= 2.0 if guess.why == SIMILAR else min(1.0, _MOST_ITEMS / items)
        points[place] = number
    return points


def _unmet(found: Mapping[int, ColumnGuess], kind: str) -> float:
    filled = {guess.ours for guess in found.values()}
    factor = 1.0
    for group in KINDS[kind].needs:
        if not filled & set(group):
            factor *= _UNMET_BUT_SAID if _SAID_FOR_ALL & set(group) else _UNMET
    return factor


def _keys(columns: list[Column], found: Mapping[int, ColumnGuess], kind: str) -> tuple[float, float, Reasons]:
    """Points and a factor for how the keys repeat and which words the texts hold."""
    by_field = {guess.ours: columns[place] for place, guess in sorted(found.items(), reverse=True)}
    reasons: Reasons = []
    points, factor = 0.0, 1.0
    number = by_field.get("order_number")
    product = by_field.get("product_code") or by_field.get("product_name")
    if kind == "order_lines":
        if product is None and "unit_price" not in by_field:
            factor = 0.5
        elif number is not None and number.filled and number.distinct_share < 0.9:
            points += _KEY_POINTS
            reasons.append(("repeats", number.name))
    elif kind == "orders":
        says_more = bool({"ordered_at", "amount"} & set(by_field))
        if number is not None and number.is_unique and product is None and says_more:
            points += _KEY_POINTS
            reasons.append(("unique", number.name))
        elif number is not None and number.filled and number.distinct_share < 0.9:
            factor = 0.4
        if len({"quantity", "unit_price"} & set(by_field)) + (product is not None) >= 2:
            factor *= 0.6
    elif kind in ("customers", "products"):
        fields = (("customer_code", "customer_email", "customer_name", "company", "last_name") if kind == "customers"
                  else ("product_code", "product_name"))
        key = next((by_field[ours] for ours in fields if ours in by_field), None)
        if key is not None and key.filled and key.is_unique:
            points += _KEY_POINTS
            reasons.append(("unique", key.name))
        elif key is not None and key.filled and key.distinct_share < 0.8:
            factor = 0.4
    elif kind == "payments":
        code = by_field.get("payment_code")
        if code is not None and code.is_unique:
            points += _KEY_POINTS
            reasons.append(("unique", code.name))
    elif kind == "answers_wide" and ITEM in by_field:
        reasons.append(("items", by_field[ITEM].name))
    for ours, column in by_field.items():
        known = choice_words(kind, ours) if ours in KINDS[kind].fields else {}
        if known and column.distinct >= 2 and column.known_share(known) >= 0.8:
            points += 1.0
            reasons.append(("words", column.name))
    return points, factor, reasons


def _names_kind(file_name: str, kind: str) -> bool:
    stem = re.sub(r"\.\w{1,5}$", "", file_name.replace("\\", "/").rsplit("/", 1)[-1])
    return any(word in normalised(stem) for word in _FILE_WORDS[kind])
