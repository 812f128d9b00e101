"""Is the server up yet? `python -m crm.ui.open_browser` opens the browser once it is healthy; with `--running` it only
says by its exit status whether this app is there already."""

import sys
import time
import urllib.error
import urllib.request
import webbrowser

from crm import config

ADDRESS = "http://127.0.0.1:8501"
PATIENCE_SECONDS = 60  # a first start on a slow disk imports for half a minute


def is_running() -> bool:
    """Whether a healthy Streamlit answers at the app's address."""
    try:
        with urllib.request.urlopen(f"{ADDRESS}/_stcore/health", timeout=2) as answer:
            return answer.status == 200 and answer.read(10).strip() == b"ok"
    except (urllib.error.URLError, OSError):
        return False


def main() -> int:
    if "--running" in sys.argv:
        return 0 if is_running() else 1
    until = time.monotonic() + PATIENCE_SECONDS
    while config.has_screen() and time.monotonic() < until:
        if is_running():
            webbrowser.open(ADDRESS)
            return 0
        time.sleep(0.3)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
