"""Do products, payments, deals, tickets and interactions get in once, with the customers and orders they name?"""

import shutil
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from crm import db, imports
from crm.models import Customer, Deal, Interaction, Order, Payment, Product, Ticket
from tests.imports.test_records_road import bring_in, everything, rows

KINDS = {  # kind: columns, mapping, custom columns, two lines, a third one, what is created of them
    "products": (
        "Sku,Item,Price,Colour",
        {"product_code": "Sku", "product_name": "Item", "price": "Price"},
        ["Colour"],
        "M1,Mug,2.50,red\nC1,Cup,3,\n",
        "P1,Plate,4.125,blue\n",
        {"products": 2},
    ),
    "payments": (
        "No,Who,Day,Sum,How,Till",
        {"payment_code": "No", "customer_code": "Who", "paid_on": "Day", "amount": "Sum", "method": "How"},
        ["Till"],
        "P1,7,2024-01-02,10.55,card,2\nP2,8,2024-01-03,-3,cash,\n",
        "P3,7,2024-01-04,1,cash,1\n",
        {"payments": 2, "customers": 2},
    ),
    "deals": (
        "No,Firm,Item,State,From,Sum,Agent",
        {
            "deal_code": "No",
            "company": "Firm",
            "product_name": "Item",
            "stage": "State",
            "opened_on": "From",
            "amount": "Sum",
        },
        ["Agent"],
        "D1,Acme,Mug,Won,2024-01-02,100,Kim\nD2,,Mug,Lost,2024-01-03,0,\n",
        "D3,Brix,Cup,Proposal,,,Kim\n",
        {"deals": 2, "customers": 1, "products": 1},
    ),
    "tickets": (
        "No,Who,Type,What,Opened,Solved,Team",
        {
            "ticket_code": "No",
            "customer_code": "Who",
            "ticket_kind": "Type",
            "subject": "What",
            "opened_at": "Opened",
            "resolved_at": "Solved",
        },
        ["Team"],
        "T1,7,Complaint,Late,2024-01-02 10:00,2024-01-03 09:30,A\nT2,8,Question,Broken,2024-01-03 08:00,,\n",
        "T3,7,Question,Lost,2024-01-04,,B\n",
        {"tickets": 2, "customers": 2},
    ),
    "interactions": (
        "No,Who,Way,To,Text,When,Mood",
        {
            "interaction_code": "No",
            "customer_code": "Who",
            "channel": "Way",
            "direction": "To",
            "body": "Text",
            "happened_at": "When",
        },
        ["Mood"],
        "I1,7,Phone call,Outbound,Hello,2024-01-02 10:00,good\nI2,8,,,Bye,2024-01-03,\n",
        "I3,7,E-mail,received,Hm,2024-01-04,\n",
        {"interactions": 2, "customers": 2},
    ),
}
CODES = {
    "products": "product_code",
    "payments": "payment_code",
    "deals": "deal_code",
    "tickets": "ticket_code",
    "interactions": "interaction_code",
}


@pytest.mark.parametrize("numbered", [True, False], ids=["numbered", "unnumbered"])
@pytest.mark.parametrize("kind", KINDS)
def test_the_same_file_again_adds_nothing_and_a_longer_one_only_what_is_new(workspace, kind, numbered):
    header, mapped, custom, lines, third, created = KINDS[kind]
    if not numbered:
        mapped = {ours: theirs for ours, theirs in mapped.items() if ours != CODES[kind]}
    first = bring_in(workspace, f"{header}\n{lines}", kind, mapped, custom=custom)
    assert (first.imported, first.duplicate, first.created, first.reasons) == (2, 0, created, {})
    before = everything(workspace)
    for on_known in ("fill", "overwrite", "skip"):
        again = bring_in(workspace, f"{header}\n{lines}", kind, mapped, custom=custom, on_known=on_known)
        assert (again.imported, again.duplicate, again.created, again.updated) == (0, 2, {}, {})
    assert everything(workspace) == before
    longer = bring_in(workspace, f"{header}\n{third}{lines}", kind, mapped, custom=custom)
    assert (longer.imported, longer.duplicate, longer.created[kind]) == (1, 2, 1)


@pytest.mark.parametrize("kind", ["payments", "deals", "tickets", "interactions"])
def test_equal_lines_without_a_number_are_as_many_records_as_there_are_lines(workspace, kind):
    header, mapped, custom, lines, _, _ = KINDS[kind]
    mapped = {ours: theirs for ours, theirs in mapped.items() if ours != CODES[kind]}
    twice = f"{header}\n{lines}{lines}"
    assert bring_in(workspace, f"{header}\n{lines}", kind, mapped, custom=custom).created[kind] == 2
    assert bring_in(workspace, twice, kind, mapped, custom=custom).created[kind] == 2
    assert bring_in(workspace, twice, kind, mapped, custom=custom).created == {}


@pytest.mark.parametrize("kind", ["payments", "deals", "tickets", "interactions"])
def test_the_same_number_of_another_source_is_another_record(workspace, kind):
    header, mapped, custom, lines, _, _ = KINDS[kind]
    bring_in(workspace, f"{header}\n{lines}", kind, mapped, custom=custom)
    other = bring_in(workspace, f"{header}\n{lines}", kind, mapped, custom=custom, source="another shop")
    assert other.created == {kind: 2}


@pytest.mark.parametrize(
    ("on_known", "subject", "kind", "team"),
    [("fill", "Late", "complaint", "A"), ("overwrite", "Later", "inquiry", "B"), ("skip", "Late", "complaint", None)],
)
def test_what_known_tickets_get_is_the_users_choice(workspace, on_known, subject, kind, team):
    bring_in(
        workspace,
        "No,Who,Type,What,Opened\nT1,7,Complaint,Late,2024-01-02\n",
        "tickets",
        {"ticket_code": "No", "customer_code": "Who", "ticket_kind": "Type", "subject": "What", "opened_at": "Opened"},
    )
    bring_in(
        workspace,
        f"No,Who,Type,What,Opened,Team\nT1,7,Question,Later,2024-01-02,{'A' if on_known == 'fill' else 'B'}\n",
        "tickets",
        {"ticket_code": "No", "customer_code": "Who", "ticket_kind": "Type", "subject": "What", "opened_at": "Opened"},
        custom=["Team"],
        on_known=on_known,
    )
    assert rows(workspace, Ticket.subject, Ticket.kind, Ticket.custom_fields) == [
        (subject, kind, {} if team is None else {"Team": team})
    ]


def test_a_product_written_differently_is_found_by_its_letters(workspace):
    bring_in(
        workspace, "Item,Price\nGTX Pro,4821\nMG Special,55\n", "products", {"product_name": "Item", "price": "Price"}
    )
    done = bring_in(
        workspace,
        "No,Item,State\nD1,GTXPro,Won\nD2,gtx-pro,Won\nD3,MG Special,Won\n",
        "deals",
        {"deal_code": "No", "product_name": "Item", "stage": "State"},
    )
    assert done.created == {"deals": 3} and done.found["products_written_differently"] == 2
    assert rows(workspace, Deal.code, Deal.title, Product.name, where=[Product.id == Deal.product_id]) == [
        ("D1", "GTXPro", "GTX Pro"),
        ("D2", "gtx-pro", "GTX Pro"),
        ("D3", "MG Special", "MG Special"),
    ]


def test_prices_keep_their_decimals_and_must_not_be_below_0(workspace):
    done = bring_in(
        workspace,
        "Sku,Item,Price,Cost\nA,Mug,2.345,1\nB,Cup,-1,1\nC,Jug,1,-0.5\nD,Pot,cheap,1\nE,,,\n,,1,1\n",
        "products",
        {"product_code": "Sku", "product_name": "Item", "price": "Price", "cost": "Cost"},
    )
    assert done.reasons == {
        3: "The price “-1” is below 0.",
        4: "The cost “-0.5” is below 0.",
        5: "“cheap” in the column “Price” is no amount, or more than a trillion.",
        7: "The line names no product: its code and its name are empty.",
    }
    assert rows(workspace, Product.code, Product.name, Product.price_e4) == [("A", "Mug", 23_450), ("E", "E", None)]


def test_products_that_other_files_named_get_their_code_and_price(workspace):
    bring_in(
        workspace, "No,Item,State\nD1,Mug,Won\n", "deals", {"deal_code": "No", "product_name": "Item", "stage": "State"}
    )
    done = bring_in(
        workspace,
        "Sku,Item,Price\nM-1,Mug,2.5\nPOST,Postage,3\n",
        "products",
        {"product_code": "Sku", "product_name": "Item", "price": "Price"},
    )
    assert done.created == {"products": 1} and done.updated == {"products": 1}
    assert rows(workspace, Product.code, Product.name, Product.price_e4, Product.kind) == [
        ("M-1", "Mug", 25_000, "product"),
        ("POST", "Postage", 30_000, "fee"),
    ]


def orders(workspace):
    with db.transaction(workspace) as session:
        imports.import_file(
            session,
            kind="order_lines",
            file=b"order,date,customer id,item,amount\nA1,2024-01-02,7,Mug,10\nA1,2024-01-02,8,Mug,10\n"
            b"A2,2024-01-03,7,Mug,5\nA3,2024-01-03,,Mug,5\n",
            file_name="o.csv",
            source="shop",
        )


def test_a_payment_belongs_to_the_order_of_its_number_and_customer(workspace):
    orders(workspace)
    text = "No,Who,Order,Day,Sum\nP1,8,A1,2024-01-05,10\nP2,,A2,2024-01-05,5\nP3,7,A9,2024-01-06,1\n"
    mapped = {"payment_code": "No", "customer_code": "Who", "order_number": "Order", "paid_on": "Day", "amount": "Sum"}
    done = bring_in(workspace, text, "payments", mapped)
    assert done.created == {"payments": 3} and done.found["orders_not_known"] == 1
    with db.reading(workspace) as session:
        found = session.execute(
            select(Payment.code, Customer.code, Order.number, Payment.custom_fields)
            .join(Customer, Customer.id == Payment.customer_id)
            .outerjoin(Order, Order.id == Payment.order_id)
            .order_by(Payment.code)
        ).all()
    assert [tuple(each) for each in found] == [
        ("P1", "8", "A1", {}),
        ("P2", "7", "A2", {}),
        ("P3", "7", None, {"Order": "A9"}),
    ]
    assert bring_in(workspace, text, "payments", mapped).duplicate == 3


def test_a_payment_that_names_neither_a_customer_nor_a_known_order_is_rejected(workspace):
    orders(workspace)
    text = (
        "Who,Order,Day,Sum\n,A1,2024-01-05,1\n,A3,2024-01-05,1\n,,2024-01-05,1\n,A8,2024-01-05,1\n7,,,1\n"
        "7,,2024-01-05,\n"
    )
    done = bring_in(
        workspace,
        text,
        "payments",
        {"customer_code": "Who", "order_number": "Order", "paid_on": "Day", "amount": "Sum"},
    )
    assert done.reasons == {
        2: "The order “A1” is not known, and the line names no customer.",  # two customers have it
        3: "The order “A3” has no customer, and the line names none.",
        4: "The line names no customer and no order.",
        5: "The order “A8” is not known, and the line names no customer.",
        6: "The column “Day” is empty; every line needs it.",
        7: "The column “Sum” is empty; every line needs it.",
    }


def test_an_unnumbered_payment_is_the_same_when_its_order_is_known_later(workspace):
    text = "Who,Order,Day,Sum\n7,A1,2024-01-05,10\n"
    mapped = {"customer_code": "Who", "order_number": "Order", "paid_on": "Day", "amount": "Sum"}
    bring_in(workspace, text, "payments", mapped)
    orders(workspace)
    done = bring_in(workspace, text, "payments", mapped)
    assert done.created == {} and done.updated == {"payments": 1}
    assert rows(workspace, Order.number, where=[Order.id == Payment.order_id]) == [("A1",)]


def test_check_numbers_repeat_between_customers_and_a_number_may_be_paid_in_parts(workspace):
    text = "No,Who,Day,Sum\n1,7,2024-01-05,10\n1,8,2024-01-05,10\n1,7,2024-01-06,-10\n1,7,2024-01-05,10\n"
    mapped = {"payment_code": "No", "customer_code": "Who", "paid_on": "Day", "amount": "Sum"}
    done = bring_in(workspace, text, "payments", mapped)
    assert (done.imported, done.duplicate, done.created["payments"]) == (3, 1, 3)
    assert bring_in(workspace, text, "payments", mapped).duplicate == 4


def test_a_corrected_amount_changes_a_payment_only_when_asked(workspace):
    mapped = {"payment_code": "No", "customer_code": "Who", "paid_on": "Day", "amount": "Sum"}
    bring_in(workspace, "No,Who,Day,Sum\nP1,7,2024-01-05,10\n", "payments", mapped)
    corrected = "No,Who,Day,Sum\nP1,7,2024-01-05,12\n"
    kept = bring_in(workspace, corrected, "payments", mapped)
    assert (kept.duplicate, kept.found["records_kept"]) == (1, 1)
    done = bring_in(workspace, corrected, "payments", mapped, on_known="overwrite")
    assert done.updated == {"payments": 1} and rows(workspace, Payment.amount_e4) == [(120_000,)]
    assert done.plan.changes.to_dict("records") == [
        {"table": "payments", "record": "P1", "field": "amount", "old": "10", "new": "12"}
    ]


def test_deals_know_their_stages_chances_and_names(workspace):
    text = (
        "No,Name,Item,State,Chance,Sum\nD1,Big one,Mug,Closed Won,100%,5\nD2,,Mug,赢单,50%,\nD3,,,Negotiation,,7\n"
        "D4,,,purple,,\nD5,,,Lost,170%,\nD6,,,,,\n"
    )
    done = bring_in(
        workspace,
        text,
        "deals",
        {
            "deal_code": "No",
            "title": "Name",
            "product_name": "Item",
            "stage": "State",
            "probability": "Chance",
            "amount": "Sum",
        },
    )
    assert rows(workspace, Deal.code, Deal.title, Deal.stage, Deal.probability, Deal.amount_e4, Deal.customer_id) == [
        ("D1", "Big one", "won", 1.0, 50_000, None),
        ("D2", "Mug", "won", 0.5, None, None),
        ("D3", "D3", "offered", None, 70_000, None),
    ]
    assert done.reasons == {
        5: "“purple” in the column “State” is not known here; possible are: prospecting, engaging, offered, won, lost.",
        6: "“170%” in the column “Chance” is no share between 0 and 100 %.",
        7: "The column “State” is empty; every line needs it.",
    }


def test_a_name_made_of_the_product_overwrites_no_title(workspace):
    mapped = {"deal_code": "No", "product_name": "Item", "stage": "State"}
    bring_in(workspace, "No,Item,State\nD1,Mug,Engaging\n", "deals", mapped)
    with db.transaction(workspace) as session:
        session.execute(update(Deal).values(title="The big one"))
    done = bring_in(workspace, "No,Item,State\nD1,Mug,Won\n", "deals", mapped, on_known="overwrite")
    assert done.updated == {"deals": 1} and rows(workspace, Deal.title, Deal.stage) == [("The big one", "won")]


def test_a_customer_that_only_known_and_unchanged_records_name_is_not_created(workspace):
    mapped = {"deal_code": "No", "customer_name": "Who", "stage": "State"}
    bring_in(workspace, "No,Who,State\nD1,Ann,Won\n", "deals", mapped)
    kept = bring_in(workspace, "No,Who,State\nD1,Bob,Won\n", "deals", mapped)
    assert kept.created == {} and kept.duplicate == 1
    done = bring_in(workspace, "No,Who,State\nD1,Bob,Won\n", "deals", mapped, on_known="overwrite")
    assert done.created == {"customers": 1} and done.updated == {"deals": 1}
    assert rows(workspace, Customer.name, where=[Customer.id == Deal.customer_id]) == [("Bob",)]


def test_a_deal_finds_the_person_of_the_company_that_it_names(workspace):
    bring_in(
        workspace,
        "Id,Name,Firm\n1,Ann Lee,Acme\n2,Bob Ray,Brix\n3,Cy Orr,Brix\n",
        "customers",
        {"customer_code": "Id", "customer_name": "Name", "company": "Firm"},
    )
    done = bring_in(
        workspace,
        "No,Firm,State\nD1,ACME,Won\nD2,Brix,Won\n",
        "deals",
        {"deal_code": "No", "company": "Firm", "stage": "State"},
    )
    assert done.created == {"deals": 2, "customers": 1}
    assert rows(workspace, Deal.code, Customer.code, where=[Customer.id == Deal.customer_id]) == [
        ("D1", "1"),
        ("D2", "brix"),
    ]


TICKET = {
    "ticket_code": "No",
    "customer_code": "Who",
    "subject": "What",
    "body": "Text",
    "opened_at": "Opened",
    "first_answered_at": "Answered",
    "resolved_at": "Solved",
}


def test_a_ticket_without_a_status_or_a_subject_gets_sensible_ones(workspace):
    text = (
        "No,Who,What,Text,Opened,Answered,Solved\nT1,7,,Where is it?|It is late.,2024-01-02,,\n"
        "T2,7,Late,,2024-01-02,2024-01-03,\n"
        "T3,7,,,2024-01-02,2024-01-03,2024-01-04\n"
    ).replace("Where is it?|It is late.", '"Where is it?\nIt is late."')
    bring_in(workspace, text, "tickets", TICKET)
    assert rows(workspace, Ticket.code, Ticket.subject, Ticket.status, Ticket.kind, Ticket.priority) == [
        ("T1", "Where is it?", "open", "inquiry", "normal"),
        ("T2", "Late", "answered", "inquiry", "normal"),
        ("T3", "T3", "resolved", "inquiry", "normal"),
    ]
    assert rows(workspace, Ticket.body, where=[Ticket.code == "T1"]) == [("Where is it?\nIt is late.",)]


def test_what_cannot_be_a_ticket_is_rejected(workspace):
    text = (
        "No,Who,What,Text,Opened,Answered,Solved\nT1,7,a,,2024-01-02,2024-01-01,\nT2,7,a,,2024-01-02,,2023-12-31\n"
        "T3,,a,,2024-01-02,,\n,7,,,2024-01-02,,\nT5,7,a,,,,\nT6,7,a,,soon,,\n"
    )
    assert bring_in(workspace, text, "tickets", TICKET).reasons == {
        2: "The first answer “2024-01-01” is before the opening.",
        3: "The solution “2023-12-31” is before the opening.",
        4: "The line names no customer: its code, name and e-mail address are empty.",
        5: "The ticket has no subject, no text and no number.",
        6: "The column “Opened” is empty; every line needs it.",
        7: "“soon” in the column “Opened” is no date, or is not written like the others.",
    }


def test_an_answer_before_the_opening_in_the_records_is_rejected(workspace):
    bring_in(
        workspace,
        "No,Who,What,Opened\nT1,7,a,2024-03-01\n",
        "tickets",
        {"ticket_code": "No", "customer_code": "Who", "subject": "What", "opened_at": "Opened"},
    )
    done = bring_in(
        workspace, "No,Who,What,Text,Opened,Answered,Solved\nT1,7,a,new,2024-01-01,2024-02-01,\n", "tickets", TICKET
    )
    assert done.reasons == {2: "The first answer would be before the opening in your records."}
    assert rows(workspace, Ticket.first_answered_at, Ticket.body) == [(None, None)]


def test_lines_of_a_ticket_that_contradict_each_other_are_rejected(workspace):
    done = bring_in(
        workspace,
        "No,Who,What,Text,Opened,Answered,Solved\nT1,7,a,,2024-01-02,2024-01-03,\n"
        "T1,7,a,,2024-01-04,,\nT2,7,a,,2024-01-04,,\n",
        "tickets",
        TICKET,
    )
    sentence = "The lines of this ticket contradict each other: its first answer would be before its opening."
    assert done.reasons == {2: sentence, 3: sentence} and done.created["tickets"] == 1


def test_a_known_ticket_that_gets_its_solution_is_resolved(workspace):
    bring_in(
        workspace,
        "No,Who,What,Text,Opened,Answered,Solved\nT1,7,a,,2024-01-02,,\nT2,7,a,,2024-01-02,,\n",
        "tickets",
        TICKET,
    )
    done = bring_in(
        workspace,
        "No,Who,What,Text,Opened,Answered,Solved\nT1,7,a,,2024-01-02,2024-01-03,\n"
        "T2,7,a,,2024-01-02,2024-01-03,2024-01-04\n",
        "tickets",
        TICKET,
    )
    assert done.updated == {"tickets": 2}
    assert rows(workspace, Ticket.code, Ticket.status) == [("T1", "answered"), ("T2", "resolved")]


def test_interactions_are_of_no_known_channel_and_come_in_unless_told(workspace):
    bring_in(
        workspace,
        "Who,When,Way\nann@example.com,2024-01-02 10:11,\nann@example.com,2024-01-03,WhatsApp\n",
        "interactions",
        {"customer_email": "Who", "happened_at": "When", "channel": "Way"},
    )
    assert rows(workspace, Interaction.happened_at, Interaction.channel, Interaction.direction) == [
        (datetime(2024, 1, 2, 10, 11), "other", "in"),
        (datetime(2024, 1, 3), "chat", "in"),
    ]
    assert rows(workspace, Customer.email) == [("ann@example.com",)]


def test_a_deleted_record_is_entered_anew_from_a_file(workspace):
    header, mapped, custom, lines, _, _ = KINDS["tickets"]
    bring_in(workspace, f"{header}\n{lines}", "tickets", mapped, custom=custom)
    with db.transaction(workspace) as session:
        session.execute(update(Ticket).where(Ticket.code == "T1").values(deleted_at=datetime.now(UTC)))
    assert bring_in(workspace, f"{header}\n{lines}", "tickets", mapped, custom=custom).created == {"tickets": 1}


_LINES = st.lists(
    st.tuples(
        st.sampled_from(["", "", "T1", "T2"]),
        st.sampled_from(["7", "8"]),
        st.sampled_from(["a", "b", ""]),
        st.sampled_from(["", "x"]),
        st.sampled_from(["2024-01-02", "2024-01-03 10:00"]),
        st.sampled_from(["", "2024-01-03", "2024-01-01"]),
        st.sampled_from(["", "2024-01-04"]),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=_LINES, earlier=_LINES, on_known=st.sampled_from(["fill", "overwrite", "skip"]))
def test_twice_is_once(tmp_path_factory, empty_file, lines, earlier, on_known):
    file = shutil.copyfile(empty_file, tmp_path_factory.mktemp("twice") / "crm.db")
    workspace = db.Workspace("own", f"sqlite:///{file}")
    try:
        for some in (earlier, lines):
            text = "No,Who,What,Text,Opened,Answered,Solved\n" + "".join(",".join(line) + "\n" for line in some)
            bring_in(workspace, text, "tickets", TICKET, on_known=on_known)
        before = everything(workspace)
        again = bring_in(workspace, text, "tickets", TICKET, on_known=on_known)
        assert again.created == {} and again.imported == 0, again.plan.changes
        assert everything(workspace) == before
    finally:
        db.dispose(workspace)


def test_messages_of_one_conversation_are_interactions_of_their_own(workspace):
    text = (
        "No,Who,When,Text\nC1,7,2024-01-02 10:00,Hello\nC1,7,2024-01-02 11:00,Hi\nC1,7,2024-01-02 11:00,Hi\n"
        "C2,7,2024-01-05,Bye\n"
    )
    mapped = {"interaction_code": "No", "customer_code": "Who", "happened_at": "When", "body": "Text"}
    done = bring_in(workspace, text, "interactions", mapped)
    assert (done.created["interactions"], done.duplicate) == (3, 1)
    assert bring_in(workspace, text, "interactions", mapped).duplicate == 4
    moved = bring_in(workspace, text.replace("2024-01-05", "2024-01-06"), "interactions", mapped, on_known="overwrite")
    assert moved.updated == {"interactions": 1} and moved.created == {}


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_of_which_nothing_is_kept_can_be_planned(workspace, kind):
    header, mapped, custom, _, _, _ = KINDS[kind]
    done = bring_in(workspace, f"{header}\n{',' * header.count(',')}\n", kind, mapped, custom=custom)
    assert done.created == {} and done.imported == 0 and len(done.reasons) == 1
