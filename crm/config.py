"""Where does this installation keep its data and its secrets? The only module that reads the environment."""

import ipaddress
import os
import re
import sys
import tomllib
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

ROOT = Path(__file__).resolve().parent.parent
# The last part holds a letter: browsers read 127.1 and 0x7f.1 as addresses.
_HOST = re.compile(r"(?=.{1,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*(?![0-9]+$|0x)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


class BrokenSecrets(ValueError):
    """secrets.toml cannot be read; the text is a whole sentence that repeats nothing of the file."""


class WrongPublicUrl(ValueError):
    """CRM_PUBLIC_URL names no address that customers could be sent to; the text is a whole sentence."""


def data_folder() -> Path:
    """The folder of the databases and their columnar copies; `CRM_DATA_DIR` moves it (tests, other disks)."""
    return Path(os.environ.get("CRM_DATA_DIR") or ROOT / "data").resolve()


def database_url() -> str | None:
    """The owner's own database as an SQLAlchemy URL, or None for the built-in file `data/crm.db`."""
    return os.environ.get("CRM_DATABASE_URL") or None


def dask_scheduler() -> str | None:
    """The address of a Dask cluster that long searches are sent to, such as tcp://127.0.0.1:8786; None: this computer."""
    return os.environ.get("CRM_DASK_SCHEDULER", "").strip() or None


def public_url() -> str | None:
    """The https address under which customers reach the pages for their answers, such as "https://feedback.example"; None
    where there is none. It is that of the owner's proxy, host (and port) only. Raises WrongPublicUrl.
    """
    given = os.environ.get("CRM_PUBLIC_URL", "").strip()
    if not given:
        return None
    host, port = _public_host(given)
    return "https://" + (f"[{host}]" if ":" in host else host) + ("" if port in (None, 443) else f":{port}")


def public_host() -> str | None:
    """The host of `public_url` as `host_name` writes it, without port; None where there is none. Raises WrongPublicUrl."""
    url = public_url()
    return None if url is None else _public_host(url)[0]


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


def _public_host(given: str) -> tuple[str, int | None]:
    """Host as browsers send it, and port. The address is not repeated in complaints: it may hold a password."""
    wrong = None
    try:
        parts = urlsplit(given)
        port, host = parts.port, parts.hostname or ""
        host = host_name(host if ":" in host else host.encode("idna").decode("ascii"))
    except (ValueError, UnicodeError):
        raise WrongPublicUrl("CRM_PUBLIC_URL is no address; write it like https://feedback.example.") from None
    if parts.scheme != "https":
        wrong = "CRM_PUBLIC_URL must begin with https:// so that nobody reads the answers of customers on their way."
    elif parts.username is not None or parts.password is not None:
        wrong = "CRM_PUBLIC_URL names a user; write it like https://feedback.example, without a user and a password."
    elif parts.path not in ("", "/") or parts.query or parts.fragment or "?" in given or "#" in given:
        wrong = "CRM_PUBLIC_URL goes on after the host; write it like https://feedback.example, without a path."
    elif not (_HOST.fullmatch(host) or _is_address(host)):
        wrong = "CRM_PUBLIC_URL names no host; write it like https://feedback.example."
    elif is_this_computer(host):
        wrong = "CRM_PUBLIC_URL names this computer itself, which customers cannot reach; name your proxy's host."
    if wrong is not None:
        raise WrongPublicUrl(wrong)
    return host, port


def host_name(written: str) -> str:
    """One way to write a host: small letters, no dot at the end, no brackets; an address in its shortest form.

    >>> host_name("Feedback.Example."), host_name("[2001:DB8:0::1]")
    ('feedback.example', '2001:db8::1')
    """
    plain = written.strip("[]").rstrip(".").lower()
    try:
        return ipaddress.ip_address(plain).compressed
    except ValueError:
        return plain


def is_this_computer(host: str) -> bool:
    """Whether a host's name or address (without brackets and port) means the computer on which it is asked.

    >>> [is_this_computer(host) for host in ("localhost", "127.0.0.1", "::1", "::ffff:127.0.0.1", "shop.example")]
    [True, True, True, True, False]
    """
    host = host.rstrip(".").lower()
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return address.is_loopback or address.is_unspecified


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


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
