"""Where does this installation keep its data and its secrets? The only module that reads the environment."""

import os
import re
import sys
import tomllib
from pathlib import Path
from urllib.parse import quote, urlencode

ROOT = Path(__file__).resolve().parent.parent


class BrokenSecrets(ValueError):
    """secrets.toml cannot be read; the text is a whole sentence that repeats nothing of the file."""


def data_folder() -> Path:
    """The folder of the databases and their columnar copies; `CRM_DATA_DIR` moves it (tests, other disks)."""
    return Path(os.environ.get("CRM_DATA_DIR") or ROOT / "data").resolve()


def database_url() -> str | None:
    """The owner's own database as an SQLAlchemy URL, or None for the built-in file `data/crm.db`."""
    return os.environ.get("CRM_DATABASE_URL") or None


def dask_scheduler() -> str | None:
    """The address of a Dask cluster that long searches are sent to, such as tcp://127.0.0.1:8786; None: this computer."""
    return os.environ.get("CRM_DASK_SCHEDULER", "").strip() or None


def secrets_file() -> Path:
    """The owner's file of passwords; `CRM_SECRETS` moves it (tests, servers)."""
    return Path(os.environ.get("CRM_SECRETS") or ROOT / ".streamlit" / "secrets.toml").resolve()


def connections() -> dict[str, str]:
    """{name: SQLAlchemy URL, password and all} of [connections] in secrets.toml, in its order; {} without that file.

    A section gives its `url`, or `dialect`, `host`, `username` and so on as Streamlit's own connections do; a section
    of another `type` than "sql" is somebody else's. Raises BrokenSecrets.
    """
    sections = _secrets().get("connections", {})
    if not isinstance(sections, dict) or not all(isinstance(section, dict) for section in sections.values()):
        raise BrokenSecrets("In .streamlit/secrets.toml, each connection needs a section of its own, such as "
                            "[connections.shop].")
    return {name: _address(name, section) for name, section in sections.items()
            if section.get("type", "sql") == "sql"}


def has_screen() -> bool:
    """Whether a browser window could be opened here; without one, a text browser would take over the terminal."""
    return sys.platform in ("darwin", "win32") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _secrets() -> dict:
    try:
        return tomllib.loads(secrets_file().read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return {}
    except OSError:
        complaint = ".streamlit/secrets.toml cannot be opened; check who may read it."
    except UnicodeDecodeError:
        complaint = ".streamlit/secrets.toml is not written in UTF-8; save it again as UTF-8."
    except tomllib.TOMLDecodeError as error:
        # The parser's own words may repeat what stands there, a password; only the number of the line is told.
        line = re.search(r"at line (\d+)", str(error))
        complaint = (f".streamlit/secrets.toml cannot be read: line {line[1]} is not written as TOML." if line else
                     ".streamlit/secrets.toml cannot be read: something near its end is not written as TOML.")
    # Outside the handlers, so that no error with the file's text hangs on this one.
    raise BrokenSecrets(complaint)


def _address(name: str, section: dict) -> str:
    if isinstance(section.get("url"), str) and section["url"].strip():
        return section["url"].strip()
    if not isinstance(section.get("dialect"), str) or not section["dialect"].strip():
        raise BrokenSecrets(f"In .streamlit/secrets.toml, the connection “{name}” names no database; give it a line "
                            "such as url = \"postgresql://user:password@host/database\".")
    scheme = "+".join(str(section[key]) for key in ("dialect", "driver") if section.get(key))
    account = ":".join(quote(str(section[key]), safe="") for key in ("username", "password")
                       if section.get(key) is not None)
    host = str(section.get("host", ""))
    place = (f"[{host}]" if ":" in host else host) + (f":{section['port']}" if section.get("port") else "")
    query = urlencode(section["query"]) if isinstance(section.get("query"), dict) else ""
    return (f"{scheme}://{account}{'@' if account else ''}{place}/{section.get('database', '')}"
            f"{'?' if query else ''}{query}")
