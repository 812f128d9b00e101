"""A table of one's own: numbers where a column is numbers, text elsewhere, nothing invented where nothing is written."""

import numpy as np
import pytest

from crm.errors import InvalidInput
from crm.imports import of_file
from crm.imports.typed import read_own_table


def table(text: str, name: str = "mine.csv"):
    return read_own_table(of_file(text.encode(), file_name=name)[0])


def test_numbers_are_read_as_their_file_writes_them():
    read = table("age;spent\n31;1.234,50\n44;7,00\n52;12,25\n")
    assert read.frame["spent"].tolist() == [1234.5, 7.0, 12.25]
    assert read.numbers == ["age", "spent"]


def test_what_is_not_written_is_missing_and_never_zero():
    read = table("who,age,town\na,31,York\nb,,n/a\nc,NULL,Leeds\n")
    assert np.isnan(read.frame["age"].to_numpy()[1:]).all()
    assert read.frame["town"].isna().tolist() == [False, True, False]


def test_a_stray_word_makes_no_text_of_a_column_of_numbers_and_is_counted():
    lines = "".join(f"{age},x\n" for age in range(20, 60))
    read = table(f"age,mark\n{lines}soon,x\n")
    assert read.not_numbers == {"age": 1} and np.isnan(read.frame["age"].iloc[-1])
    assert table("age,mark\n1,x\nsoon,y\n").not_numbers == {}


def test_what_tells_every_line_apart_is_no_feature():
    read = table("id,name,amount,age\n1,Ann,3.50,30\n2,Ben,4.25,30\n3,Cy,9.75,41\n4,Di,1.25,52\n")
    assert read.identifiers == ("id", "name") and read.numbers == ["amount", "age"]


def test_lines_that_do_not_fit_the_columns_are_counted():
    assert table("a,b\n1,2\n3,4\n5,6,7\n8,9\n").lines_left_out == 1


def test_a_file_without_lines_is_told():
    with pytest.raises(InvalidInput, match="no lines"):
        table("a,b\n")


def test_the_shopping_centre_has_three_features(datasets):
    read = read_own_table(of_file(datasets / "mall_customers" / "Mall_Customers.csv")[0])
    assert read.numbers == ["Age", "Annual Income (k$)", "Spending Score (1-100)"]
    assert len(read.frame) == 200 and read.identifiers == ("CustomerID",)


def test_blank_charges_are_missing_in_a_column_of_numbers(datasets):
    read = read_own_table(of_file(datasets / "telco_churn" / "telco_customer_churn.csv")[0])
    assert read.frame["TotalCharges"].isna().sum() == 11 and "TotalCharges" in read.numbers
