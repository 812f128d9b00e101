"""Are published files of customers, products, payments, deals and answers found again in the database, to the cent?"""

import pytest
from sqlalchemy import func, select

from crm import db
from crm.imports.detection import FileFormat
from crm.models import Customer, Deal, Payment, Product, SurveyAnswer
from tests.imports.test_records_road import bring_in

NO_HEADER = FileFormat(has_header=False)


def header_of(path):
    return path.read_text(encoding="utf-8-sig").splitlines()[0].split(",")


def the_same_again(workspace, path, kind, columns, **choices):
    first = bring_in(workspace, path, kind, columns, **choices)
    again = bring_in(workspace, path, kind, columns, **choices)
    assert (again.imported, again.created, again.updated) == (0, {}, {}) and again.reasons == first.reasons
    return first


def test_the_pipeline_is_found_again_whatever_comes_first(workspace, datasets):
    folder = datasets / "crm_opportunities"
    accounts = the_same_again(
        workspace,
        folder / "accounts.csv",
        "customers",
        {"company": "account", "country": "office_location"},
        custom=["sector", "revenue", "employees"],
    )
    assert accounts.created == {"customers": 85}
    products = the_same_again(
        workspace,
        folder / "products.csv",
        "products",
        {"product_name": "product", "category": "series", "price": "sales_price"},
    )
    assert products.created == {"products": 7}
    deals = the_same_again(
        workspace,
        folder / "sales_pipeline.csv",
        "deals",
        {
            "deal_code": "opportunity_id",
            "product_name": "product",
            "company": "account",
            "stage": "deal_stage",
            "opened_on": "engage_date",
            "closed_on": "close_date",
            "amount": "close_value",
        },
        custom=["sales_agent"],
    )
    assert deals.created == {"deals": 8_800} and deals.found["products_written_differently"] == 1_480
    with db.reading(workspace) as session:
        found = session.execute(
            select(Deal.stage, func.count(), func.sum(Deal.amount_e4), func.count(Deal.amount_e4))
            .group_by(Deal.stage)
            .order_by(Deal.stage)
        ).all()
        assert [tuple(each) for each in found] == [
            ("engaging", 1_589, None, 0),
            ("lost", 2_473, 0, 2_473),
            ("prospecting", 500, None, 0),
            ("won", 4_238, 10_005_534_0000, 4_238),
        ]
        assert session.scalar(select(func.count(Deal.customer_id))) == 8_800 - 1_425
        assert session.scalar(select(func.count(Deal.product_id))) == 8_800
        assert session.scalar(select(func.count()).where(Deal.opened_on.is_(None))) == 500


def test_the_dealers_customers_products_and_payments_get_in(workspace, datasets):
    folder = datasets / "classicmodels"
    payments = the_same_again(
        workspace,
        folder / "Payments.txt",
        "payments",
        {"customer_code": "1", "payment_code": "2", "paid_on": "3", "amount": "4"},
        asked=NO_HEADER,
    )
    assert payments.created == {"customers": 98, "payments": 273}
    names = (
        "customer_code",
        "company",
        "last_name",
        "first_name",
        "customer_phone",
        "address",
        "address_2",
        "city",
        "region",
        "postal_code",
        "country",
    )
    customers = the_same_again(
        workspace,
        folder / "Customers.txt",
        "customers",
        {name: str(place) for place, name in enumerate(names, start=1)},
        custom=["12", "13"],
        asked=NO_HEADER,
    )
    assert customers.created == {"customers": 24} and customers.updated == {"customers": 98}
    products = the_same_again(
        workspace,
        folder / "Products.txt",
        "products",
        {"product_code": "1", "product_name": "2", "category": "3", "description": "6", "cost": "8", "price": "9"},
        custom=["4", "5", "7"],
        asked=NO_HEADER,
    )
    assert products.created == {"products": 110}
    with db.reading(workspace) as session:
        assert session.scalar(select(func.sum(Payment.amount_e4))) == 8_853_839_2300
        atelier = session.scalars(select(Customer).where(Customer.code == "103")).one()
        assert (atelier.name, atelier.company, atelier.region) == ("Carine Schmitt", "Atelier graphique", None)
        harley = session.scalars(select(Product).where(Product.code == "S10_1678")).one()
        assert (harley.cost_e4, harley.price_e4, harley.custom_fields["4"]) == (488_100, 957_000, "1:10")


def test_the_telephone_companys_customers_keep_all_that_is_told(workspace, datasets):
    path = datasets / "telco_churn" / "telco_customer_churn.csv"
    custom = [name for name in header_of(path) if name not in ("customerID", "gender")]
    done = the_same_again(
        workspace, path, "customers", {"customer_code": "customerID", "gender": "gender"}, custom=custom
    )
    assert done.created == {"customers": 7_043} and not done.reasons
    with db.reading(workspace) as session:
        fields = session.scalars(select(Customer.custom_fields)).all()
    assert sum("TotalCharges" not in each for each in fields) == 11
    assert sum(each["Churn"] == "Yes" for each in fields) == 1_869
    assert isinstance(fields[0]["MonthlyCharges"], float) and isinstance(fields[0]["tenure"], int)


def test_the_malls_incomes_are_thousands(workspace, datasets):
    done = the_same_again(
        workspace,
        datasets / "mall_customers" / "Mall_Customers.csv",
        "customers",
        {"customer_code": "CustomerID", "gender": "Gender", "yearly_income": "Annual Income (k$)"},
        custom=["Age", "Spending Score (1-100)"],
    )
    assert done.created == {"customers": 200}
    with db.reading(workspace) as session:
        assert session.scalar(select(Customer.yearly_income_e4).where(Customer.code == "1")) == 15_000_0000
        assert session.scalar(select(Customer.custom_fields).where(Customer.code == "1")) == {
            "Age": 19,
            "Spending Score (1-100)": 39,
        }


@pytest.mark.xdist_group("airline")
def test_two_million_answers_of_passengers_get_in(tmp_path, datasets):
    path = datasets / "airline_satisfaction" / "airline_passenger_satisfaction.csv.xz"
    custom = ["Age", "Customer Type", "Type of Travel", "Class", "Flight Distance", "Departure Delay", "Arrival Delay"]
    items = [
        "Departure and Arrival Time Convenience",
        "Ease of Online Booking",
        "Check-in Service",
        "Online Boarding",
        "Gate Location",
        "On-board Service",
        "Seat Comfort",
        "Leg Room Service",
        "Cleanliness",
        "Food and Drink",
        "In-flight Service",
        "In-flight Wifi Service",
        "In-flight Entertainment",
        "Baggage Handling",
        "Satisfaction",
    ]
    workspace = db.Workspace("own", f"sqlite:///{tmp_path / 'airline.db'}")
    # The second time is tested on small files: two million answers are compared for half a minute.
    done = bring_in(
        workspace,
        path,
        "answers_wide",
        {"response_code": "ID", "gender": "Gender"},
        custom=custom,
        items=items,
        constants={"answered_at": "2020-01-01"},
    )
    assert done.imported == 129_880 and done.created == {"customers": 129_880, "survey_answers": 1_818_320 + 129_880}
    with db.reading(workspace) as session:
        found = session.execute(
            select(
                SurveyAnswer.metric,
                func.count(),
                func.count(SurveyAnswer.score),
                func.min(SurveyAnswer.score),
                func.max(SurveyAnswer.score),
            )
            .group_by(SurveyAnswer.metric)
            .order_by(SurveyAnswer.metric)
        ).all()
        satisfied = session.scalar(select(func.sum(SurveyAnswer.score)).where(SurveyAnswer.metric == "csat"))
    assert [tuple(each) for each in found] == [
        ("csat", 129_880, 129_880, 0.0, 1.0),
        ("likert", 1_818_320, 1_798_186, 1.0, 5.0),
    ]
    assert done.found["answers_not_applicable"] == 20_134 and satisfied == 56_428
    db.dispose(workspace)
