"""Are customers found again, joined, filled and kept as the owner wants, with nothing lost that a file says?"""

import shutil
from datetime import UTC, date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from crm import db, imports
from crm.errors import InvalidInput
from crm.imports.records import reading
from crm.models import Customer, CustomerTag
from crm.services import customers
from tests.imports.test_records_road import bring_in, everything, parsed, rows

PEOPLE = "Id,Name,Mail\n7,Ann Lee,ann@example.com\n8,Bob Ray,bob@example.com\n"
ID_NAME_MAIL = {"customer_code": "Id", "customer_name": "Name", "customer_email": "Mail"}
NAME_MAIL = {"customer_name": "Name", "customer_email": "Mail"}


def the(workspace, code):
    with db.reading(workspace) as session:
        return customers.get(session, session.scalars(select(Customer.id).where(Customer.code == code)).one())


def test_the_same_file_again_adds_nothing(workspace):
    first = bring_in(workspace, PEOPLE, "customers", ID_NAME_MAIL)
    assert (first.imported, first.duplicate, first.created) == (2, 0, {"customers": 2})
    before = everything(workspace)
    again = bring_in(workspace, PEOPLE, "customers", ID_NAME_MAIL, on_known="overwrite")
    assert (again.imported, again.duplicate, again.created, again.updated) == (0, 2, {}, {})
    assert everything(workspace) == before


def test_an_overlapping_file_adds_only_what_is_new(workspace):
    bring_in(workspace, PEOPLE, "customers", ID_NAME_MAIL)
    done = bring_in(workspace, PEOPLE + "9,Cy Orr,\n", "customers", ID_NAME_MAIL)
    assert (done.imported, done.duplicate, done.created) == (1, 2, {"customers": 1})


@pytest.mark.parametrize(
    ("on_known", "name", "city", "updated", "kept"),
    [("fill", "Ann Lee", "Leeds", 1, 1), ("overwrite", "Anna Lee", "Leeds", 1, 0), ("skip", "Ann Lee", None, 0, 1)],
)
def test_what_known_customers_get_is_the_users_choice(workspace, on_known, name, city, updated, kept):
    bring_in(workspace, PEOPLE, "customers", ID_NAME_MAIL)
    done = bring_in(
        workspace,
        "Id,Name,Town\n7,Anna Lee,Leeds\n8,Bob Ray,\n",
        "customers",
        {"customer_code": "Id", "customer_name": "Name", "city": "Town"},
        on_known=on_known,
    )
    ann = the(workspace, "7")
    assert (ann.name, ann.city, ann.email) == (name, city, "ann@example.com")
    assert (done.updated.get("customers", 0), done.found.get("records_kept", 0)) == (updated, kept)
    assert (done.imported, done.duplicate) == (updated, 2 - updated)


def test_a_known_customer_is_found_by_an_email_address_that_only_one_has(workspace):
    bring_in(workspace, PEOPLE, "customers", ID_NAME_MAIL)
    done = bring_in(
        workspace,
        "Mail,Town\nANN@example.com,Leeds\nnew@example.com,York\n",
        "customers",
        {"customer_email": "Mail", "city": "Town"},
    )
    assert done.created == {"customers": 1} and done.updated == {"customers": 1}
    assert rows(workspace, Customer.code, Customer.name, Customer.city) == [
        ("7", "Ann Lee", "Leeds"),
        ("8", "Bob Ray", None),
        ("new@example.com", "new@example.com", "York"),
    ]


def test_a_name_that_several_have_names_nobody_and_becomes_a_customer_of_its_own(workspace):
    bring_in(
        workspace,
        "Id,Name\n1,Ann Lee\n2,Ann Lee\n3,Bob Ray\n",
        "customers",
        {"customer_code": "Id", "customer_name": "Name"},
    )
    done = bring_in(
        workspace, "Name,Town\nann  lee,Leeds\nBOB RAY,York\n", "customers", {"customer_name": "Name", "city": "Town"}
    )
    assert done.created == {"customers": 1}
    assert rows(workspace, Customer.code, Customer.city) == [
        ("1", None),
        ("2", None),
        ("3", "York"),
        ("ann lee", "Leeds"),
    ]


def test_people_of_the_same_name_in_different_companies_stay_apart(workspace):
    text = "Name,Firm,Town\nAnn Lee,Acme,Leeds\nAnn Lee,Brix,York\n"
    mapped = {"customer_name": "Name", "company": "Firm", "city": "Town"}
    assert bring_in(workspace, text, "customers", mapped).created == {"customers": 2}
    assert bring_in(workspace, text, "customers", mapped).duplicate == 2
    assert rows(workspace, Customer.name, Customer.company, Customer.city, Customer.kind) == [
        ("Ann Lee", "Acme", "Leeds", "person"),
        ("Ann Lee", "Brix", "York", "person"),
    ]


def test_a_company_alone_is_a_customer_of_that_kind(workspace):
    bring_in(workspace, "Firm\nAcme Ltd\n", "customers", {"company": "Firm"})
    assert rows(workspace, Customer.code, Customer.name, Customer.company, Customer.kind) == [
        ("acme ltd", "Acme Ltd", "Acme Ltd", "company")
    ]


def test_lines_that_name_the_same_customer_are_one_and_the_last_word_counts(workspace):
    text = "Id,Name,Mail,Town\n7,Ann Lee,,Leeds\n7,,ann@example.com,Hull\n7,Ann Lee,,Hull\n,,Ann@Example.com,Hull\n"
    done = bring_in(workspace, text, "customers", ID_NAME_MAIL | {"city": "Town"})
    assert (done.imported, done.duplicate, done.created) == (3, 1, {"customers": 1})
    assert done.found["lines_overruled"] == 2  # Leeds, and one spelling of the address
    ann = the(workspace, "7")
    assert (ann.name, ann.email, ann.city) == ("Ann Lee", "Ann@Example.com", "Hull")


def test_customers_of_orders_and_of_customer_files_are_the_same(workspace):
    with db.transaction(workspace) as session:
        imports.import_file(
            session,
            kind="order_lines",
            file=b"order,date,customer,email,item,amount\nA1,2024-01-02,Ann Lee,,Mug,1\n"
            b"A2,2024-01-02,Bob Ray,Bob@example.com,Mug,1\n",
            file_name="orders.csv",
        )
    done = bring_in(
        workspace,
        "Name,Mail,Town\nAnn Lee,ann@example.com,Leeds\nRobert Ray,bob@example.com,York\n",
        "customers",
        NAME_MAIL | {"city": "Town"},
    )
    assert done.created == {} and done.updated == {"customers": 2}
    assert rows(workspace, Customer.code, Customer.name, Customer.email, Customer.city) == [
        ("ann lee", "Ann Lee", "ann@example.com", "Leeds"),
        ("bob@example.com", "Bob Ray", "Bob@example.com", "York"),
    ]
    with db.transaction(workspace) as session:
        report = imports.import_file(
            session,
            kind="order_lines",
            file=b"order,date,customer,item,amount\nA3,2024-01-05,Ann Lee,Mug,1\n",
            file_name="orders.csv",
        )
    assert report.created["customers"] == 0


def test_a_customer_whose_code_was_made_here_takes_the_one_of_the_file(workspace):
    with db.transaction(workspace) as session:
        customers.create(session, name="Bob Ray", email="bob@example.com")
    bring_in(workspace, "Mail\nann@example.com\n", "customers", {"customer_email": "Mail"})
    bring_in(workspace, "Name\nCy Orr\n", "customers", {"customer_name": "Name"})
    text = PEOPLE + "9,Cy Orr,\n"
    done = bring_in(workspace, text, "customers", ID_NAME_MAIL)
    assert done.created == {} and done.updated == {"customers": 3}
    assert [code for (code,) in rows(workspace, Customer.code)] == ["7", "8", "9"]
    assert bring_in(workspace, text, "customers", ID_NAME_MAIL).duplicate == 3


def test_the_same_address_under_two_codes_of_other_programs_is_two_customers(workspace):
    bring_in(
        workspace, "Id,Mail\nA-1,home@example.com\n", "customers", {"customer_code": "Id", "customer_email": "Mail"}
    )
    done = bring_in(
        workspace, "Id,Mail\nA-2,home@example.com\n", "customers", {"customer_code": "Id", "customer_email": "Mail"}
    )
    assert done.created == {"customers": 1}


def test_first_and_last_names_are_joined_as_each_language_does(workspace):
    bring_in(
        workspace,
        "Id,First,Last\n1,Ann,Lee\n2,小明,王\n3,,Orr\n",
        "customers",
        {"customer_code": "Id", "first_name": "First", "last_name": "Last"},
    )
    assert rows(workspace, Customer.code, Customer.name) == [("1", "Ann Lee"), ("2", "王小明"), ("3", "Orr")]


def test_columns_without_a_field_become_custom_fields_of_their_type(workspace):
    text = "Id,Size,Code,Points,Share,Day\n1,XL,007,12,0.5,2024-01-02\n2,,008,,1,\n"
    bring_in(workspace, text, "customers", {"customer_code": "Id"}, custom=["Size", "Code", "Points", "Share", "Day"])
    assert the(workspace, "1").custom_fields == {
        "Size": "XL",
        "Code": "007",
        "Points": 12,
        "Share": 0.5,
        "Day": "2024-01-02",
    }
    assert the(workspace, "2").custom_fields == {"Code": "008", "Share": 1}


@pytest.mark.parametrize(
    ("on_known", "fields"),
    [("fill", {"Size": "S", "Points": 3}), ("overwrite", {"Size": "XL", "Points": 3}), ("skip", {"Size": "S"})],
)
def test_custom_fields_of_known_customers_follow_the_users_choice(workspace, on_known, fields):
    bring_in(workspace, "Id,Size\n1,S\n", "customers", {"customer_code": "Id"}, custom=["Size"])
    bring_in(
        workspace,
        "Id,Size,Points\n1,XL,3\n",
        "customers",
        {"customer_code": "Id"},
        custom=["Size", "Points"],
        on_known=on_known,
    )
    assert the(workspace, "1").custom_fields == fields


@pytest.mark.parametrize(
    ("column", "text", "expected"),
    [
        ("Annual Income (k$)", "15", 15_000),
        ("Einkommen in k€", "15", 15_000),
        ("Income, thousands", "1.5", 1_500),
        ("年收入（千元）", "15", 15_000),
        ("年收入（万元）", "15", 150_000),
        ("Income", "15", 15),
    ],
)
def test_an_income_is_multiplied_by_what_its_column_says(workspace, column, text, expected):
    bring_in(workspace, f"Id;{column}\n1;{text}\n", "customers", {"customer_code": "Id", "yearly_income": column})
    assert the(workspace, "1").yearly_income == expected


def test_what_is_no_address_number_or_year_is_kept_as_text_and_counted(workspace):
    text = "Id,Mail,Tel,Born,Since,Income\n1,none at all,x,1066,soon,a lot\n2,b@example.com,01 23,1980,2020-01-02,5\n"
    done = bring_in(
        workspace,
        text,
        "customers",
        {
            "customer_code": "Id",
            "customer_email": "Mail",
            "customer_phone": "Tel",
            "birth_year": "Born",
            "since_on": "Since",
            "yearly_income": "Income",
        },
    )
    assert not done.reasons and done.imported == 2
    first = the(workspace, "1")
    assert (first.email, first.phone, first.birth_year, first.since_on, first.yearly_income) == (None,) * 5
    assert first.custom_fields == {
        "Mail": "none at all",
        "Tel": "x",
        "Born": "1066",
        "Since": "soon",
        "Income": "a lot",
    }
    assert the(workspace, "2").custom_fields == {} and the(workspace, "2").birth_year == 1980
    counted = ("emails_not_valid", "phones_not_valid", "birth_years_not_valid", "dates_not_valid", "incomes_not_valid")
    assert [done.found[code] for code in counted] == [1] * 5


def test_a_day_of_birth_gives_the_year_and_is_kept(workspace):
    bring_in(
        workspace,
        "Id,Birthday\n1,31.12.1980\n2,01.02.2999\n",
        "customers",
        {"customer_code": "Id", "birth_date": "Birthday"},
    )
    assert the(workspace, "1").birth_year == 1980 and the(workspace, "1").custom_fields == {"Birthday": "1980-12-31"}
    assert the(workspace, "2").birth_year is None and the(workspace, "2").custom_fields == {"Birthday": "01.02.2999"}


def test_a_consent_has_a_day_only_where_the_file_gives_one(workspace):
    text = "Id,Newsletter\n1,yes\n2,no\n3,2024-05-06\n4,perhaps\n5,\n"
    done = bring_in(workspace, text, "customers", {"customer_code": "Id", "email_consent": "Newsletter"})
    assert rows(workspace, Customer.code, Customer.email_consent, Customer.email_consent_at) == [
        ("1", True, None),
        ("2", False, None),
        ("3", True, datetime(2024, 5, 6, tzinfo=UTC)),
        ("4", None, None),
        ("5", None, None),
    ]
    assert done.found["consents_not_valid"] == 1 and the(workspace, "4").custom_fields == {"Newsletter": "perhaps"}


def test_tags_are_added_and_never_taken_away(workspace):
    mapped = {"customer_code": "Id", "tags": "Tags"}
    bring_in(workspace, "Id,Tags\n1,vip; press|vip\n2,\n", "customers", mapped)
    assert rows(workspace, CustomerTag.tag) == [("press",), ("vip",)]
    done = bring_in(workspace, "Id,Tags\n1,vip，friend\n2,new\n", "customers", mapped)
    assert (done.imported, done.found["tags_added"]) == (2, 2)
    assert rows(workspace, Customer.code, CustomerTag.tag, where=[Customer.id == CustomerTag.customer_id]) == [
        ("1", "friend"),
        ("1", "press"),
        ("1", "vip"),
        ("2", "new"),
    ]
    assert bring_in(workspace, "Id,Tags\n1,vip\n", "customers", mapped).duplicate == 1


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (",,", "The line names no customer: its code, name and e-mail address are empty."),
        ("x" * 201 + ",,", "The text in the column “Id” is longer than 200 characters, which no code is."),
        (",," + "x" * 201, "There is no customer code, and the customer's name is longer than 200 characters."),
        (
            "," + "x" * 230 + "@example.com,",
            "There is no customer code, and the e-mail address is longer than 200 characters.",
        ),
    ],
)
def test_a_line_that_cannot_be_kept_says_why(workspace, line, reason):
    done = bring_in(
        workspace,
        f"Id,Mail,Name,Town\n1,,Ann,Leeds\n{line},Leeds\n",
        "customers",
        {"customer_code": "Id", "customer_email": "Mail", "customer_name": "Name", "city": "Town"},
    )
    assert done.reasons == {3: reason} and done.imported == 1


def test_an_unknown_stage_is_rejected_with_the_words_that_are_known(workspace):
    done = bring_in(
        workspace, "Id,Stage\n1,Lead\n2,潜在客户\n3,purple\n", "customers", {"customer_code": "Id", "stage": "Stage"}
    )
    assert done.reasons == {
        4: "“purple” in the column “Stage” is not known here; possible are: lead, prospect, customer, former."
    }
    assert rows(workspace, Customer.code, Customer.stage) == [("1", "lead"), ("2", "prospect")]


def test_long_texts_are_never_cut(workspace):
    name, note = "N" * 5_000, "é" * 100_000
    bring_in(
        workspace,
        f"Id,Name,Note\n1,{name},{note}\n",
        "customers",
        {"customer_code": "Id", "customer_name": "Name", "note": "Note"},
    )
    assert (the(workspace, "1").name, the(workspace, "1").note) == (name, note)


def test_a_text_that_is_no_email_address_and_alone_names_the_customer_is_the_name(workspace):
    bring_in(workspace, "Mail\nann at home\n", "customers", {"customer_email": "Mail"})
    assert rows(workspace, Customer.code, Customer.name, Customer.email) == [("ann at home", "ann at home", None)]


def test_ambiguous_dates_are_read_like_another_column_that_tells(workspace):
    text = "Id,Since,Seen\n1,03/04/2024,25/12/2023\n"
    done = bring_in(workspace, text, "customers", {"customer_code": "Id", "since_on": "Since", "birth_date": "Seen"})
    assert the(workspace, "1").since_on == date(2024, 4, 3) and done.found["date_order_assumed"] == 0


@pytest.mark.parametrize(
    "email", ["ann@example.com", "ann@example", "@x.de", "a b@x.de", "a@b@c.de", "a@x.", "ü@ü.de", "x" * 250 + "@x.de"]
)
def test_what_is_an_email_address_is_what_the_form_takes_as_one(tmp_path, email):
    workspace = db.Workspace("own", f"sqlite:///{tmp_path / 'mail.db'}")
    try:
        with db.transaction(workspace) as session:
            customers.create(session, name="Ann", email=email)
        taken = True
    except InvalidInput:
        taken = False
    finally:
        db.dispose(workspace)
    assert reading.is_email(email) == taken


def test_a_file_of_which_nothing_is_kept_can_be_planned(workspace):
    done = bring_in(workspace, "Id,Name\n,\n,  \n", "customers", {"customer_code": "Id", "customer_name": "Name"})
    assert done.imported == 0 and len(done.reasons) == 2 and done.created == {}


_WORDS = st.sampled_from(["", "Ann Lee", "ann  lee", "Bob", "Acme"])
_LINES = st.lists(
    st.tuples(
        st.sampled_from(["", "1", "2", "ann lee", "a@x.de", "C00001"]),
        _WORDS,
        st.sampled_from(["", "a@x.de", "A@x.de", "b@x.de", "broken"]),
        _WORDS,
        st.sampled_from(["", "Leeds", "York"]),
    ),
    min_size=1,
    max_size=7,
)


@pytest.fixture
def sqlite(tmp_path_factory, empty_file):
    """A fresh database for every example."""

    def fresh():
        file = shutil.copyfile(empty_file, tmp_path_factory.mktemp("twice") / "crm.db")
        return db.Workspace("own", f"sqlite:///{file}")

    return fresh


@settings(max_examples=14, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=_LINES, earlier=_LINES, on_known=st.sampled_from(["fill", "overwrite", "skip"]))
def test_twice_is_once(sqlite, lines, earlier, on_known):
    workspace = sqlite()
    mapped = {
        "customer_code": "Id",
        "customer_name": "Name",
        "customer_email": "Mail",
        "company": "Firm",
        "city": "Town",
    }
    try:
        for some in (earlier, lines):
            text = "Id,Name,Mail,Firm,Town\n" + "".join(",".join(line) + "\n" for line in some)
            if not any(any(line) for line in some):
                return
            bring_in(workspace, text, "customers", mapped, on_known=on_known)
        before = everything(workspace)
        again = bring_in(workspace, text, "customers", mapped, on_known=on_known)
        assert again.created == {} and again.imported == 0, again.plan.changes
        assert everything(workspace) == before
    finally:
        db.dispose(workspace)


def test_parsing_alone_asks_no_database():
    _, understood = parsed(PEOPLE, "customers", ID_NAME_MAIL)
    assert understood.rows.tolist() == [2, 3] and understood.fields["customer_code"].objects().tolist() == ["7", "8"]
