"""What are kinds, fields and choices of an import called on the screen?"""

from crm.imports import CUSTOM, ITEM, LEFT_OUT

KINDS = {
    "order_lines": "Order lines, one article a line",
    "orders": "Orders, one order a line",
    "customers": "Customers",
    "products": "Products",
    "payments": "Payments",
    "deals": "Deals",
    "tickets": "Tickets",
    "interactions": "Contacts",
    "answers_long": "Survey answers, one answer a line",
    "answers_wide": "Survey answers, one form a line",
    "campaign_results": "Campaign results",
}
KINDS_IN_A_SENTENCE = {
    "order_lines": "order lines: one article of an order on each line",
    "orders": "orders: one order on each line",
    "customers": "a list of customers",
    "products": "a list of products",
    "payments": "payments",
    "deals": "deals, won, lost and open",
    "tickets": "tickets: questions and complaints",
    "interactions": "contacts with customers",
    "answers_long": "survey answers, one answer on each line",
    "answers_wide": "survey answers, one filled-in form on each line",
    "campaign_results": "results of a campaign, one customer on each line",
}
FIELDS = {
    "order_number": "Order number", "ordered_at": "Order date", "customer_code": "Customer code",
    "customer_name": "Customer name", "customer_email": "E-mail", "customer_phone": "Phone", "company": "Company",
    "first_name": "First name", "last_name": "Last name", "address": "Street", "address_2": "Street, second line",
    "postal_code": "Postal code", "city": "City", "region": "Region", "country": "Country",
    "product_code": "Product code", "product_name": "Product name", "product_kind": "Kind of product",
    "category": "Category", "quantity": "Quantity", "unit_price": "Price of one", "amount": "Amount",
    "discount": "Discount", "cost": "Cost", "profit": "Profit", "price": "Price", "currency": "Currency",
    "channel": "Channel", "status": "Status", "shipped_at": "Shipped on", "note": "Note", "stage": "Stage",
    "since_on": "Customer since", "birth_year": "Year of birth", "birth_date": "Date of birth", "gender": "Gender",
    "yearly_income": "Yearly income", "education": "Education", "email_consent": "Agreed to e-mails", "tags": "Tags",
    "description": "Description", "is_discontinued": "No longer sold", "is_sold_out": "Sold out",
    "is_excluded": "Never offered", "payment_code": "Payment number",
    "paid_on": "Paid on", "due_on": "Due on", "method": "Paid by", "deal_code": "Deal number", "title": "Title",
    "probability": "Chance", "opened_on": "Opened on", "expected_on": "Expected on", "closed_on": "Closed on",
    "lost_reason": "Why it was lost", "ticket_code": "Ticket number", "ticket_kind": "Kind of ticket",
    "priority": "Priority", "subject": "Subject", "body": "Text", "opened_at": "Opened at",
    "first_answered_at": "First answered at", "resolved_at": "Solved at", "reopened_at": "Reopened at",
    "times_reopened": "Times reopened", "answer_due_at": "Answer due at", "solution_due_at": "Solution due at",
    "topic": "Topic", "agent": "Who works on it", "seconds_taken": "Seconds taken", "interaction_code": "Contact number",
    "direction": "From or to the customer", "happened_at": "Happened at", "response_code": "Number of the form",
    "item": "Question", "metric": "Kind of score", "score": "Score", "scale_min": "Lowest score",
    "scale_max": "Highest score", "comment": "Comment", "answered_at": "Answered at",
    "campaign_name": "Campaign", "campaign_channel": "Channel of the campaign", "campaign_cost": "Cost of the campaign",
    "sent_at": "Sent at", "has_responded": "Responded (yes or no)", "responded_at": "Responded at",
    "is_holdout": "Left out on purpose (yes or no)",
}
SPECIAL = {LEFT_OUT: "Leave it out", CUSTOM: "Keep as a field of its own", ITEM: "A question of the survey"}
WHY = {
    "name": "Known name", "similar_name": "Similar name", "values": "What it holds", "remembered": "As the last time",
    "nothing": "Nothing known fits",
}
REASONS = {  # why a file seems to be of a kind; {} is the column that says so
    "file_name": "Its name says so.",
    "repeats": "The numbers in “{}” come on several lines.",
    "unique": "Each line has a number of its own in “{}”.",
    "words": "The words in “{}” are of that kind.",
    "items": "Columns like “{}” hold answers on one scale.",
    "name": "A column is called “{}”.",
    "similar_name": "The name “{}” is much like a known one.",
    "values": "What “{}” holds fits.",
    "no_names": "The file has no heading, so this is less sure.",
}
ON_KNOWN = {
    "fill": "Fill in only what is missing",
    "overwrite": "Take the values of the file",
    "skip": "Leave them as they are",
}
ENCODINGS = {"utf-8": "UTF-8", "utf-8-sig": "UTF-8 with mark", "cp1252": "Western Windows (CP1252)",
             "gb18030": "Chinese (GBK, GB18030)", "utf-16": "UTF-16"}
DELIMITERS = {",": "Comma", ";": "Semicolon", "\t": "Tab", "|": "Bar", " ": "Blanks"}
QUOTES = {'"': "Double quotes", "'": "Single quotes", "": "None"}
DATE_ORDERS = {"ymd": "Year, month, day", "dmy": "Day, month, year", "mdy": "Month, day, year"}
DECIMAL_MARKS = {".": "Point: 1,234.50", ",": "Comma: 1.234,50"}
THOUSANDS_MARKS = {",": "Comma: 1,234", ".": "Point: 1.234", " ": "Blank: 1 234", "'": "Stroke: 1'234"}
YES_NO = {True: "Yes", False: "No"}
TABLES = {
    "customers": "Customers", "products": "Products", "orders": "Orders", "order_lines": "Order lines",
    "payments": "Payments", "deals": "Deals", "tickets": "Tickets", "interactions": "Contacts",
    "survey_answers": "Survey answers", "campaigns": "Campaigns", "campaign_members": "Campaign results",
}
NEW = {
    "customers": "New customers", "products": "New products", "orders": "New orders", "order_lines": "New order lines",
    "payments": "New payments", "deals": "New deals", "tickets": "New tickets", "interactions": "New contacts",
    "survey_answers": "New survey answers", "campaigns": "New campaigns", "campaign_members": "New campaign results",
}
CHANGED = {
    "customers": "Changed customers", "products": "Changed products", "orders": "Changed orders",
    "payments": "Changed payments", "deals": "Changed deals", "tickets": "Changed tickets",
    "interactions": "Changed contacts", "survey_answers": "Changed survey answers",
    "campaign_members": "Changed campaign results",
}
STAGES = {
    "reading": "Reading the file", "understanding": "Understanding the lines",
    "comparing": "Comparing with your records", "customers": "Writing customers", "products": "Writing products",
    "orders": "Writing orders", "order_lines": "Writing order lines", "done": "Done",
}
COLUMNS = {  # what other tables call the fields that a preview of changes names
    "name": "Name", "email": "E-mail", "phone": "Phone", "price_e4": "Price", "cost_e4": "Cost", "kind": "Kind",
    "yearly_income_e4": "Yearly income", "amount_e4": "Amount", "ordered_at": "Order date", "custom_fields": "Own fields",
    "deleted_at": "Deleted",
}
WHY_KEPT = {
    "edited": "Edited since",
    "corrected": "Merged or mended since; take that back first",
    "later_import": "A later import belongs to it",
    "used": "Used by something that came later",
}


def field(name: str) -> str:
    """A field's name on the screen; a custom field keeps its own."""
    return FIELDS.get(name) or COLUMNS.get(name) or name


def stage(name: str) -> str:
    """What a running import is at."""
    return STAGES.get(name) or TABLES.get(name) or "Working"
