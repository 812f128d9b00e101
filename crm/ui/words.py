"""How are numbers, days and names written? As people write them, safe inside Markdown."""

import re
from datetime import date, datetime
from functools import cache
from zoneinfo import available_timezones

from crm.services.metrics import Extent
from crm.services.scores import SavedScore

CURRENCIES = ["EUR", "USD", "GBP", "CHF", "SEK", "NOK", "DKK", "PLN", "CZK", "CNY", "JPY", "INR", "AUD", "CAD"]
SIGNS = {"EUR": "€", "USD": "$", "GBP": "£", "CNY": "¥", "JPY": "¥", "INR": "₹"}
RISK_LEVELS = {"low": "low", "watch": "to watch", "high": "high"}
_MARKDOWN = re.compile(r"([\\`*_\[\]<>~$:#|])")
_LIST_START = re.compile(r"^(\s*\d*)([-+.)])", re.MULTILINE)


def sign(currency: str) -> str:
    """The currency's sign, or its code where it has none of its own."""
    return SIGNS.get(currency, currency)


def money(amount: float | None, currency: str) -> str:
    """An amount with at most what matters of it.

    >>> money(69.9, "EUR"), money(84310.4, "EUR"), money(12_480_000, "USD"), money(None, "EUR"), money(-3, "EUR")
    ('€ 69.90', '€ 84,310', '$ 12.48 M', '–', '−€ 3.00')
    """
    if amount is None or amount != amount:
        return "–"
    size = abs(float(amount))
    written = (f"{size / 1e9:,.2f} bn" if size >= 1e9 else f"{size / 1e6:,.2f} M" if size >= 1e6
               else f"{size:,.0f}" if size >= 1000 else f"{size:,.2f}")
    return f"{'−' if amount < 0 and size >= 0.005 else ''}{sign(currency)} {written}"


def count(number: float | None) -> str:
    """A whole number, grouped.

    >>> count(12480), count(None)
    ('12,480', '–')
    """
    return "–" if number is None or number != number else f"{number:,.0f}"


def share(part: float | None, digits: int = 0) -> str:
    """A share 0..1 in per cent.

    >>> share(0.934), share(0.0341, 1), share(None)
    ('93 %', '3.4 %', '–')
    """
    return "–" if part is None or part != part else f"{part * 100:.{digits}f} %"


def change(current: float | None, previous: float | None) -> str | None:
    """The change from the period before in per cent; None where there was nothing to compare with.

    >>> change(106.2, 100), change(1, 0), change(90, 100)
    ('6.2 %', None, '-10 %')
    """
    if current is None or not previous:
        return None
    moved = (current - previous) / abs(previous) * 100
    return f"{moved:.0f} %" if abs(moved) >= 10 else f"{moved:.1f} %"


def day(when: date | datetime | None) -> str:
    """A day as people write it.

    >>> day(date(2026, 11, 2))
    '2 Nov 2026'
    """
    return "–" if when is None or when != when else f"{when.day} {when:%b %Y}"


def plain(text: object) -> str:
    """Somebody's words as they are: what Markdown would take for formatting is escaped.

    >>> plain("*Tea* & $5")
    '\\\\*Tea\\\\* & \\\\$5'
    """
    return _LIST_START.sub(r"\1\\\2", _MARKDOWN.sub(r"\\\1", str(text)))


def extent_line(name: str, extent: Extent) -> str:
    """What the open data is, in one line."""
    people = "1 customer" if extent.customers == 1 else f"{count(extent.customers)} customers"
    if extent.orders == 0:
        return f"{plain(name)} · {people} · no orders yet"
    return f"{plain(name)} · {people} · to {day(extent.last_on)}"


def left_out_line(extent: Extent, currency: str) -> str:
    """Which orders no sum and no analysis counts."""
    return f"Left out, for they are not in {currency}: {count(extent.other_currency_orders)} orders"


def future_line(extent: Extent) -> str:
    """Orders that are dated wrongly, or ahead; they count once their day has come."""
    return f"Dated in the future: {count(extent.future_orders)} orders. They count from their day on."


@cache
def time_zones() -> list[str]:
    return sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/")) + ["UTC"]


def local_time_zone(browser: str | None) -> str:
    """The browser's time zone where it is one that can be chosen, else UTC."""
    return browser if browser in time_zones() else "UTC"


def saved_scores(known: list[SavedScore], currency: str) -> list[str]:
    """What the newest saved results say about a customer, one Markdown line each."""
    lines, offers = [], []
    for score in known:
        when = day(score.as_of)
        if score.analysis == "segments":
            lines.append(f"Group **{plain(score.label)}** :gray[as of {when}]")
        elif score.analysis == "churn":
            lines.append(f"Chance of leaving **{share(score.number)}**{_within(score)} :gray[as of {when}{_by(score)}]")
        elif score.analysis == "ending":
            lines.append(f"Chance that the contract ends **{share(score.number)}**{_within(score)} "
                         f":gray[as of {when}{_by(score)}]")
        elif score.analysis == "given":
            lines.append(f"Chance of being one who leaves **{share(score.number)}** :gray[as of {when}{_by(score)}]")
        elif score.analysis == "buying":
            lines.append(f"Chance of an order **{share(score.number)}**{_within(score)} :gray[as of {when}{_by(score)}]")
        elif score.analysis in ("next_order", "spend"):
            amount = money(score.number, currency).replace("$", r"\$")
            said = "Next order, if there is one, about" if score.analysis == "next_order" else "Expected to spend"
            lines.append(f"{said} **{amount}**{_within(score)} :gray[as of {when}{_by(score)}]")
        elif score.analysis == "satisfaction":
            lines.append(f"Happiness **{share(score.number)}** of the best score :gray[as of {when}]")
        elif score.analysis == "value":
            amount = money(score.number, currency).replace("$", r"\$")
            lines.append(f"Expected to spend **{amount}** in the next {score.label} :gray[as of {when}]")
        elif score.analysis == "risk":
            lines.append(f"Risk **{RISK_LEVELS.get(score.label, score.label)}**, {score.number:.0f} of 100 :gray[as of {when}]")
        elif score.product is not None and score.position is not None:
            offers.append(f"{score.position}. {plain(score.product)}")
    if offers:
        lines.append("Offer next:\n\n" + "\n".join(offers))
    return lines


def _within(score: SavedScore) -> str:
    return "" if not score.horizon_days else f" within {count(score.horizon_days)} days"


def _by(score: SavedScore) -> str:
    # Inside a coloured piece a bracket would end it; plain() escapes both.
    return "" if not score.model else f", by the model “{plain(score.model)}”"
