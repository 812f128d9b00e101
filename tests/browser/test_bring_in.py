"""Bringing in a file in a real browser: looked at, rehearsed, brought in while the tab is closed, taken back."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import settled

pytestmark = pytest.mark.xdist_group("browser")


def orders(lines: int) -> bytes:
    rows = (f"{number},2026-01-{number % 28 + 1:02d},Customer {number % 97},Tea {number % 13},{number % 4 + 1},4.50"
            for number in range(lines))
    return ("order,date,customer,product,quantity,price\n" + "\n".join(rows) + "\n").encode()


def begun(visit):
    window = visit()
    begin = window.get_by_role("button", name="Start with my own data")
    expect(begin.or_(window.get_by_text("Bring & In ·")).first).to_be_visible(timeout=60_000)  # the demo is built first
    settled(window)
    if not begin.count():
        return window
    begin.click()
    settled(window)
    window.get_by_label("Name of your company").fill("Bring & In")
    window.get_by_role("button", name="Begin").click()
    expect(window.get_by_text("There are no orders yet")).to_be_visible()
    return window


def chosen(window, server, name: str, content: bytes) -> None:
    window.goto(f"{server.address}/data")
    settled(window)
    window.locator("input[type=file]").set_input_files({"name": name, "mimeType": "text/csv", "buffer": content})
    expect(window.get_by_text("The first lines, as they are understood")).to_be_visible()
    settled(window)


def test_a_file_is_seen_before_it_is_written_and_comes_in_though_the_tab_is_closed(visit, server):
    window = begun(visit)
    chosen(window, server, "orders.csv", orders(20_000))
    expect(window.get_by_text("holds order lines")).to_be_visible()
    window.get_by_role("button", name="See what would change").click()
    expect(window.get_by_text("Nothing is written yet.").first).to_be_visible()
    expect(window.get_by_role("button", name="Bring it in")).to_be_visible()
    settled(window)
    window.get_by_role("button", name="Bring it in").click()
    window.wait_for_timeout(300)
    window.close()
    back = visit("data")
    expect(back.get_by_text("Lines read: 20,000.")).to_be_visible()
    settled(back)
    back.get_by_role("button", name="Take it back").click()
    expect(back.get_by_text("Taken back. Records removed")).to_be_visible()
    expect(back.get_by_text("0 customers")).to_be_visible()
