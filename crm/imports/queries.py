"""Is what the owner typed one question to a database, and nothing that writes? Told before the database is asked."""

import re

from crm.errors import InvalidInput

LONGEST = 20_000  # characters; people type less, programs that paste more have gone wrong
_COMMENT = r"--[^\n]*|/\*.*?\*/"
_COMMENTS = {"sqlite": _COMMENT, "postgresql": _COMMENT, "mysql": r"--(?=\s|\Z)[^\n]*|#[^\n]*|/\*.*?\*/"}
_DOUBLED = r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`[^`]*`"
_ESCAPED = r"'(?:[^'\\]|\\.|'')*'|\"(?:[^\"\\]|\\.|\"\")*\"|`[^`]*`"
# Whether a backslash escapes a quote is a setting of PostgreSQL: there, both readings must pass.
_QUOTED = {"sqlite": (_DOUBLED,), "postgresql": (_DOUBLED, _ESCAPED), "mysql": (_ESCAPED,)}
_DOLLAR_QUOTED = r"\$(?P<tag>\w*)\$.*?\$(?P=tag)\$|"
_ASKS = re.compile(r"[\s(]*(select|with)\b", re.IGNORECASE)
_WRITES = re.compile(r"[()]\s*(?:insert|update|delete|merge|replace)\b(?!\s*\()|(?<![.\w])into\b", re.IGNORECASE)
_LOCKS = re.compile(r"\bfor\s+(?:no\s+key\s+)?update\b|\bfor\s+(?:key\s+)?share\b|\block\s+in\s+share\s+mode\b",
                    re.IGNORECASE)


def checked(query: str, *, dialect: str) -> str:
    """The query without a closing semicolon; `dialect` is "sqlite", "postgresql" or "mysql".

    Raises InvalidInput where it is empty, no SELECT (or WITH … SELECT), several statements, or one that writes or
    locks. The database refuses writing all the same: what it is sent is sent on a connection that can only read.
    """
    query = query.strip()
    if not query:
        raise InvalidInput("Write a query that begins with SELECT.", field="query")
    if len(query) > LONGEST:
        raise InvalidInput(f"The query is longer than {LONGEST:,} characters; shorten it.", field="query")
    if "\x00" in query:
        raise InvalidInput("The query holds a character that no database reads; type it anew.", field="query")
    if dialect == "mysql" and re.search(r"/\*M?!", query):
        raise InvalidInput("The query holds a comment that MySQL would run (/*! … */); take it out.", field="query")
    for quoted in _QUOTED[dialect]:
        _check(_bare(query, quoted, dialect))
    return re.sub(r"[\s;]+\Z", "", query)


def _check(bare: str) -> None:
    """Refuse by the query's words outside of quotes and comments."""
    if re.search(r"['\"`]|/\*", bare):
        raise InvalidInput("A quote or a comment in the query is not closed; a quote inside a text is written "
                           "twice ('').", field="query")
    if ";" in bare.rstrip("; \t\r\n"):
        raise InvalidInput("Write one query at a time; a semicolon may only stand at its end.", field="query")
    if not _ASKS.match(bare):
        raise InvalidInput("A query must begin with SELECT (or WITH … SELECT); nothing else is run here.",
                           field="query")
    if _WRITES.search(bare):
        raise InvalidInput("This query would write; only queries that read are run here.", field="query")
    if _LOCKS.search(bare):
        raise InvalidInput("This query would lock rows that others use; leave out FOR UPDATE and the like.",
                           field="query")


def _bare(query: str, quoted: str, dialect: str) -> str:
    """The query with quoted texts and names as _ and without comments."""
    pattern = (_DOLLAR_QUOTED if dialect == "postgresql" else "") + quoted
    return re.sub(f"(?P<comment>{_COMMENTS[dialect]})|{pattern}",
                  lambda found: " " if found["comment"] else " _ ", query, flags=re.DOTALL)
