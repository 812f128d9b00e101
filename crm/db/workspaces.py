"""Which databases are there? One workspace is one database: the owner's own, and the demo company's."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import make_url

from crm import config


@dataclass(frozen=True)
class Workspace:
    """One database. `key` is "own", "demo" or a test's word; `url` any SQLAlchemy URL."""

    key: str
    url: str

    @property
    def file(self) -> Path | None:
        """The SQLite file, or None where the database is a server's or lives in memory."""
        url = make_url(self.url)
        if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
            return None
        return Path(url.database)

    @property
    def is_begun(self) -> bool:
        """Whether there is a database to open: a server's always counts, a file must exist."""
        return self.file is None or self.file.exists()


def own() -> Workspace:
    """The owner's company: `CRM_DATABASE_URL`, else `data/crm.db`."""
    return Workspace("own", config.database_url() or f"sqlite:///{config.data_folder() / 'crm.db'}")


def demo() -> Workspace:
    """The demo company, always `data/demo.db`, so that it never mixes with the owner's data."""
    return Workspace("demo", f"sqlite:///{config.data_folder() / 'demo.db'}")


def by_key(key: str) -> Workspace:
    """The workspace of that key; the demo for any other word."""
    return own() if key == "own" else demo()


def default() -> Workspace:
    """What a first visit opens: the owner's company once begun, else the demo."""
    return own() if own().is_begun else demo()
