"""How are figures kept as JSON? Whatever an analysis computed becomes plain; what could not be computed is null."""

import json


def plain(content: dict) -> dict:
    """As JSON keeps it: figures that could not be computed are null, other things are text.

    >>> import datetime, numpy
    >>> plain({"auc": float("nan"), "rows": numpy.int64(3), "on": datetime.date(2026, 3, 10)})
    {'auc': None, 'rows': 3, 'on': '2026-03-10'}
    """
    def fallback(item):
        if hasattr(item, "tolist"):
            return item.tolist()
        return item.item() if hasattr(item, "item") else str(item)

    return json.loads(json.dumps(content, default=fallback), parse_constant=lambda _: None)
