"""Is the server up yet? Opens the browser once it is healthy: `python -m crm.ui.open_browser`."""

import time
import urllib.error
import urllib.request
import webbrowser

from crm import config

ADDRESS = "http://127.0.0.1:8501"
PATIENCE_SECONDS = 60  # a first start on a slow disk imports for half a minute


def main() -> None:
    if not config.has_screen():
        return
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"{ADDRESS}/_stcore/health", timeout=2) as answer:
                if answer.status == 200:
                    webbrowser.open(ADDRESS)
                    return
        except (urllib.error.URLError, OSError):
            pass  # not up yet
        time.sleep(0.3)


if __name__ == "__main__":
    main()
