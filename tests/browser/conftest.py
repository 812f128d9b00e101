"""What tests in a real browser share: the real server on a free port, and a Chromium that reaches nothing else."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.conftest import ROOT

sync_api = pytest.importorskip("playwright.sync_api", reason="The browser tests need playwright.")
FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--no-first-run", "--force-color-profile=srgb"]
PATIENCE_MS = 60_000  # two cores may be busy with the other tests
sync_api.expect.set_options(timeout=40_000)


class Server:
    """The app as its owner starts it, on a data folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        self.log = open(self.folder / "server.log", "a")  # noqa: SIM115
        self.process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={self.port}"], cwd=ROOT,
            stdout=self.log, stderr=subprocess.STDOUT, env={**os.environ, "CRM_DATA_DIR": str(self.folder)})
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                urllib.request.urlopen(f"{self.address}/_stcore/health", timeout=2)
                return
            except (urllib.error.URLError, OSError):
                assert self.process.poll() is None, (self.folder / "server.log").read_text()[-2000:]
                time.sleep(0.2)
        raise AssertionError("The server did not start within a minute.")

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(timeout=20)
        self.log.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    started = Server(tmp_path_factory.mktemp("server"))
    yield started
    started.stop()


@pytest.fixture(scope="module")
def browser():
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with sync_api.sync_playwright() as playwright:
        try:
            opened = playwright.chromium.launch(executable_path=found, args=FLAGS)
        except sync_api.Error as error:
            if os.environ.get("CI"):
                raise  # there, what only a browser shows must be seen
            pytest.skip(f"There is no Chromium that starts here: {str(error).splitlines()[0]}")
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def profile(browser):
    """One person's browser: its windows fetch the program's own files once, which is most of what opening one costs."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB", timezone_id="Europe/Berlin",
                                  color_scheme="light", reduced_motion="reduce")
    context.set_default_timeout(PATIENCE_MS)
    yield context
    context.close()


@pytest.fixture
def visit(profile, server):
    """Opens a path of the app in a window of its own; fails on errors of scripts and on calls to other hosts."""
    windows, troubles = [], []

    def open_path(path: str = ""):
        window = profile.new_page()
        windows.append(window)
        window.on("pageerror", lambda error: troubles.append(f"script: {error}"))
        window.on("request", lambda request: troubles.append(f"fetched: {request.url}") if not request.url.startswith(
            (server.address, "data:", "blob:")) else None)
        window.goto(f"{server.address}/{path}", wait_until="domcontentloaded")
        return window

    yield open_path
    for window in windows:
        window.close()
    assert not troubles, troubles


def settled(window) -> None:
    """Wait until the script has run and nothing is stale, loading or broken."""
    window.wait_for_selector("[data-testid=stApp][data-test-connection-state=CONNECTED]"
                             "[data-test-script-state=notRunning]")
    window.wait_for_function("() => document.querySelectorAll('[data-stale=true],[data-testid=stSkeleton],"
                             "[data-testid=stSpinner]').length === 0")
    assert window.locator("[data-testid=stException]").count() == 0
