"""What kind of file it is and which column is which: from names, from texts, from both, and never too sure."""

import csv
import io

import pandas as pd
import pytest

from crm.errors import InvalidInput
from crm.imports.files import open_source
from crm.imports.guessing import guess
from crm.imports.kinds import CUSTOM, ITEM, KINDS, LEFT_OUT
from crm.imports.mapping import map_columns
from crm.imports.shapes import Remembered
from crm.imports.tables import read_head
from crm.models.base import now

SURE, DOUBTFUL = 0.5, 0.25


def head(text: str, delimiter: str = ",") -> pd.DataFrame:
    rows = list(csv.reader(io.StringIO(text.strip()), delimiter=delimiter))
    return pd.DataFrame(rows[1:], columns=rows[0], dtype=object)


def unnamed(text: str) -> pd.DataFrame:
    rows = list(csv.reader(io.StringIO(text.strip())))
    return pd.DataFrame(rows, columns=[str(place) for place in range(1, len(rows[0]) + 1)], dtype=object)


def filled(found) -> dict[str, str]:
    """{theirs: ours} of what fills a field."""
    return {column.column: column.ours for column in found.columns if column.ours not in (LEFT_OUT, CUSTOM)}


def why_of(found, name: str) -> str:
    return next(column.why for column in found.columns if column.column == name)


EXPORTS = {  # (kind, the file, {theirs: ours} of all that fills a field)
    "a shop system's orders": ("order_lines", """
Name,Email,Financial Status,Paid at,Accepts Marketing,Currency,Subtotal,Total,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Billing Name,Billing City
#1001,a@x.com,paid,2024-01-02 10:00,yes,EUR,30.00,35.00,2024-01-02 09:58,2,Blue mug,10.00,MUG-B,Ann Lee,Berlin
#1001,a@x.com,,,,,,,2024-01-02 09:58,1,Red mug,10.00,MUG-R,,
#1002,b@x.com,paid,2024-01-05 10:00,no,EUR,10.00,15.00,2024-01-05 09:58,1,Red mug,10.00,MUG-R,Bob Ray,Köln
""", {"Name": "order_number", "Email": "customer_email", "Financial Status": "status", "Currency": "currency",
      "Created at": "ordered_at", "Lineitem quantity": "quantity", "Lineitem name": "product_name",
      "Lineitem price": "unit_price", "Lineitem sku": "product_code", "Billing Name": "customer_name",
      "Billing City": "city"}),
    "orders without articles": ("orders", """
order_id,customer_id,order_status,order_purchase_timestamp,order_delivered_carrier_date
e481,9ef4,delivered,2017-10-02 10:56:33,2017-10-04 19:55:00
53cd,b083,delivered,2018-07-24 20:41:37,2018-07-26 14:31:00
""", {"order_id": "order_number", "customer_id": "customer_code", "order_status": "status",
      "order_purchase_timestamp": "ordered_at"}),
    "articles without dates": ("order_lines", """
order_id,order_item_id,product_id,shipping_limit_date,price
0001,1,4244,2017-09-19 09:45:35,58.90
0001,2,e5f2,2017-05-03 11:05:13,239.90
0002,1,e5f2,2017-05-03 11:05:13,239.90
""", {"order_id": "order_number", "product_id": "product_code", "price": "unit_price"}),
    "contacts": ("customers", """
Record ID,First Name,Last Name,Email,Phone Number,Contact owner,Create Date,Associated Company,Lifecycle Stage
51,Ann,Lee,a@x.com,+49 30 1234567,Me,2024-01-02 10:11,Lee AG,Lead
52,Bob,Ray,b@x.com,+49 221 765432,Me,2024-01-03 11:11,Ray GmbH,Customer
""", {"Record ID": "customer_code", "First Name": "first_name", "Last Name": "last_name", "Email": "customer_email",
      "Phone Number": "customer_phone", "Create Date": "since_on", "Associated Company": "company",
      "Lifecycle Stage": "stage"}),
    "customers in Chinese": ("customers", """
客户编号,姓名,手机号,邮箱,性别,生日,城市,客户来源,客户状态,备注
K1,王伟,13800138000,w@x.cn,男,1980-02-01,上海,抖音,老客户,
K2,李娜,13900139000,l@x.cn,女,1990-05-06,北京,朋友,潜在客户,喜欢蓝色
""", {"客户编号": "customer_code", "姓名": "customer_name", "手机号": "customer_phone", "邮箱": "customer_email",
      "性别": "gender", "生日": "birth_date", "城市": "city", "客户来源": "channel", "客户状态": "stage", "备注": "note"}),
    "customers in French": ("customers", """
N° client,Nom,Prénom,Adresse,Code postal,Ville,Téléphone,Courriel
C1,Dupont,Marie,1 rue de la Paix,75001,Paris,01 42 33 44 55,marie@x.fr
C2,Martin,Luc,2 av. Foch,69001,Lyon,04 78 11 22 33,luc@x.fr
""", {"N° client": "customer_code", "Nom": "last_name", "Prénom": "first_name", "Adresse": "address",
      "Code postal": "postal_code", "Ville": "city", "Téléphone": "customer_phone", "Courriel": "customer_email"}),
    "products": ("products", """
Artikelnummer,Artikelbezeichnung,Warengruppe,EK,VK,Bestand
A1,Tasse blau,Tassen,4.00,10.00,12
A2,Teller,Teller,2.00,5.00,7
""", {"Artikelnummer": "product_code", "Artikelbezeichnung": "product_name", "Warengruppe": "category", "EK": "cost",
      "VK": "price"}),
    "a bank's account": ("payments", """
Buchungstag,Name,Verwendungszweck,Betrag,Währung
02.01.2024,Anna Müller,Rechnung 1001,"35,00",EUR
15.01.2024,Jörg Schmidt,Rechnung 1002,"15,00",EUR
""", {"Buchungstag": "paid_on", "Name": "customer_name", "Verwendungszweck": "note", "Betrag": "amount",
      "Währung": "currency"}),
    "opportunities": ("deals", """
Opportunity ID,Opportunity Name,Account Name,Stage,Amount,Probability (%),Close Date,Created Date,Lead Source
006A,Edge Install,Edge Communications,Closed Won,75000,100,1/12/2024,12/1/2023,Web
006B,GenePoint SLA,GenePoint,Negotiation/Review,30000,90,3/31/2024,1/5/2024,Partner
""", {"Opportunity ID": "deal_code", "Opportunity Name": "title", "Account Name": "company", "Stage": "stage",
      "Amount": "amount", "Probability (%)": "probability", "Close Date": "closed_on", "Created Date": "opened_on"}),
    "deals in Chinese": ("deals", """
商机名称,客户名称,阶段,预计金额,预计成交日期,赢单率
大单,上海公司,赢单,12000,2024-05-01,100%
小单,北京公司,报价,900,2024-06-01,50%
""", {"商机名称": "title", "客户名称": "customer_name", "阶段": "stage", "预计金额": "amount", "预计成交日期": "expected_on",
      "赢单率": "probability"}),
    "a help desk's tickets": ("tickets", """
Id,Requester,Requester email,Subject,Status,Priority,Ticket type,Created at,Solved at,Group
35,Ann Lee,a@x.com,Broken mug,Solved,Urgent,Incident,2024-02-03 10:00,2024-02-04 10:00,Support
36,Bob Ray,b@x.com,Invoice?,Open,Normal,Question,2024-02-05 10:00,,Support
""", {"Id": "ticket_code", "Requester": "customer_name", "Requester email": "customer_email", "Subject": "subject",
      "Status": "status", "Priority": "priority", "Ticket type": "ticket_kind", "Created at": "opened_at",
      "Solved at": "resolved_at"}),
    "a log of contacts": ("interactions", """
Date,Contact,Type,Direction,Notes
2024-01-02,Ann Lee,Call,Outbound,Talked about the mug
2024-01-04,Bob Ray,Email,Inbound,Asks for a quote
""", {"Date": "happened_at", "Contact": "customer_name", "Type": "channel", "Direction": "direction", "Notes": "body"}),
    "answers, one a line": ("answers_long", """
response_id,customer_id,question,score,submitted_at,comment
1,C1,How likely are you to recommend us?,9,2024-01-02,good
2,C2,How likely are you to recommend us?,3,2024-01-03,
""", {"response_id": "response_code", "customer_id": "customer_code", "question": "item", "score": "score",
      "submitted_at": "answered_at", "comment": "comment"}),
    "a form's answers": ("answers_wide", """
Timestamp,Email Address,How satisfied are you with our service?,How likely are you to recommend us?,What can we do better?
2024/02/03 10:00:00,a@x.com,5,10,Nothing at all
2024/02/04 10:00:00,b@x.com,3,6,Faster delivery
2024/02/05 10:00:00,c@x.com,4,8,
""", {"Timestamp": "answered_at", "Email Address": "customer_email", "How satisfied are you with our service?": ITEM,
      "How likely are you to recommend us?": ITEM, "What can we do better?": "comment"}),
    "a mailing's results": ("campaign_results", """
Campaign,Email,Sent at,Clicked,Control group
Spring sale,a@x.com,2024-03-01,yes,no
Spring sale,b@x.com,2024-03-01,no,no
""", {"Campaign": "campaign_name", "Email": "customer_email", "Sent at": "sent_at", "Clicked": "has_responded",
      "Control group": "is_holdout"}),
}


@pytest.mark.parametrize("name", EXPORTS)
def test_other_programs_exports_are_understood(name):
    kind, text, expected = EXPORTS[name]
    found = guess(head(text))
    assert found.kind == kind and filled(found) == expected
    map_columns(list(found.mapping), kind=kind, guessed=found.mapping)


def test_every_kind_has_an_export_among_these_tests():
    assert {kind for kind, _, _ in EXPORTS.values()} == set(KINDS)


# The real files, as their publishers made them.

REAL = {
    "online_retail/online_retail.csv.xz": ("order_lines", {
        "InvoiceNo": "order_number", "StockCode": "product_code", "Description": "product_name", "Quantity": "quantity",
        "InvoiceDate": "ordered_at", "UnitPrice": "unit_price", "CustomerID": "customer_code", "Country": "country"}),
    "superstore_zh/orders_gbk.csv": ("order_lines", {
        "订单 ID": "order_number", "订单日期": "ordered_at", "发货日期": "shipped_at", "客户 ID": "customer_code",
        "客户名称": "customer_name", "城市": "city", "省/自治区": "region", "国家": "country", "产品 ID": "product_code",
        "类别": "category", "产品名称": "product_name", "销售额": "amount", "数量": "quantity", "折扣": "discount",
        "利润": "profit"}),
    "crm_opportunities/sales_pipeline.csv": ("deals", {
        "opportunity_id": "deal_code", "product": "product_name", "account": "company", "deal_stage": "stage",
        "engage_date": "opened_on", "close_date": "closed_on", "close_value": "amount"}),
    "crm_opportunities/accounts.csv": ("customers", {"account": "company", "office_location": "country"}),
    "crm_opportunities/products.csv": ("products", {
        "product": "product_name", "series": "category", "sales_price": "price"}),
    "telco_churn/telco_customer_churn.csv": ("customers", {"customerID": "customer_code", "gender": "gender"}),
    "mall_customers/Mall_Customers.csv": ("customers", {
        "CustomerID": "customer_code", "Gender": "gender", "Annual Income (k$)": "yearly_income"}),
}
WITHOUT_NAMES = {
    "cdnow/CDNOW_sample.txt.xz": ("orders", {"1": "customer_code", "3": "ordered_at", "4": "quantity", "5": "amount"}),
    "classicmodels/Customers.txt": ("customers", {
        "1": "customer_code", "2": "company", "3": "last_name", "4": "first_name", "5": "customer_phone",
        "6": "address", "7": "address_2", "8": "city", "9": "region", "10": "postal_code", "11": "country"}),
    "classicmodels/Orders.txt": ("orders", {
        "1": "order_number", "2": "ordered_at", "4": "shipped_at", "5": "status", "6": "note", "7": "customer_code"}),
    "classicmodels/OrderDetails.txt": ("order_lines", {
        "1": "order_number", "2": "product_code", "3": "quantity", "4": "unit_price"}),
    "classicmodels/Products.txt": ("products", {
        "1": "product_code", "2": "product_name", "3": "category", "6": "description", "8": "cost", "9": "price"}),
    "classicmodels/Payments.txt": ("payments", {
        "1": "customer_code", "2": "payment_code", "3": "paid_on", "4": "amount"}),
}


def guessed(datasets, name):
    path = datasets / name
    return guess(read_head(open_source(path), lines=1_000).lines, file_name=path.name)


@pytest.mark.parametrize("name", REAL)
def test_real_files_with_names_are_understood_and_surely(datasets, name):
    kind, expected = REAL[name]
    found = guessed(datasets, name)
    assert (found.kind, filled(found)) == (kind, expected) and found.confidence > SURE


@pytest.mark.parametrize("name", WITHOUT_NAMES)
def test_real_files_without_names_are_understood_by_their_texts_but_never_surely(datasets, name):
    kind, expected = WITHOUT_NAMES[name]
    found = guessed(datasets, name)
    assert (found.kind, filled(found)) == (kind, expected) and found.confidence <= 0.6
    assert all(column.why in ("values", "nothing") for column in found.columns)
    assert not any(column.ours == CUSTOM for column in found.columns)


@pytest.mark.parametrize("name", ["sales_teams", "data_dictionary"])
def test_files_that_hold_no_records_of_ours_are_doubted(datasets, name):
    assert guessed(datasets, f"crm_opportunities/{name}.csv").confidence < DOUBTFUL


def test_a_passenger_survey_is_a_form_of_fourteen_items_and_a_verdict(datasets):
    found = guessed(datasets, "airline_satisfaction/airline_passenger_satisfaction.csv.xz")
    items = [column.column for column in found.columns if column.ours == ITEM]
    assert found.kind == "answers_wide" and found.confidence > SURE
    assert len(items) == 15 and items[-1] == "Satisfaction" and items[0] == "Departure and Arrival Time Convenience"
    assert found.mapping["ID"] == "response_code"
    assert {name for name, ours in found.mapping.items() if ours == CUSTOM} == {
        "Age", "Customer Type", "Type of Travel", "Class", "Flight Distance", "Departure Delay", "Arrival Delay"}
    mapped = map_columns(list(found.mapping), kind=found.kind, guessed=found.mapping,
                         constants={"answered_at": "2015-02-01"})
    assert len(mapped.items) == 15 and mapped.left_out == ()


def test_what_customers_have_beside_fields_becomes_custom(datasets):
    found = guessed(datasets, "telco_churn/telco_customer_churn.csv")
    assert sum(column.ours == CUSTOM for column in found.columns) == 19
    assert guessed(datasets, "mall_customers/Mall_Customers.csv").mapping["Age"] == CUSTOM


# Names and texts.

def customers(**columns) -> pd.DataFrame:
    return pd.DataFrame({"Customer ID": ["C1", "C2", "C3"], "Name": ["Ann Lee", "Bob Ray", "Cy Poe"], **columns})


@pytest.mark.parametrize(("name", "texts", "ours"), [
    ("cust_mail", ["a@x.de", "b@x.de", ""], "customer_email"),
    ("Telefonnumer", ["030 1234567", "0221 7654321", ""], "customer_phone"),
    ("Customer Date of Birth", ["1980-01-02", "", "1990-03-04"], "birth_date"),
    ("客户邮箱地址", ["a@x.cn", "b@x.cn", "c@x.cn"], "customer_email"),
    ("PostalCod", ["10115", "50667", "20095"], "postal_code"),
])
def test_names_that_come_close_are_found_less_surely(name, texts, ours):
    found = guess(customers(**{name: texts}), kind="customers")
    close = found.columns[-1]
    assert (close.ours, close.why) == (ours, "similar_name") and 0.5 < close.confidence < 0.95
    assert close.confidence < found.columns[0].confidence


@pytest.mark.parametrize("name", ["Contract", "Revenue", "Religion", "Phone Service", "Manager name", "Address 3"])
def test_names_of_other_things_are_not_taken_for_ours(name):
    found = guess(customers(**{name: ["one", "two", "three"]}), kind="customers")
    assert found.mapping[name] == CUSTOM


@pytest.mark.parametrize(("name", "texts"), [
    ("Email", ["yes", "no", "yes"]),
    ("Birth date", ["soon", "later", "never"]),
    ("Phone", ["Yes", "No", "Yes"]),
    ("Year of birth", ["old", "young", "old"]),
    ("Annual income", ["high", "low", "high"]),
    ("Newsletter", ["weekly", "monthly", "weekly"]),
    ("Status", ["gold", "silver", "gold"]),
    ("City", ["12", "7", "99"]),
    ("Country", ["a@x.de", "b@x.de", "c@x.de"]),
])
def test_texts_that_contradict_a_name_win(name, texts):
    frame = customers(**{name: texts})
    found = guess(frame, kind="customers").columns[-1]
    assert found.ours in (CUSTOM, "customer_email") and (found.ours == CUSTOM or "@" in texts[0])


def test_a_column_named_date_without_dates_is_no_date():
    found = guess(head("order,date,item,amount\n1,soon,Mug,2.00\n1,later,Cup,3.00\n2,soon,Mug,4.00"))
    assert found.kind == "order_lines" and found.mapping["date"] == LEFT_OUT and why_of(found, "date") == "nothing"


def test_an_empty_column_keeps_what_its_name_says():
    found = guess(customers(**{"Address 2": ["", None, "NULL"]}), kind="customers")
    assert found.mapping["Address 2"] == "address_2"


def test_a_customer_column_of_numbers_holds_codes():
    found = guess(head("order,date,customer,product,amount\n"
                       "A1,2024-01-02,10017,Mug,2.00\nA2,2024-01-03,10018,Cup,3.00"))
    assert found.mapping["customer"] == "customer_code" and why_of(found, "customer") == "values"


def test_a_name_beside_first_names_is_a_last_name():
    text = "Kd-Nr,Name,Vorname\nK1,Müller,Anna\nK2,Schmidt,Jörg"
    assert filled(guess(head(text)))["Name"] == "last_name"
    whole = text.replace("Müller", "Anna Müller").replace("Schmidt", "Jörg Schmidt")
    assert filled(guess(head(whole)))["Name"] == "customer_name"


def test_texts_alone_tell_addresses_and_countries():
    found = guess(customers(Reach=["a@x.de", "b@x.de", ""], Home=["Germany", "France", "中国"]), kind="customers")
    assert filled(found) | {"Reach": "customer_email", "Home": "country"} == filled(found)
    assert why_of(found, "Reach") == why_of(found, "Home") == "values"


@pytest.mark.parametrize("name", ["ship by date", "Expires on", "last_update", "DueDay", "修改日期"])
def test_a_date_of_something_else_is_not_the_orders_day(name):
    found = guess(pd.DataFrame({"order": ["1", "1"], "item": ["Mug", "Cup"], "amount": ["2.00", "3.00"],
                                name: ["2024-01-02", "2024-01-03"]}), kind="order_lines")
    assert found.mapping[name] == LEFT_OUT


def test_of_columns_that_mean_the_same_the_better_known_name_wins():
    found = guess(head("Order ID,Timestamp,Order date,Category,Sub-Category,Item,Sales\n"
                       "1,2024-02-02,2024-01-02,A,B,Mug,2.00\n1,2024-02-03,2024-01-03,A,C,Cup,3.00"))
    assert found.mapping["Order date"] == "ordered_at" and found.mapping["Timestamp"] == LEFT_OUT
    assert found.mapping["Category"] == "category" and found.mapping["Sub-Category"] == LEFT_OUT


def test_lines_that_are_counted_and_columns_that_never_change_are_left_out():
    frame = pd.DataFrame({"Customer ID": [f"C{place * 7}" for place in range(30)],
                          "Row": [str(place) for place in range(1, 31)], "Export": ["2024"] * 30, "Nothing": [""] * 30, "Colour": ["red", "blue", "green"] * 10})
    assert guess(frame).mapping == {"Customer ID": "customer_code", "Row": LEFT_OUT, "Export": LEFT_OUT,
                                    "Nothing": LEFT_OUT, "Colour": CUSTOM}


def test_what_order_lines_have_beside_fields_is_left_out():
    found = guess(head("order,date,item,amount,Colour\n1,2024-01-02,Mug,2.00,red\n1,2024-01-02,Cup,3.00,blue"))
    assert found.mapping["Colour"] == LEFT_OUT


def test_the_total_of_an_order_is_not_guessed_to_be_a_lines_amount():
    text = "order,date,item,quantity,price,Total\n1,2024-01-02,Mug,2,2.00,9.00\n1,2024-01-02,Cup,1,5.00,9.00"
    assert guess(head(text)).mapping["Total"] == LEFT_OUT
    assert guess(head(text), kind="orders").mapping["Total"] == "amount"


def test_items_share_one_scale_and_other_small_numbers_are_none():
    items = {"Seat": 1, "Food": 2, "Staff": 3}
    frame = pd.DataFrame({
        "ID": [f"R{place}" for place in range(40)],
        **{name: [str(1 + place * step % 5) for place in range(40)] for name, step in items.items()},
        "Children": [str(place % 4) for place in range(40)], "Delay": [str(place % 9) for place in range(40)],
        "Verdict": ["Satisfied", "Dissatisfied"] * 20, "Class": ["Eco", "Business"] * 20,
        "Returned": ["Yes", "No"] * 20})
    found = guess(frame)
    assert found.kind == "answers_wide" and ("items", "Seat") in found.reasons
    assert {name for name, ours in found.mapping.items() if ours == ITEM} == {"Seat", "Food", "Staff", "Verdict"}


# How sure.

def test_the_same_order_number_on_several_lines_tells_lines_from_orders():
    lines = guess(head("order,date,customer,item,amount\nA1,2024-01-02,Ann,Mug,2.00\nA1,2024-01-02,Ann,Cup,3.00"))
    orders = guess(head("order,date,customer,amount\nA1,2024-01-02,Ann,2.00\nA2,2024-01-03,Bob,3.00"))
    assert (lines.kind, orders.kind) == ("order_lines", "orders")
    assert ("repeats", "order") in lines.reasons and ("unique", "order") in orders.reasons


def test_a_files_name_decides_between_kinds_that_look_alike():
    text = "103,HQ336336,2004-10-19,6066.78\n103,JM555205,2003-06-05,14571.44\n112,BO864823,2004-12-17,14191.12\n" \
           "114,GG31455,2003-05-20,45864.03\n114,MA765515,2004-12-15,82261.22\n119,LN373447,2004-08-08,47924.19"
    assert guess(unnamed(text), file_name="export.txt").kind == "orders"
    named = guess(unnamed(text), file_name="C:\\data\\Payments 2024.txt")
    assert named.kind == "payments" and ("file_name", "") in named.reasons and ("no_names", "") in named.reasons


def test_less_evidence_is_less_sure():
    full = EXPORTS["a help desk's tickets"][1]
    sure = guess(head(full)).confidence
    poor = guess(head(full)[["Subject", "Created at", "Requester"]]).confidence
    assert sure > SURE > poor
    assert guess(head("alpha,beta\nx,y\nz,w")).confidence == 0.0


@pytest.mark.parametrize("name", EXPORTS)
def test_figures_stay_between_0_and_1_and_every_column_is_told_once_in_order(name):
    frame = head(EXPORTS[name][1])
    found = guess(frame)
    assert [column.column for column in found.columns] == list(frame.columns)
    assert all(0 < column.confidence <= 1 for column in found.columns) and 0 <= found.confidence <= 1
    assert list(found.alternatives.values()) == sorted(found.alternatives.values(), reverse=True)
    assert set(found.alternatives) == set(KINDS) and next(iter(found.alternatives)) == found.kind
    assert found.confidence <= found.alternatives[found.kind] and len(found.reasons) <= 5


def test_a_kind_that_is_given_is_kept_and_its_columns_are_guessed():
    found = guess(head(EXPORTS["contacts"][1]), kind="interactions")
    assert found.kind == "interactions" and found.confidence == 1.0 and found.reasons == (("given", ""),)
    assert found.mapping["Email"] == "customer_email"
    assert found.alternatives["customers"] > found.alternatives["interactions"]
    with pytest.raises(InvalidInput, match="no kind of file"):
        guess(head("a,b\n1,2"), kind="letters")


def test_what_was_chosen_the_last_time_wins_unless_another_kind_is_given():
    frame = head(EXPORTS["contacts"][1])
    last = Remembered("customers", {"Contact owner": "channel", "Email": LEFT_OUT}, {}, {}, "crm", "fill", now())
    found = guess(frame, remembered=last)
    assert found.kind == "customers" and found.confidence == 1.0 and found.reasons == (("remembered", ""),)
    assert found.mapping["Contact owner"] == "channel" and why_of(found, "Contact owner") == "remembered"
    assert found.mapping["Email"] == LEFT_OUT and found.mapping["First Name"] == "first_name"
    assert guess(frame, kind="deals", remembered=last).mapping["Contact owner"] != "channel"


# Odd heads.

@pytest.mark.parametrize("frame", [
    pd.DataFrame(), pd.DataFrame(columns=["order", "date"]), pd.DataFrame({"1": [None, None]}),
    pd.DataFrame({"": ["x"]}), pd.DataFrame({"order": [""], "date": [None]}),
    pd.DataFrame({"Amount": ["∞", "nan", "1e400", "-"], "Date": ["0", "", "9" * 400, "x"]}),
], ids=["nothing", "no lines", "one empty column", "no name", "one empty line", "no sense"])
def test_odd_heads_are_doubted_and_break_nothing(frame):
    found = guess(frame)
    assert len(found.columns) == frame.shape[1] and found.confidence < SURE
    assert len(guess(frame, kind="customers").columns) == frame.shape[1]


def test_a_head_of_categories_that_no_line_has_is_read_like_one_of_texts():
    frame = head(EXPORTS["opportunities"][1])
    more = pd.concat([frame, frame.assign(Stage="x", Amount="no number")]).astype("category").iloc[:len(frame)]
    assert guess(more) == guess(frame)


def test_columns_with_names_mean_the_same_in_any_order():
    frame = head(EXPORTS["a help desk's tickets"][1])
    there, back = guess(frame), guess(frame[frame.columns[::-1]])
    assert there.kind == back.kind and there.mapping == back.mapping


# A survey's forms with a name beside the e-mail, and forms that all say the same.

STATEMENTS = ["I am happy with the help", "The goods are worth their price", "Delivery was quick", "I would buy again"]


def forms(scores: list[list[int]], name: str = "Name") -> pd.DataFrame:
    return pd.DataFrame([[f"Anna Berg{'abcdefgh'[row % 8]}", f"p{row}@x.com", f"2026-01-{row + 1:02}", *map(str, line), "fine"]
                         for row, line in enumerate(scores)],
                        columns=[name, "E-mail", "Answered on", *STATEMENTS, "Comment"])


VARIED = [[row % 6, (row + 1) % 6, (row * 5 + 2) % 6, (row + 3) % 6] for row in range(24)]


@pytest.mark.parametrize("name", ["Name", "姓名", "Nom", "name "])
@pytest.mark.parametrize("kind", ["answers_wide", "answers_long", "tickets", "interactions", "campaign_results"])
def test_a_name_beside_an_email_is_the_customers_name(name, kind):
    found = guess(forms(VARIED, name), kind=kind)
    assert found.mapping[name] == "customer_name" and found.mapping["E-mail"] == "customer_email"


def test_a_name_that_is_alone_or_beside_first_names_is_not_taken_for_the_customers():
    frame = forms(VARIED)
    assert guess(frame.drop(columns="E-mail"), kind="answers_wide").mapping["Name"] == CUSTOM
    assert guess(frame.assign(Vorname="Anna"), kind="answers_wide").mapping["Name"] == CUSTOM
    assert guess(forms(VARIED)).kind == "answers_wide"


def test_statements_that_all_answered_alike_are_items_beside_a_date_of_answers():
    frame = forms([[4, 4, 4, 4]] * 24)
    found = guess(frame)
    assert found.kind == "answers_wide"
    assert {name for name, ours in found.mapping.items() if ours == ITEM} == set(STATEMENTS)
    assert ITEM not in guess(frame.drop(columns="Answered on"), kind="answers_wide").mapping.values()
    assert ITEM not in guess(forms([[4, 9, 2, 7]] * 24), kind="answers_wide").mapping.values()
    # Two such columns, shares of yes and no, and counts are too little.
    assert ITEM not in guess(frame.drop(columns=STATEMENTS[:2]), kind="answers_wide").mapping.values()
    assert ITEM not in guess(forms([[1, 0, 1, 1]] * 24), kind="answers_wide").mapping.values()
    counted = guess(frame.assign(**{"Number of the visits": "4"}))
    assert counted.mapping["Number of the visits"] != ITEM


def test_one_statement_that_all_answered_alike_is_an_item_among_others():
    found = guess(forms([[4, *line[1:]] for line in VARIED]))
    assert {name for name, ours in found.mapping.items() if ours == ITEM} == set(STATEMENTS)
