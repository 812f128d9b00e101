"""The command line: the same functions with no browser; JSON alone on stdout, sentences on stderr, honest statuses."""

import json
import subprocess
import sys
from datetime import date

import pandas as pd
import pytest

from crm import __main__ as command_line
from crm import db, demo
from tests.conftest import ROOT

COLUMNS = {
    "segments": ["customer_code", "segment", "recency_days", "frequency", "monetary"],
    "churn": ["customer_code", "probability"],
    "recommend": ["customer_code", "product_code", "rank", "score"],
    "baskets": ["antecedents", "consequents", "support", "confidence", "lift"],
    "satisfaction": ["item", "n", "mean", "standard_deviation"],
    "value": ["customer_code", "expected_spend"],
    "cohorts": ["cohort", "customers", "age", "active_share", "returned_share", "revenue_to_date_per_customer"],
    "risk": ["customer_code", "score", "level", "overdue_amount", "revenue_year"],
    "network": ["customer_code", "rank", "brought", "brought_in_all", "value_brought"],
    "responses": ["survey", "asked", "answered", "share"],
    "comments": ["comment"],
    "drivers": ["item", "importance", "performance", "place"],
    "service_desk": [],
    "happier": ["group", "n", "mean"],
    "unhappy": ["customer_code"],
    "journey": [],
}


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    """The invented company as the owner's own database."""
    workspace = db.Workspace("own", f"sqlite:///{tmp_path_factory.mktemp('company') / 'crm.db'}")
    demo.build(workspace, today=date(2026, 3, 10))
    return workspace


@pytest.fixture
def here(company, tmp_path, monkeypatch):
    monkeypatch.setenv("CRM_DATABASE_URL", company.url)
    monkeypatch.setenv("CRM_DATA_DIR", str(tmp_path))
    return tmp_path


def call(capsys, *arguments: str) -> tuple[int, str, str]:
    status = command_line.main(list(arguments))
    told = capsys.readouterr()
    return status, told.out, told.err


@pytest.mark.parametrize("analysis", list(COLUMNS))
def test_a_run_writes_its_table_and_one_json_object(here, capsys, analysis):
    out = here / "out.csv"
    status, told, _ = call(capsys, "run", analysis, "--json", "--out", str(out))
    answer = json.loads(told)
    assert status == 0 and answer["analysis"] == analysis and answer["as_of"] and answer["quality"]
    table = pd.read_csv(out)
    assert set(COLUMNS[analysis]) <= set(table.columns) and len(table) == answer["rows"] > 0


def test_settings_and_day_are_used_and_told(here, capsys):
    _, told, _ = call(capsys, "run", "churn", "--json", "--as-of", "2025-12-31", "--param", "horizon_days=60")
    answer = json.loads(told)
    assert answer["as_of"] == "2025-12-31" and answer["parameters"]["horizon_days"] == 60


def test_support_may_be_a_share_or_a_number_of_orders(here, capsys):
    share = json.loads(call(capsys, "run", "baskets", "--json", "--param", "min_support=0.01")[1])["quality"]
    count = json.loads(call(capsys, "run", "baskets", "--json", "--param", f"min_support={share['min_count']}")[1])
    assert count["quality"] == share


def test_the_same_run_gives_the_same_answer(here, capsys):
    assert call(capsys, "run", "segments", "--json", "--param", "method=kmeans") == call(
        capsys, "run", "segments", "--json", "--param", "method=kmeans")


@pytest.mark.parametrize(("arguments", "said"), [
    (["run", "churn", "--param", "speed=1"], "horizon_days"), (["run", "churn", "--param", "horizon_days=x"], "no number"),
    (["run", "churn", "--param", "horizon_days"], "NAME=VALUE"), (["run", "segments", "--param", "method=x"], "rfm"),
    (["run", "churn", "--as-of", "1999-01-01"], "needs orders"), (["import", "nowhere.csv"], "no file"),
    (["export", "customers", "/nowhere/at/all.csv"], "No such file"),
    (["run", "segments", "--param", "random_state=-1"], "from 0 to"),
    (["run", "recommend", "--param", "exclude_recent_days=99999999999"], "from 0 to"),
    (["import", "README.md", "--rejects", "README.md"], "must not be the file"),
])
def test_wrong_use_is_told_on_stderr_with_status_2(here, capsys, arguments, said):
    status, told, complaint = call(capsys, *arguments, "--json")
    assert status == 2 and told == "" and said in complaint


@pytest.mark.parametrize("arguments", [["run", "nothing"], ["run", "churn", "--as-of", "soon"],
                                       ["run", "churn", "--as-of", "9999-12-31"], [], ["export", "secrets", "x"]])
def test_unknown_words_are_told_with_status_2(here, arguments):
    with pytest.raises(SystemExit) as left:
        command_line.main(arguments)
    assert left.value.code == 2


def test_check_finds_what_is_wrong(here, capsys, company):
    assert call(capsys, "check", "--json")[0] == 0
    with db.engine(company).execution_options(crm_writing=True).begin() as connection:
        connection.exec_driver_sql("update orders set net_amount_e4 = net_amount_e4 + 1 where id = 5")
    status, told, _ = call(capsys, "check", "--json")
    with db.engine(company).execution_options(crm_writing=True).begin() as connection:
        connection.exec_driver_sql("update orders set net_amount_e4 = net_amount_e4 - 1 where id = 5")
    answer = json.loads(told)
    assert status == 1 and answer["ok"] is False and answer["findings"][0]["records"] == 1


def test_what_is_exported_comes_in_again(here, capsys, tmp_path, monkeypatch):
    file = here / "lines.csv"
    exported = json.loads(call(capsys, "export", "order_lines", str(file), "--json")[1])
    monkeypatch.setenv("CRM_DATABASE_URL", f"sqlite:///{tmp_path / 'other.db'}")
    answer = json.loads(call(capsys, "import", str(file), "--json")[1])
    lines = answer["lines"]
    assert lines["read"] == exported["rows"] == lines["imported"] + lines["duplicate"] + lines["rejected"]
    assert lines["imported"] == exported["rows"]
    again = json.loads(call(capsys, "import", str(file), "--json")[1])["lines"]
    assert again["imported"] == 0 and again["duplicate"] == exported["rows"]
    assert call(capsys, "check")[0] == 0


def test_the_demo_touches_only_its_own_file(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("CRM_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("CRM_DATABASE_URL", f"sqlite:///{tmp_path / 'mine.db'}")
    status, told, _ = call(capsys, "demo", "--today", "2026-03-10", "--json")
    assert status == 0 and json.loads(told)["created"]["customers"] == 2012
    assert (tmp_path / "demo.db").exists() and not (tmp_path / "mine.db").exists()


def test_migrate_tells_the_revision(here, capsys):
    assert json.loads(call(capsys, "migrate", "--json")[1]) == {"revision": db.head()}


def test_it_runs_as_a_module_and_explains_itself():
    done = subprocess.run([sys.executable, "-m", "crm", "--help"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0
    assert all(word in done.stdout for word in ("demo", "import", "run", "export", "check", "CRM_DATABASE_URL"))


@pytest.fixture
def empty(tmp_path, monkeypatch):
    monkeypatch.setenv("CRM_DATABASE_URL", f"sqlite:///{tmp_path / 'mine.db'}")
    monkeypatch.setenv("CRM_DATA_DIR", str(tmp_path))
    yield tmp_path
    db.dispose(db.own())


PEOPLE = "customer id,name,email,Shoe size\n7,Ada,ada@example.com,38\n8,Bo,bo@example.com,44\n"


def test_a_file_of_another_kind_is_recognised_previewed_brought_in_and_taken_back(empty, capsys):
    (empty / "people.csv").write_text(PEOPLE, encoding="utf-8")
    preview = json.loads(call(capsys, "import", str(empty / "people.csv"), "--preview", "--json")[1])
    assert preview["kind"] == "customers" and preview["lines"] == {
        "read": 2, "imported": 2, "duplicate": 0, "rejected": 0}
    assert json.loads(call(capsys, "imports", "--json")[1])["imports"] == [], "a preview writes nothing"
    done = json.loads(call(capsys, "import", str(empty / "people.csv"), "--json")[1])
    assert done["created"]["customers"] == 2
    again = json.loads(call(capsys, "import", str(empty / "people.csv"), "--json")[1])
    assert again["lines"]["imported"] == 0 and again["lines"]["duplicate"] == 2
    undone = json.loads(call(capsys, "undo", str(done["batch"]), "--json")[1])
    assert undone["removed"]["customers"] == 2 and not undone["kept"]
    assert call(capsys, "undo", str(done["batch"]))[0] == 2


def test_several_files_come_in_together_in_the_sequence_that_they_need(empty, capsys):
    (empty / "people.csv").write_text(PEOPLE, encoding="utf-8")
    (empty / "orders.csv").write_text("order,date,customer id,product,quantity,price\n1,2026-01-02,7,Tea,2,4.50\n",
                                      encoding="utf-8")
    answer = json.loads(call(capsys, "import", str(empty / "orders.csv"), str(empty / "people.csv"), "--json")[1])
    assert [(one["kind"], one["created"]["customers"]) for one in answer["files"]] == [
        ("customers", 2), ("order_lines", 0)]


def test_a_file_that_could_be_anything_is_asked_about(empty, capsys):
    (empty / "things.csv").write_text("a,b\nx,y\nz,w\n", encoding="utf-8")
    status, _, complaint = call(capsys, "import", str(empty / "things.csv"))
    assert status == 2 and "--kind" in complaint


@pytest.mark.parametrize(("arguments", "said"), [
    (["--format", "colour=red"], "encoding"), (["--format", "has_header"], "NAME=VALUE"),
    (["--format", "encoding=klingon"], "klingon"), (["--set", "shoe=1"], "shoe"), (["--map", "nobody=customer_name"], "nobody"),
])
def test_wrong_choices_for_a_file_are_told(empty, capsys, arguments, said):
    (empty / "people.csv").write_text(PEOPLE, encoding="utf-8")
    status, told, complaint = call(capsys, "import", str(empty / "people.csv"), *arguments)
    assert status == 2 and told == "" and said in complaint


def test_everything_leaves_as_one_zip_and_comes_back(empty, capsys, monkeypatch):
    (empty / "people.csv").write_text(PEOPLE, encoding="utf-8")
    call(capsys, "import", str(empty / "people.csv"))
    assert call(capsys, "export", "everything", str(empty / "all.zip"))[0] == 0
    before = call(capsys, "export", "customers", str(empty / "before.csv"))
    monkeypatch.setenv("CRM_DATABASE_URL", f"sqlite:///{empty / 'other.db'}")
    assert call(capsys, "import", str(empty / "all.zip"))[0] == 0
    assert call(capsys, "export", "customers", str(empty / "after.csv"))[0] == before[0] == 0
    assert (empty / "before.csv").read_bytes() == (empty / "after.csv").read_bytes()
    assert call(capsys, "import", str(empty / "all.zip"))[0] == 2, "only an empty company is filled"
    db.dispose(db.own())
