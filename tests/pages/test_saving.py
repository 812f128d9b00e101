"""Every analysis that gives customers something is saved by one button, once."""

import shutil

import pytest

from crm import db
from crm.services import scores
from tests.pages.conftest import open_page

SAVED = {"segments": "segments", "churn": "churn", "recommendations": "recommend", "satisfaction": "satisfaction"}


@pytest.fixture(scope="module")
def copied_demo(demo_folder, tmp_path_factory):
    """A demo company of this module's own, to write to."""
    folder = tmp_path_factory.mktemp("copied")
    shutil.copytree(demo_folder, folder, dirs_exist_ok=True)
    return folder


@pytest.fixture
def in_copied_demo(copied_demo, monkeypatch):
    monkeypatch.setenv("CRM_DATA_DIR", str(copied_demo))
    yield db.demo()
    db.dispose(db.demo())


@pytest.mark.parametrize("name", SAVED)
def test_each_analysis_runs_and_is_saved_in_the_demo(name, in_copied_demo):
    app = open_page(name)
    with db.reading(in_copied_demo) as session:
        before = scores.newest_run(session, analysis=SAVED[name])
    next(item for item in app.button if item.label == "Save to the customers").click().run()
    assert not app.exception and not app.error
    with db.reading(in_copied_demo) as session:
        assert scores.newest_run(session, analysis=SAVED[name]) != before
