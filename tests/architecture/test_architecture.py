"""The shape of the project: who imports whom, one menu, no page without a test, no drift, nothing forbidden."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command

from crm import db
from crm.db.upgrade import alembic_config
from crm.models import Base
from crm.ui.menu import MENU
from tests.conftest import ROOT

PAGES = sorted(path.stem for path in (ROOT / "pages").glob("*.py"))
CODE = sorted([ROOT / "app.py", *(ROOT / "pages").glob("*.py"), *(ROOT / "crm").rglob("*.py")])


def test_imports_run_in_the_directions_of_the_contracts():
    done = subprocess.run([str(Path(sys.executable).with_name("lint-imports")), "--no-cache"], cwd=ROOT,
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:]


def test_every_page_is_in_the_menu_once():
    lines = [name for section in MENU.values() for name, *_ in section]
    assert sorted(lines) == PAGES


def test_no_undefined_or_unused_names():
    done = subprocess.run([sys.executable, "-m", "ruff", "check", "--no-cache", "."], cwd=ROOT, capture_output=True,
                          text=True)
    assert done.returncode == 0, done.stdout[-3000:]


@pytest.mark.filterwarnings("ignore:.*expression-based index")
def test_migrations_lead_to_the_models(workspace):
    with db.engine(workspace).connect() as connection:
        command.check(alembic_config(connection, metadata=Base.metadata))


@pytest.mark.parametrize("path", CODE, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_module_opens_with_what_it_is_for(path):
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), path


def test_there_is_no_drawer_for_everything():
    names = {path.stem for path in CODE}
    assert not names & {"utils", "util", "helpers", "helper", "common", "misc"}


def test_only_config_reads_the_environment():
    readers = [path for path in CODE if re.search(r"\bos\.(environ|getenv)\b", path.read_text(encoding="utf-8"))]
    assert readers == [ROOT / "crm" / "config.py"]


def test_no_statement_is_built_from_values():
    """Values travel as parameters; the one place that writes SQL words quotes this program's own names."""
    builders = [path.relative_to(ROOT).as_posix() for path in CODE
                if re.search(r"""(execute|text)\(\s*f["']""", path.read_text(encoding="utf-8"))]
    assert sorted(builders) == ["crm/db/bulk.py", "crm/db/engine.py"]


def test_nothing_on_the_screen_is_fetched_from_elsewhere():
    for path in CODE:
        for address in re.findall(r"https?://[^\s\"')}]+", path.read_text(encoding="utf-8")):
            # Names under .example are reserved for examples and lead nowhere (RFC 2606).
            assert address.startswith("http://127.0.0.1") or re.match(r"https://[a-z]+\.example\b", address), f"{path}: {address}"


@pytest.mark.xdist_group("alone")
def test_tests_that_share_something_expensive_run_in_one_process(request):
    if "PYTEST_XDIST_WORKER" not in os.environ:
        pytest.skip("Only two processes can share badly.")
    assert request.node.nodeid.endswith("@alone")
