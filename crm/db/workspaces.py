"""Which databases are there? One workspace is one database: the owner's own, and the demo company's."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from crm import config
from crm.errors import InvalidInput


@dataclass(frozen=True)
class Workspace:
    """One database. `key` is "own", "demo" or a test's word; `url` any SQLAlchemy URL."""

    key: str
    url: str

    def __post_init__(self) -> None:
        self.address  # noqa: B018  a wrong one is told at once

    @property
    def address(self) -> URL:
        """The URL's parts. Raises InvalidInput for what is no URL; its text is not repeated, it may hold a password."""
        try:
            return make_url(self.url)
        except (ArgumentError, ValueError):
            raise InvalidInput("CRM_DATABASE_URL names no database; write it like postgresql://user@localhost/crm or "
                               "sqlite:////home/me/crm.db.") from None

    @property
    def file(self) -> Path | None:
        """The SQLite file, or None where the database is a server's or lives in memory."""
        if self.address.get_backend_name() != "sqlite" or self.address.database in (None, "", ":memory:"):
            return None
        return Path(self.address.database)

    @property
    def exists(self) -> bool:
        """Whether there is a database to open: a server's always counts, a file must be there."""
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

