"""A newcomer's first five minutes on the real server: from nothing to an order that survives a restart."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from crm.ui.menu import MENU
from tests.browser.conftest import settled

pytestmark = pytest.mark.xdist_group("browser")
TOO_WIDE = "() => document.documentElement.scrollWidth > window.innerWidth + 1"
SHOWN = [(name, title) for section, lines in MENU.items() if section for name, title, _ in lines]


def test_the_first_visit_builds_the_demo_and_shows_a_full_screen(visit):
    window = visit()
    # A few seconds on a quiet machine; this one may be busy with the other tests.
    expect(window.get_by_role("heading", name="How is business?")).to_be_visible(timeout=60_000)
    settled(window)
    expect(window.get_by_text("Active customers")).to_be_visible()
    expect(window.locator(".js-plotly-plot").first).to_be_visible()
    assert window.locator("[data-testid=stMetric]").count() == 6


def test_pages_open_by_their_own_address_inside_the_frame(visit, server):
    window = visit()  # one window, so that the program's own files are fetched once
    for name, title in (SHOWN[0], SHOWN[3], SHOWN[-1]):
        window.goto(f"{server.address}/{name}", wait_until="domcontentloaded")
        settled(window)
        expect(window.locator("[data-testid=stMain] h2").first).to_be_visible()
        expect(window).to_have_title(f"{title} · Solo CRM")
        expect(window.locator("[data-testid=stSidebarNavLink]")).to_have_count(len(SHOWN))
        assert not window.evaluate(TOO_WIDE), name


def test_every_page_fits_a_phone(visit):
    window = visit()
    settled(window)
    window.set_viewport_size({"width": 390, "height": 844})
    links = window.locator("[data-testid=stSidebarNavLink]")
    for place, (name, title) in enumerate(SHOWN):
        links.nth(place).evaluate("link => link.click()")  # the menu is folded away on a phone
        expect(window).to_have_title(f"{title} · Solo CRM")
        settled(window)
        expect(window.locator("[data-testid=stMain] h2").first).to_be_visible()
        assert not window.evaluate(TOO_WIDE), name


def test_an_owner_begins_adds_a_customer_and_an_order_and_finds_them_after_a_restart(visit, server):
    window = visit()
    settled(window)
    window.get_by_role("button", name="Start with my own data").click()
    settled(window)  # the page behind the dialog is drawn on; a click before its end is lost
    window.get_by_label("Name of your company").fill("Test & Daughters")
    window.get_by_role("button", name="Begin").click()
    expect(window.get_by_text("There are no orders yet")).to_be_visible()
    settled(window)
    add_customer(window, server, "Cleo Cask", "cleo@example.com")
    add_order(window)
    server.stop()
    server.start()
    again = visit("customers")
    expect(again.get_by_text("1–1 of 1")).to_be_visible()
    settled(again)
    cell = again.locator("[data-testid=stDataFrame]").first
    cell.click(position={"x": 60, "y": 35 * 1.5})
    expect(again.get_by_role("heading", name="Cleo Cask")).to_be_visible()
    expect(again.get_by_text("cleo@example.com")).to_be_visible()
    overview = visit("overview")
    expect(overview.get_by_text("€ 13.50").first).to_be_visible()


def test_two_quick_clicks_save_one_customer(visit, server):
    window = visit("customers")
    settled(window)
    window.get_by_role("button", name="Add customer").click()
    dialog = window.get_by_role("dialog")
    expect(dialog).to_be_visible()
    settled(window)
    dialog.get_by_label("Name", exact=True).fill("Only Once")
    dialog.get_by_role("button", name="Add customer").dblclick()
    expect(window.get_by_role("heading", name="Only Once")).to_be_visible()
    settled(window)
    lists = visit("customers")
    settled(lists)
    lists.get_by_label("Search", exact=True).fill("only once")
    expect(lists.get_by_text("1–1 of 1")).to_be_visible()


def test_an_analysis_runs_and_is_saved_in_the_demo(visit):
    window = visit("churn?workspace=Demo+company")
    expect(window.get_by_text("Likely to leave").first).to_be_visible()
    settled(window)
    window.get_by_role("button", name="Save to the customers").click()
    expect(window.get_by_text("Saved. It shows")).to_be_visible()
    lists = visit("customers?workspace=Demo+company")
    settled(lists)
    expect(lists.get_by_text("of 2,012")).to_be_visible()


def test_a_download_comes_from_the_company_that_is_open(visit):
    """The owner's company is there too by now, and would be the default."""
    window = visit("segments?workspace=Demo+company")
    expect(window.get_by_text("Champions").first).to_be_visible()
    settled(window)
    with window.expect_download() as coming:
        window.get_by_role("button", name="Download all customers").click()
    lines = Path(coming.value.path()).read_text(encoding="utf-8-sig").splitlines()
    assert lines[0].startswith("customer_code,customer_name") and len(lines) > 1500


def test_a_deleted_customer_comes_back_by_undo(visit):
    window = visit("customers")
    settled(window)
    window.locator("[data-testid=stDataFrame]").first.click(position={"x": 60, "y": 35 * 1.5})
    expect(window.get_by_role("button", name="Delete")).to_be_visible()
    settled(window)
    window.get_by_role("button", name="Delete").click()
    expect(window.get_by_text("was deleted.")).to_be_visible()
    window.get_by_role("button", name="Undo").click()
    expect(window.get_by_text("It is back.")).to_be_visible()


def add_customer(window, server, name: str, email: str) -> None:
    window.goto(f"{server.address}/customers")
    settled(window)
    window.get_by_role("button", name="Add customer").click()
    dialog = window.get_by_role("dialog")
    expect(dialog).to_be_visible()
    settled(window)
    dialog.get_by_label("Name", exact=True).fill(name)
    dialog.get_by_label("E-mail").fill(email)
    dialog.get_by_role("button", name="Add customer").click()
    expect(window.get_by_role("heading", name=name)).to_be_visible()
    settled(window)


def add_order(window) -> None:
    """Three of something at 4.50, typed into the first line with the keyboard."""
    window.get_by_role("button", name="Add order").click()
    grid = window.get_by_role("dialog").locator("[data-testid=stDataFrame]")
    expect(grid).to_be_visible()
    settled(window)
    grid.click(position={"x": 100, "y": 35 * 1.5})
    for steps, text in ((1, "3"), (0, "4.5"), (2, "Tea, loose")):
        for _ in range(steps):
            window.keyboard.press("ArrowRight")
        window.keyboard.press("Enter")
        cell = window.locator("[data-testid=portal] input, [data-testid=portal] textarea").first
        cell.fill(text)
        cell.press("Tab")
        window.wait_for_timeout(1200)  # the table gathers edits for 150 ms before it sends them
        settled(window)
    window.get_by_role("button", name="Save order").click()
    expect(window.get_by_text("Order saved.")).to_be_visible()
    settled(window)
