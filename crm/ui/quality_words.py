"""What does the page of data quality say? Every finding in words, the answer, what it spoils, and the method."""

import math
import re

import pandas as pd
import streamlit as st

from crm.services.quality import DIMENSIONS, LOOKS, MISSED, WRONG_FIGURES, Quality
from crm.ui import words

TABLES = {"customers": "Customers", "products": "Products", "orders": "Orders", "order_lines": "Order lines",
          "payments": "Payments", "interactions": "Contacts", "tickets": "Tickets", "survey_answers": "Survey answers",
          "deals": "Deals"}
SCORES = {**dict(zip(DIMENSIONS, ("Complete", "Valid", "Unique", "Consistent", "Plausible", "Fresh"), strict=True)),
          "overall": "In all"}
HARM = {WRONG_FIGURES: "Figures are wrong because of it.", MISSED: "Analyses or letters miss something.",
        LOOKS: "It disturbs little."}
# A finding as the list names it; the number of records stands beside it.
FINDINGS = {
    "customers.missing_name": "Customers without a name", "customers.missing_email": "Customers without an e-mail address",
    "customers.missing_phone": "Customers without a phone number", "customers.missing_city": "Customers without a city",
    "customers.missing_country": "Customers without a country",
    "customers.missing_channel": "Customers without the way they were won",
    "customers.missing_since_on": "Customers without the day since when they are customers",
    "customers.since_on": "Customers since an impossible day", "customers.birth_year": "Customers with an impossible year of birth",
    "customers.income_below_zero": "Customers with an income below zero",
    "customers.since_after_first_order": "Customers who ordered before they became customers",
    "customers.email": "Customers with an e-mail address that cannot be one",
    "customers.phone": "Customers with a phone number that cannot be one",
    "customers.phone_without_country": "Phone numbers without a country code",
    "customers.country_names": "Customers whose country is spelled unlike most",
    "customers.city_spellings": "Customers whose city is spelled unlike most",
    "customers.region_spellings": "Customers whose region is spelled unlike most",
    "customers.channel_spellings": "Customers whose channel is spelled unlike most",
    "customers.gender_spellings": "Customers whose gender is spelled unlike most",
    "customers.education_spellings": "Customers whose education is spelled unlike most",
    "customers.name_case": "Names all in capitals or all in small letters",
    "customers.city_case": "Cities all in capitals or all in small letters",
    "customers.blanks": "Customers with needless blanks in a field",
    "customers.same_email": "Customers with the e-mail address of another",
    "customers.same_phone": "Customers with the phone number of another of that name",
    "customers.same_name": "Customers with the name of another in the same city",
    "products.missing_name": "Products without a name", "products.missing_category": "Products without a category",
    "products.missing_price": "Products without a price", "products.missing_cost": "Products without a cost",
    "products.price_of_nothing": "Products with a price of zero", "products.sold_below_cost": "Products that cost more than their price",
    "products.category_spellings": "Products whose category is spelled unlike most",
    "products.blanks": "Products with needless blanks in a field",
    "products.same_name": "Products with the name of another",
    "orders.missing_customer": "Orders of nobody known", "orders.missing_channel": "Orders without a channel",
    "orders.missing_country": "Orders without a country", "orders.ordered_at": "Orders of an impossible day",
    "orders.shipped_at": "Orders shipped on an impossible day", "orders.shipped_before_ordered": "Orders shipped before they were made",
    "orders.without_lines": "Orders without a line", "orders.other_currency": "Orders in another currency, which no sum counts",
    "orders.currency": "Orders in a currency that does not exist",
    "orders.country_names": "Orders whose country is spelled unlike most",
    "orders.channel_spellings": "Orders whose channel is spelled unlike most",
    "orders.repeated": "Orders that repeat another order",
    "orders.totals": "Orders whose total is not the sum of their lines",
    "orders.amount": "Orders far off the usual amount",
    "order_lines.missing_product": "Order lines without a product", "order_lines.line_at": "Order lines of an impossible day",
    "order_lines.no_quantity": "Order lines with a quantity of zero",
    "order_lines.quantity_sign": "Sales below zero, or returns above it",
    "order_lines.price_below_zero": "Order lines with a price below zero",
    "order_lines.sold_for_nothing": "Order lines sold for nothing",
    "order_lines.amount": "Order lines whose amount is not quantity times price",
    "order_lines.list_price": "Order lines more than ten times off the product's price",
    "order_lines.repeated": "Order lines that repeat another of the same order",
    "order_lines.quantity": "Quantities far off what is usual for the product",
    "order_lines.price": "Prices far off what is usual for the product",
    "payments.missing_order": "Payments that belong to no order", "payments.missing_method": "Payments without a method",
    "payments.missing_due_on": "Payments without the day when they were due",
    "payments.paid_on": "Payments of an impossible day", "payments.due_on": "Payments due on an impossible day",
    "payments.of_nothing": "Payments of nothing", "payments.other_customer": "Payments for the order of another customer",
    "payments.other_currency": "Payments in another currency than their order",
    "payments.currency": "Payments in a currency that does not exist",
    "payments.method_spellings": "Payments whose method is spelled unlike most",
    "payments.repeated": "Payments that repeat another payment", "payments.amount": "Payments far off the usual amount",
    "interactions.missing_words": "Contacts without a word about what was said",
    "interactions.happened_at": "Contacts of an impossible day", "interactions.repeated": "Contacts that repeat another one",
    "tickets.missing_body": "Tickets without a text", "tickets.missing_answer": "Answered tickets without the moment of the answer",
    "tickets.missing_resolution": "Resolved tickets without the moment when they were",
    "tickets.opened_at": "Tickets opened on an impossible day", "tickets.first_answered_at": "Tickets answered on an impossible day",
    "tickets.resolved_at": "Tickets resolved on an impossible day",
    "tickets.resolved_before_answered": "Tickets resolved before they were answered",
    "tickets.other_customer": "Tickets about the order of another customer", "tickets.repeated": "Tickets that repeat another one",
    "survey_answers.missing_customer": "Survey answers of nobody known",
    "survey_answers.answered_at": "Survey answers of an impossible day",
    "survey_answers.answered_before_asked": "Survey answers given before their ticket was opened",
    "survey_answers.recommendation_scale": "Recommendation scores that are not on the scale from 0 to 10",
    "survey_answers.other_customer": "Survey answers about the ticket of another customer",
    "survey_answers.item_spellings": "Survey answers whose question is spelled unlike most",
    "survey_answers.repeated": "Survey answers that repeat another one",
    "deals.missing_customer": "Deals with nobody known", "deals.missing_amount": "Deals without an amount",
    "deals.missing_expected_on": "Open deals without the day when a decision is expected",
    "deals.missing_probability": "Open deals without a chance of being won",
    "deals.missing_closed_on": "Won or lost deals without the day when they were",
    "deals.missing_lost_reason": "Lost deals without a reason", "deals.opened_on": "Deals begun on an impossible day",
    "deals.closed_on": "Deals closed on an impossible day", "deals.closed_before_opened": "Deals closed before they began",
    "deals.amount_below_zero": "Deals with an amount below zero", "deals.open_but_closed": "Open deals with a day of closing",
    "deals.repeated": "Deals that repeat another one", "deals.amount": "Deals far off the usual amount",
    "customers.outdated": "No new customer for longer than usual", "products.outdated": "No new product for longer than usual",
    "orders.outdated": "No new order for longer than usual", "payments.outdated": "No new payment for longer than usual",
    "interactions.outdated": "No new contact for longer than usual", "tickets.outdated": "No new ticket for longer than usual",
    "survey_answers.outdated": "No new survey answer for longer than usual",
    "deals.outdated": "No new deal for longer than usual",
}
FIELDS = {
    "record": "Record", "customer": "Customer", "name": "Name", "company": "Company", "email": "E-mail", "phone": "Phone",
    "address": "Address", "postal_code": "Postal code", "city": "City", "region": "Region", "country": "Country",
    "channel": "Channel", "gender": "Gender", "education": "Education", "kind": "Kind", "code": "Code", "since_on": "Since",
    "birth_year": "Born in", "yearly_income": "Income", "category": "Category", "price": "Price", "cost": "Cost",
    "ordered_at": "Ordered", "shipped_at": "Shipped", "status": "State", "currency": "Currency", "method": "Method",
    "net_amount": "Total", "charged_amount": "Charged", "net_amount_e4": "Total", "charged_amount_e4": "Charged",
    "quantity": "Quantity", "unit_price": "Price", "amount": "Amount", "discount": "Discount", "line_at": "Day",
    "paid_on": "Paid", "due_on": "Due", "happened_at": "When", "opened_at": "Opened", "first_answered_at": "Answered",
    "resolved_at": "Resolved", "answered_at": "Answered", "score": "Score", "scale_min": "Scale from", "scale_max": "Scale to",
    "item": "Question", "stage": "Stage", "opened_on": "Begun", "closed_on": "Closed", "usual": "Usual", "same_as": "Same as",
    "newest": "Day",
}


def finding(code: str) -> str:
    """The finding as the list names it."""
    return FINDINGS[code]


def inside(code: str) -> str:
    """The finding inside a sentence."""
    return FINDINGS[code][0].lower() + FINDINGS[code][1:]


def how_many(row) -> str:
    """How many records of how many; nothing for a table that is merely old."""
    if row.dimension == "freshness":
        return ""
    return f"{words.count(row.records)} of {words.count(row.looked_at)}"


def sentence(result: Quality, worthwhile) -> str:
    """The score, how much was looked at, and what is most worth mending: a row of the findings, or None."""
    records = words.count(result.scores["rows"].sum())
    head = f"**Your data scores {score(result.overall)} of 100.** {records} records were looked at"
    if worthwhile is None:
        return f"{head}, and nothing wrong was found."
    many = how_many(worthwhile)
    found = "one thing needs a look" if len(result.findings) == 1 else f"{len(result.findings)} things need a look"
    return (f"{head}; {found}. Most worth mending now: **{inside(worthwhile.code)}**"
            + (f", {many}." if many else "."))


def score(number: float | None) -> str:
    """A score as it is written: rounded down, so that 100 means that nothing was found.

    >>> score(99.97), score(100.0), score(float("nan"))
    ('99', '100', '–')
    """
    return "–" if number is None or math.isnan(number) else f"{math.floor(number)}"


def visible(content: str) -> str:
    """A field's content with its needless blanks made visible, and nothing named as such.

    >>> visible(" Ada  Ample"), visible("Ada Ample"), visible("")
    ('␣Ada␣␣Ample', 'Ada Ample', '(empty)')
    """
    return re.sub(r"^\s+|\s+$|\s{2,}|[^\S ]", lambda found: "␣" * len(found.group()), content) or "(empty)"


def advice(code: str) -> str:
    """What to do about a finding that is not mended here."""
    if code.endswith(".outdated"):
        return "Bring in what has happened since, or record it by hand."
    if code == "orders.missing_customer":
        return "Sales over the counter have no name; where you know it, bring the orders in again with it."
    if code in ("customers.same_email", "customers.same_phone", "customers.same_name"):
        return "The page of duplicates shows both side by side and makes one of them, with a way back."
    if ".missing_" in code:
        return ("Bring in a file that has it: what is missing is filled in, what is there stays. Or open a record and type "
                "it in.")
    if code.startswith(("orders.", "order_lines.")):
        return "Open the order and correct it there, if it is wrong: an unusual one may be right."
    if code.startswith("customers."):
        return "Open the customer and correct it there."
    return "Correct it where it comes from, and bring that in again."


def old_table(code: str, result: Quality) -> str:
    """When the newest record came, and how long that usually takes."""
    fresh = result.freshness[code.partition(".")[0]]
    return (f"The newest is of {words.day(fresh.newest_on)}, {words.count(fresh.age_days)} days ago; "
            f"usually one comes within {_days(fresh.usual_gap_days)}.")


def _days(number: float | None) -> str:
    return "a day" if number == 1 else f"{words.count(number)} days"


def method(result: Quality) -> None:
    """The scores and their formulas, with the figures of this company."""
    st.markdown(
        "Every rule says of each record whether it keeps it. From that, a table gets up to six scores from 0 to 100. A table "
        "without records has none, nor has a dimension in which there is nothing to judge.")
    st.latex(r"\text{complete} = 100\,\frac{\text{fields filled in}}{\text{fields that matter}} \qquad "
             r"\text{valid, unique, consistent, plausible} = 100\,\frac{\text{records that break no rule}}{\text{records}}")
    st.latex(r"\text{fresh} = 100\,\min\!\left(1, \frac{\text{usual gap}}{\text{age of the newest record}}\right) \qquad "
             r"\text{far off: } \left|\ln x - m\right| > 5\,\max\!\left(1.4826\,\text{MAD},\ "
             r"\tfrac{p_{95} - m}{1.645},\ \tfrac{\ln 2}{2}\right)")
    st.markdown(
        "- **Complete**: fields that letters and analyses use, such as a customer's e-mail address. Fields that few need are "
        "not asked for.\n"
        "- **Valid**: it can be right. Days lie after 1989 and not in the future, nothing is shipped before it is ordered, "
        "phone numbers have a length that their country knows.\n"
        "- **Unique**: no record repeats another. The first of two equal ones is no repeat.\n"
        "- **Consistent**: one word is written in one way, and totals equal their lines.\n"
        "- **Plausible**: nothing lies far off the usual. For a quantity or a price, the usual is the median *m* of the same "
        "product, on the logarithm; MAD is the median distance from it, and the 95th percentile (below the median the 5th) "
        "keeps a shop's large customers from looking like slips. At least 20 sales must be known (Leys et al. 2013). Far off "
        "is not wrong: look first.\n"
        "- **Fresh**: the usual gap is the one that 95 % of the gaps between days with records do not exceed, over the last "
        "two years. At least ten days with records must be known.\n\n"
        "A table's score is the mean of its dimensions, the whole the mean of the tables; all are rounded down. The list of "
        "what needs a look begins with what makes figures wrong, then what analyses or letters miss; of equals, what "
        "concerns the larger share of records comes first.")
    fresh = pd.DataFrame([
        {"table": TABLES[table], "rows": int(result.scores.at[table, "rows"]), "newest": found.newest_on,
         "age": found.age_days, "usual": found.usual_gap_days} for table, found in result.freshness.items()])
    if len(fresh):
        st.dataframe(fresh, hide_index=True, height="content", placeholder="–", column_config={
            "table": "Table", "rows": st.column_config.NumberColumn("Records", format="%,d"),
            "newest": st.column_config.DateColumn("Newest", format="D MMM YYYY"),
            "age": st.column_config.NumberColumn("Days ago", format="%,d"),
            "usual": st.column_config.NumberColumn("Usual gap, days", format="%d")})
    st.markdown(
        "A fix changes what it showed and nothing else: it looks again before it writes, and refuses if anything changed in "
        "between. What somebody edits after it stays when the fix is taken back.")
