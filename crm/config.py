"""Where does this installation keep its data? The only module that reads the environment."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def data_folder() -> Path:
    """The folder of the databases and their columnar copies; `CRM_DATA_DIR` moves it (tests, other disks)."""
    return Path(os.environ.get("CRM_DATA_DIR") or ROOT / "data").resolve()


def database_url() -> str | None:
    """The owner's own database as an SQLAlchemy URL, or None for the built-in file `data/crm.db`."""
    return os.environ.get("CRM_DATABASE_URL") or None


def allowed_hosts() -> frozenset[str]:
    """Host names that requests may carry; `CRM_ALLOWED_HOSTS` (comma-separated) adds the owner's own proxy."""
    named = os.environ.get("CRM_ALLOWED_HOSTS", "").split(",")
    return frozenset({"localhost", "127.0.0.1", "[::1]"} | {name.strip().lower() for name in named if name.strip()})
