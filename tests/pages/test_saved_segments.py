"""A group is saved under a name, filters every list, is downloaded, renamed, deleted and brought back."""

import shutil
from pathlib import Path

import pytest
from sqlalchemy import delete
from streamlit.testing.v1 import AppTest

from crm import db, jobs
from crm.db.revisions import note_change
from crm.models import Customer, CustomerScore, ScoreRun, Segment, SegmentMember, Setting
from crm.services import rfm_settings, segments, settings
from tests.pages import conftest
from tests.pages.conftest import TODAY, open_page

CHAMPIONS = {"type": "rfm", "groups": ["Champions"]}
OLD = {"type": "conditions", "all": [{"column": "custom.Hat size", "operator": ">", "value": 8}]}


@pytest.fixture(scope="module")
def copied(demo_folder, tmp_path_factory) -> Path:
    """The demo company in a folder of its own, for writing."""
    return shutil.copytree(demo_folder, tmp_path_factory.mktemp("copy") / "data")


@pytest.fixture
def shop(copied, monkeypatch) -> db.Workspace:
    """The demo company without any segment, saved group or border of its own."""
    monkeypatch.setenv("CRM_DATA_DIR", str(copied))
    with db.transaction(db.demo()) as session:
        for model in (SegmentMember, Segment, CustomerScore, ScoreRun):
            session.execute(delete(model))
        session.execute(delete(Setting).where(Setting.name == rfm_settings.SETTING))
        note_change(session, Customer.__table__)
    return db.demo()


def words_of(app: AppTest) -> str:
    """All that is written, without the marks of bold."""
    return conftest.words_of(app).replace("**", "")


def keep(workspace, **given) -> int:
    with db.transaction(workspace) as session:
        return segments.create(session, **{"name": "Best", "kind": "rule", "definition": CHAMPIONS, "as_of": TODAY, **given})


def save_groups(workspace) -> None:
    with db.transaction(workspace) as session:
        jobs.segments.save(session, jobs.segments.run(session, as_of=settings.as_of(session)))


def kept(workspace) -> list[segments.SavedSegment]:
    with db.reading(workspace) as session:
        return segments.listing(session)


def size(workspace, segment_id) -> int:
    with db.reading(workspace) as session:
        return len(jobs.audiences.members(session, segment_id=segment_id, as_of=settings.as_of(session)))


def saving() -> AppTest:
    def script():
        from crm.services import settings
        from crm.ui import run, segment_saving

        if said := run.st.session_state.pop("toast", None):
            run.st.success(said)
        segment_saving.save_segment_button(
            definition={"type": "rfm", "groups": ["Champions"]}, proposed_name="Champions", key="save",
            as_of=run.fresh(settings.as_of))

    return AppTest.from_function(script, default_timeout=60)


def listed() -> AppTest:
    def script():
        from crm.services import settings
        from crm.ui import menu, run, saved_segments

        menu.navigation()  # links lead to its pages
        saved_segments.draw(run.fresh(settings.as_of))

    return AppTest.from_function(script, default_timeout=60)


def opened(app: AppTest, key: str) -> AppTest:
    """The form behind a button, opened."""
    return app.button(key=key).click().run()


def field(app, kind: str, name: str):
    return next(item for item in getattr(app, kind) if (item.key or "").startswith(name))


def select_row(app: AppTest, place: int) -> AppTest:
    # A grid reports its rows by the key that holds what is listed.
    key = next(item.key for item in app.dataframe if (item.key or "").startswith("segments_"))
    app.session_state[key] = {"selection": {"rows": [place], "columns": [], "cells": []}}
    return app.run()


def test_a_group_is_counted_named_and_saved_as_a_rule(shop):
    app = opened(saving().run(), "save")
    assert "In the group Champions" in words_of(app) and "customers at present" in words_of(app)
    assert field(app, "text_input", "save_name").value == "Champions"
    field(app, "text_area", "save_description").set_value("For spring")
    field(app, "button", "save_sent").click().run()
    assert not app.exception and not app.error and "Saved" in app.success[0].value
    (saved,) = kept(shop)
    assert (saved.name, saved.kind, saved.description, saved.definition["groups"]) == (
        "Champions", "rule", "For spring", ["Champions"])
    assert not app.text_input  # closed, and what a late click would send goes nowhere


def test_a_snapshot_keeps_the_customers_that_were_counted(shop):
    app = opened(saving().run(), "save")
    field(app, "radio", "save_kind").set_value("snapshot")
    field(app, "button", "save_sent").click().run()
    (saved,) = kept(shop)
    assert saved.kind == "snapshot" and saved.members == size(shop, keep(shop, name="The rule")) > 0


@pytest.mark.parametrize(("name", "told"), [("champions", "already"), (" ", "Give the segment a name")])
def test_a_name_that_cannot_be_given_is_told_and_nothing_typed_is_lost(shop, name, told):
    keep(shop, name="Champions")
    app = opened(saving().run(), "save")
    field(app, "text_input", "save_name").set_value(name)
    field(app, "text_area", "save_description").set_value("For spring")
    field(app, "button", "save_sent").click().run()
    assert told in app.error[0].value and len(kept(shop)) == 1
    assert field(app, "text_area", "save_description").value == "For spring"


def test_a_group_of_the_result_is_chosen_and_saved_by_the_programs_own_name(shop):
    with db.transaction(shop) as session:
        names = {group: group for group in ("Champions", "Loyal", "Lost")} | {"Loyal": "Friends"}
        rfm_settings.save(session, rfm_settings.checked(names=names), seen=rfm_settings.Rfm())
    app = opened(open_page("segments"), "save_group")
    field(app, "selectbox", "save_group_group").select("Friends").run()
    assert field(app, "text_input", "save_group_name").value == "Friends"
    field(app, "button", "save_group_sent").click().run()
    assert not app.error and kept(shop)[0].definition["groups"] == ["Loyal"] and kept(shop)[0].name == "Friends"


def found_groups() -> AppTest:
    def script():
        from crm import jobs
        from crm.services import settings
        from crm.ui import run, segment_saving

        how = {"method": "kmeans", "n_segments": 3}
        segment_saving.of_groups(run.fresh(jobs.segments.run, as_of=run.fresh(settings.as_of), **how), how)

    return AppTest.from_function(script, default_timeout=60)


def test_a_group_found_in_the_data_is_kept_as_a_snapshot_with_a_note_of_how_it_was_found(shop):
    app = opened(found_groups().run(), "save_group")
    assert "No rule tells" in words_of(app) and not app.radio
    assert "by: Days since last order, Orders, Net spend" in field(app, "text_area", "save_group_description").value
    field(app, "button", "save_group_sent").click().run()
    (saved,) = kept(shop)
    assert not app.error and saved.kind == "snapshot" and f"{saved.members:,} customers" in words_of(opened(app, "save_group"))


def ruled() -> AppTest:
    def script():
        import pandas as pd

        from crm import jobs
        from crm.analytics import trees
        from crm.services import settings
        from crm.ui import run, segment_saving

        as_of = run.fresh(settings.as_of)
        table = run.fresh(jobs.features.table, as_of=as_of, features=("recency_days", "frequency"))
        late = pd.Series("late", index=table.index).where(table["recency_days"] >= 200, "lately")
        segment_saving.of_rules(trees.explain(table, late, columns=["recency_days", "frequency"]), as_of=as_of)

    return AppTest.from_function(script, default_timeout=60)


def test_a_rule_that_tells_groups_apart_is_saved_with_its_conditions(shop):
    app = opened(ruled().run(), "save_rule")
    rules = field(app, "selectbox", "save_rule_rule")
    assert any("Days since last order" in option for option in rules.options)
    rules.select_index(0).run()
    field(app, "text_input", "save_rule_name").set_value("By rule")
    field(app, "button", "save_rule_sent").click().run()
    (saved,) = kept(shop)
    assert not app.error and saved.definition["all"][0]["column"] == "recency_days"
    assert 0 < size(shop, saved.id) < 2_000


def test_an_empty_list_says_where_segments_come_from(shop):
    app = listed().run()
    assert "No segments yet" in app.info[0].value and not app.dataframe


def test_the_list_shows_sizes_and_tells_what_a_rule_misses(shop):
    best, old = keep(shop), keep(shop, name="Old *field*", definition=OLD)
    app = listed().run()
    shown = app.dataframe[0].value.set_index("name")["customers"]
    assert shown["Best"] == size(shop, best) and shown.isna()["Old *field*"]
    app = select_row(app, 1)
    assert "Old *field*" in words_of(app) and "“Hat size”" in app.warning[0].value and "not known how many" in words_of(app)
    assert old and "Hat size: more than 8" in words_of(app)


def test_the_download_has_just_the_customers_of_the_segment(shop, files):
    best = keep(shop, name="Best & brightest")
    select_row(listed().run(), 0)
    name, content = files[f"download_segment_{best}"]
    assert name == "Best_brightest.csv"
    assert len(content().decode("utf-8-sig").splitlines()) - 1 == size(shop, best)


def test_a_segment_that_another_window_renamed_is_not_overwritten(shop):
    best = keep(shop)
    app = opened(select_row(listed().run(), 0), f"rename_{best}")
    with db.transaction(shop) as session:
        segments.update(session, best, version=1, name="Best", description="Theirs")
    field(app, "text_input", "rename_name").set_value("Mine")
    field(app, "button", "rename_sent").click().run()
    assert "Nothing was overwritten" in app.error[0].value and field(app, "text_input", "rename_name").value == "Mine"
    assert [(one.name, one.description) for one in kept(shop)] == [("Best", "Theirs")]
    field(app, "button", "reload_").click().run()
    assert field(app, "text_area", "rename_description").value == "Theirs"
    field(app, "text_input", "rename_name").set_value("Mine")
    field(app, "button", "rename_sent").click().run()
    assert [(one.name, one.description) for one in kept(shop)] == [("Mine", "Theirs")]


def test_a_segment_is_renamed(shop):
    best = keep(shop)
    app = opened(select_row(listed().run(), 0), f"rename_{best}")
    field(app, "text_input", "rename_name").set_value("Finest")
    field(app, "button", "rename_sent").click().run()
    assert not app.error and [one.name for one in kept(shop)] == ["Finest"]
    assert "In the group Champions" in words_of(app)  # still open


def test_a_deleted_segment_comes_back_by_undo(shop):
    best = keep(shop)
    app = select_row(listed().run(), 0)
    app.button(key=f"delete_segment_{best}_1").click().run()
    assert kept(shop) == [] and "was deleted" in words_of(app)
    app.button(key="undo_segment").click().run()
    assert [one.name for one in kept(shop)] == ["Best"] and "was deleted" not in words_of(app)


def test_a_snapshot_is_taken_anew_when_asked(shop):
    snapshot = keep(shop, kind="snapshot", members=[1, 2, 3])
    app = opened(select_row(listed().run(), 0), f"refresh_{snapshot}")
    assert "instead of 3" in words_of(app)
    field(app, "button", "refresh_sent").click().run()
    (saved,) = kept(shop)
    assert not app.error and saved.version == 2 and saved.members == size(shop, keep(shop, name="The rule"))


def only(name: str, label: str, **query) -> AppTest:
    app = open_page(name, **query)
    return app.selectbox(key="only").select(label).run()


def test_the_list_of_customers_and_its_download_hold_only_the_segment(shop, files):
    best = keep(shop)
    app = only("customers", "Best")
    assert f"Only customers in Best ({size(shop, best)} customers)" in words_of(app)
    assert f"of {size(shop, best)}" in words_of(app)
    assert len(files["download_customers"][1]().decode("utf-8-sig").splitlines()) - 1 == size(shop, best)


def test_an_address_opens_the_list_with_the_segment_chosen(shop):
    keep(shop)
    app = open_page("customers", only="Best")
    assert "Only customers in Best" in words_of(app)


def test_a_saved_group_is_chosen_like_a_segment(shop):
    save_groups(shop)
    app = only("customers", "Group: Champions")
    assert set(app.dataframe[0].value["segment"]) == {"Champions"}


def test_filters_of_the_list_are_saved_as_a_rule_with_the_segment_they_were_within(shop):
    keep(shop)
    app = only("customers", "Best")
    app.pills(key="show").set_value("Silent").run()
    app = opened(app, "save_listed")
    assert "ordered before, but not within 90 days" in words_of(app) and "In the group Champions" in words_of(app)
    field(app, "text_input", "save_listed_name").set_value("Silent best")
    field(app, "button", "save_listed_sent").click().run()
    assert not app.error
    assert kept(shop)[1].definition == {"type": "all", "of": [
        {"type": "filter", "show": "silent"}, {"type": "rfm", "groups": ["Champions"], "cuts": None}]}


def test_within_a_snapshot_the_list_can_only_be_kept_as_it_is(shop):
    keep(shop, kind="snapshot", members=range(1, 40))
    app = opened(only("customers", "Best"), "save_listed")
    assert "39 customers at present" in words_of(app) and not app.radio and "No rule tells" in words_of(app)
    field(app, "text_input", "save_listed_name").set_value("A copy")
    field(app, "button", "save_listed_sent").click().run()
    assert [one.members for one in kept(shop)] == [39, 39]


def test_a_segment_that_cannot_be_told_gives_an_empty_list_and_says_why(shop):
    keep(shop, name="Old", definition=OLD)
    app = only("customers", "Old")
    assert "“Hat size”" in app.warning[0].value and "No customer fits" in app.info[0].value


def test_a_segment_that_was_deleted_elsewhere_is_told_and_all_customers_shown(shop):
    best = keep(shop)
    keep(shop, name="Other")
    app = only("customers", "Best")
    with db.transaction(shop) as session:
        segments.delete(session, best, version=1)
    app.run()
    assert not app.exception and "not there any more" in app.toast[0].value and "Only customers" not in words_of(app)


@pytest.mark.parametrize(("page", "download"), [("churn", "download_churn"), ("recommendations", "download_offers")])
def test_lists_of_analyses_and_their_downloads_hold_only_the_segment(shop, files, page, download):
    keep(shop, kind="snapshot", members=range(1, 200))
    keep(shop, name="Nobody", kind="snapshot", members=[])
    app = open_page(page)
    all_rows = len(files[download][1]().decode("utf-8-sig").splitlines())
    app.selectbox(key="only").select("Best").run()
    assert not app.exception and not app.error and "Only customers in Best (199 customers)" in words_of(app)
    some = files[download][1]().decode("utf-8-sig").splitlines()
    assert 1 < len(some) < all_rows
    app.selectbox(key="only").select("Nobody").run()
    assert not app.exception and not app.error and "Only customers in Nobody (0 customers)" in words_of(app)
    assert len(files[download][1]().decode("utf-8-sig").splitlines()) == 1


def test_satisfaction_is_that_of_the_segment(shop):
    keep(shop, kind="snapshot", members=range(1, 400))
    keep(shop, name="Nobody", kind="snapshot", members=[])
    app = only("satisfaction", "Best")
    assert "Only customers in Best" in words_of(app)
    with db.reading(shop) as session:
        segment_id = segments.listing(session)[0].id
        part = jobs.audiences.narrowed(jobs.satisfaction.run)(session, segment_id=segment_id, as_of=settings.as_of(session))
        everybody = jobs.satisfaction.run(session, as_of=settings.as_of(session))
    assert 0 < part.answers < everybody.answers and f"{part.csat.n} answers are satisfied" in words_of(app)
    app.selectbox(key="only").select("Nobody").run()
    assert not app.exception and not app.error and app.info


def test_without_segments_and_groups_there_is_nothing_to_choose(shop):
    assert "only" not in [item.key for item in open_page("customers").selectbox]


def test_the_page_of_a_customer_tells_the_groups_over_time(shop):
    app = open_page("customer", customer="1")
    line = next(item.value for item in app.markdown if item.value.startswith("Group over time"))
    assert "since" in line


def test_a_customer_of_an_empty_company_has_no_course(own_company):
    from crm.services import customers
    with db.transaction(own_company) as session:
        customer_id = customers.create(session, name="Ada")
    app = open_page("customer", customer=str(customer_id))
    assert "Group over time" not in words_of(app)


def over_time() -> AppTest:
    def script():
        from crm.services import settings
        from crm.ui import menu, run, segment_history

        menu.navigation()
        segment_history.draw(run.fresh(settings.as_of))

    return AppTest.from_function(script, default_timeout=60)


def test_groups_over_time_are_told_in_a_sentence_and_by_month_too(in_demo):
    app = over_time().run()
    assert not app.exception and "went quiet" in words_of(app) and "In the last three months" in words_of(app)
    app.segmented_control(key="history_every").set_value("Months").run()
    assert not app.exception and "In the last month" in words_of(app)
    app.selectbox(key="history_gone").select("A year").run()
    assert not app.exception and not app.error


def test_groups_over_time_of_an_empty_company_are_advice(own_company):
    app = over_time().run()
    assert not app.exception and "there are 0" in app.info[0].value


def editor() -> AppTest:
    def script():
        from crm.services import settings
        from crm.ui import rfm_editor, run

        rfm_editor.draw(run.fresh(settings.as_of))

    return AppTest.from_function(script, default_timeout=60)


def test_groups_are_renamed_and_their_borders_drawn_anew(shop):
    app = editor().run()
    app.button(key="edit_rfm").click().run()
    token = app.session_state["token_demo_rfm_editor"]
    app.text_input(key=f"rfm_name_Lost_{token}").set_value("Gone for good")
    app.toggle(key=f"rfm_own_recency_days_{token}").set_value(True).run()
    for place, days in enumerate((30, 60, 90, 120)):
        app.number_input(key=f"rfm_recency_days_{place}_{token}").set_value(days)
    app.run()
    sizes = app.dataframe[0].value
    assert "Gone for good" in sizes["group"].tolist() and any(sizes["change"])
    app.button(key=f"rfm_save_{token}").click().run()
    assert not app.exception and not app.error
    with db.reading(shop) as session:
        chosen = rfm_settings.read(session)
        found = jobs.segments.run(session, as_of=settings.as_of(session))
    assert chosen.recency_days == (30, 60, 90, 120) and chosen.called("Lost") == "Gone for good"
    counted = found.customers["segment"].value_counts()
    assert counted["Gone for good"] == sizes.set_index("group")["then"]["Gone for good"]


def test_borders_that_do_not_rise_are_told_and_cannot_be_saved(shop):
    app = editor().run()
    app.button(key="edit_rfm").click().run()
    token = app.session_state["token_demo_rfm_editor"]
    app.toggle(key=f"rfm_own_orders_{token}").set_value(True).run()
    app.number_input(key=f"rfm_orders_0_{token}").set_value(500).run()
    assert "must rise" in app.error[0].value and app.button(key=f"rfm_save_{token}").disabled


def test_borders_that_another_window_drew_are_not_overwritten(shop):
    app = editor().run()
    app.button(key="edit_rfm").click().run()
    token = app.session_state["token_demo_rfm_editor"]
    theirs = rfm_settings.checked(orders=[2, 3, 4, 5])
    with db.transaction(shop) as session:
        rfm_settings.save(session, theirs, seen=rfm_settings.Rfm())
    app.text_input(key=f"rfm_name_Lost_{token}").set_value("Gone").run()
    app.button(key=f"rfm_save_{token}").click().run()
    assert "Nothing was overwritten" in " ".join(item.value for item in app.error)
    with db.reading(shop) as session:
        assert rfm_settings.read(session) == theirs


def test_the_editor_opens_in_an_empty_company(own_company):
    app = editor().run()
    app.button(key="edit_rfm").click().run()
    assert not app.exception and not app.error
