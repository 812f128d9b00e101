"""Where does this installation keep its data? The only module that reads the environment."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def data_folder() -> Path:
    """The folder of the databases and their columnar copies; `CRM_DATA_DIR` moves it (tests, other disks)."""
    return Path(os.environ.get("CRM_DATA_DIR") or ROOT / "data").resolve()


def database_url() -> str | None:
    """The owner's own database as an SQLAlchemy URL, or None for the built-in file `data/crm.db`."""
    return os.environ.get("CRM_DATABASE_URL") or None


def has_screen() -> bool:
    """Whether a browser window could be opened here; without one, a text browser would take over the terminal."""
    return sys.platform in ("darwin", "win32") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
