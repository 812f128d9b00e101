"""What tests of pages share: the demo company, an empty company, and a way to open a page without a browser."""

import os
import re
from datetime import date

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from crm import db, demo
from crm.services import settings
from tests.conftest import ROOT

TODAY = date(2026, 3, 10)


@pytest.fixture(scope="session", autouse=True)
def no_looking_for_components():
    """Streamlit looks through every installed package for components of others before each new session's first run; we have
    none, and it takes a third of a test of a page."""
    from streamlit.components.v2 import manifest_scanner

    found, manifest_scanner.scan_component_manifests = manifest_scanner.scan_component_manifests, lambda *_, **__: []
    yield
    manifest_scanner.scan_component_manifests = found


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory):
    """A data folder with the demo company in it, for reading."""
    folder = tmp_path_factory.mktemp("demo")
    before = os.environ["CRM_DATA_DIR"]
    os.environ["CRM_DATA_DIR"] = str(folder)
    demo.make(today=TODAY)
    yield folder
    db.dispose(db.demo())
    os.environ["CRM_DATA_DIR"] = before


@pytest.fixture
def in_demo(demo_folder, monkeypatch):
    monkeypatch.setenv("CRM_DATA_DIR", str(demo_folder))
    return db.demo()


@pytest.fixture
def own_company(tmp_path, monkeypatch):
    """The owner's company, begun and empty."""
    monkeypatch.setenv("CRM_DATA_DIR", str(tmp_path))
    with db.transaction(db.own()) as session:
        settings.save_company(session, name="Test & Co", currency="EUR", time_zone="Europe/Berlin")
    yield db.own()
    db.dispose(db.own())


@pytest.fixture
def files(monkeypatch):
    """What each download button, by its key, would give: (file name, function that makes the content)."""
    found = {}
    draw = st.download_button

    def download_button(label, data, *, file_name, key, **others):
        found[key] = (file_name, data)
        return draw(label, data=data, file_name=file_name, key=key, **others)

    monkeypatch.setattr(st, "download_button", download_button)
    return found


def open_page(name: str, **query: str) -> AppTest:
    """The page as a first visit shows it."""
    app = AppTest.from_file(str(ROOT / "crm" / "ui" / "frame.py"), default_timeout=60)
    for key, text in query.items():
        app.query_params[key] = text
    if name != "overview":
        app.switch_page(str(ROOT / "pages" / f"{name}.py"))
    app.run()
    assert not app.exception, app.exception
    return app


def words_of(app: AppTest) -> str:
    """All that is written on the page."""
    # Other people's words are escaped for Markdown; here they are read as the screen shows them.
    kinds = ("header", "subheader", "markdown", "caption", "info", "error", "success", "warning")
    shown = "\n".join(str(item.value) for kind in kinds for item in getattr(app, kind))
    return re.sub(r"\\([^A-Za-z0-9\s])", r"\1", shown)
