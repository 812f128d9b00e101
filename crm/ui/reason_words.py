"""Why does the model say so of this customer? Its reasons as one sentence with the customer's own numbers.

A fact says what is so, whatever it speaks for: what speaks for the outcome comes first, what speaks against it after "but".
So a fact is never wrong, not even where a model takes a long silence for a good sign.
"""

from collections.abc import Callable, Mapping

from crm.ui import feature_words, words

RAISES, LOWERS = "raises", "lowers"
HOUR_FROM, DAYS_FROM = 1.0, 48.0  # hours: below, minutes; from the second on, days
SCORE_TOP = 5  # scores of all questions are told on one scale, 1 to 5
YEARS_FROM, MONTHS_FROM = 730, 90  # days as a customer: people count older things in years

LABELS = {
    "days_silent": "Days since last order",
    "frequency": "Orders",
    "purchase_days": "Days with an order",
    "tenure_days": "Days as a customer",
    "mean_gap_days": "Usual gap in days",
    "gap_spread": "Irregularity of orders",
    "silence_ratio": "Silence against own rhythm",
    "longest_silence_ratio": "Silence against longest gap",
    "monetary": "Net spend",
    "average_order": "Average order",
    "last_order": "Last order",
    "recent_orders": "Orders in the last 90 days",
    "earlier_orders": "Orders in the 90 days before",
    "trend": "Trend of orders",
    "recent_monetary": "Spend in the last 90 days",
    "returned_share": "Share given back",
    "has_returned": "Has returned goods",
    "complaints_open": "Open complaints",
    "complaints_recent": "Complaints in the last 180 days",
    "days_since_complaint": "Days since last complaint",
    "unanswered_3_days": "Unanswered for 3 days",
    "first_answer_hours": "Hours to first answer",
    "satisfaction_last": "Last score",
    "satisfaction_mean": "Average score",
    "satisfaction_known": "Has answered a survey",
}
SHARES = ("returned_share", "satisfaction_last", "satisfaction_mean")
MONEY = ("monetary", "average_order", "last_order", "recent_monetary")

# Several columns tell the same fact: it is told once.
TOPICS = {
    "days_silent": "silence", "silence_ratio": "silence", "mean_gap_days": "silence", "usual_gap_days": "silence",
    "frequency": "orders", "purchase_days": "orders",
    "recent_orders": "recent orders", "earlier_orders": "recent orders", "trend": "recent orders",
    "returned_share": "returns", "has_returned": "returns",
    "complaints_recent": "complaints", "days_since_complaint": "complaints",
    "satisfaction_last": "score", "satisfaction_known": "score",
}


def label(column: str) -> str:
    """A few words for a column that models of customers look at; other columns are called what they are called.

    >>> label("days_silent"), label("custom.Contract"), label("country")
    ('Days since last order', 'Contract', 'Country')
    """
    return LABELS.get(column) or feature_words.label(column)


def sentence(row: Mapping, *, currency: str = "EUR", known: bool = True, label: Callable[[str], str] = label) -> str:
    """What speaks for the outcome, the strongest first, and after "but" (or, alone, "against it:") what speaks against it; ""
    without reasons.

    row: reason_1, reason_2 ... (codes as of crm.analytics.prediction.reasons) and the columns that they name. known: the
    columns are those of customers; of a table of one's own every column is told by its name and value.

    >>> sentence({"reason_1": "raises:days_silent", "reason_2": "lowers:frequency", "days_silent": 94.0, "mean_gap_days": 31.2,
    ...           "frequency": 24.0})
    'ordered every 31 days, silent for 94; but 24 orders so far'
    """
    speaks_for, against = for_and_against(row, currency=currency, known=known, label=label)
    if against and not speaks_for:
        return "against it: " + "; ".join(against)
    return "; ".join([*speaks_for, *(f"but {fact}" if place == 0 else fact for place, fact in enumerate(against))])


def for_and_against(row: Mapping, *, currency: str = "EUR", known: bool = True,
                    label: Callable[[str], str] = label) -> tuple[list[str], list[str]]:
    """The facts that speak for the outcome, and those against it, each the strongest first; a topic once."""
    found: dict[str, list[str]] = {RAISES: [], LOWERS: []}
    told: set[str] = set()
    for direction, column in _codes(row):
        topic = TOPICS.get(column, column) if known else column
        if topic in told:
            continue
        told.add(topic)
        if topic == "silence" and _ordered_on_one_day(row):
            told.add("orders")  # "ordered once" has said it
        if topic == "orders" and _ordered_on_one_day(row):
            column = "days_silent" if "days_silent" in row and "silence" not in told else column
            told.add("silence")
        fact = FACTS[column](row, currency) if known and column in FACTS and column in row else None
        found[direction].append(fact or _generic(column, row, direction, currency, label, known))
    return found[RAISES], found[LOWERS]


def labelled(row: Mapping, column: str, *, currency: str = "EUR") -> str:
    """A column's words with the customer's own value, for a picture.

    >>> labelled({"days_silent": 94.0}, "days_silent"), labelled({"mean_gap_days": None}, "mean_gap_days")
    ('Days since last order: 94', 'Usual gap in days: not known')
    """
    value = row.get(column)
    return f"{label(column)}: {'not known' if _missing(value) else written(value, column, currency)}"


def written(value, column: str, currency: str) -> str:
    """A column's value as people write it; "–" where it is not known.

    >>> written(94.0, "days_silent", "EUR"), written(0.25, "returned_share", "EUR"), written(True, "has_returned", "EUR")
    ('94', '25 %', 'yes')
    """
    if _missing(value):
        return "–"
    if isinstance(value, bool) or type(value).__name__ in ("bool", "bool_"):
        return "yes" if value else "no"
    if column in MONEY:
        return words.money(float(value), currency)
    if column in SHARES:
        return words.share(float(value))
    return feature_words.written(value, "" if column in LABELS else column, currency)


def slider_format(column: str, currency: str) -> str | None:
    """How a slider writes the column's values; None for plain numbers.

    >>> slider_format("returned_share", "EUR"), slider_format("average_order", "GBP"), slider_format("days_silent", "EUR")
    ('percent', '£ %,.0f', None)
    """
    if column in SHARES:
        return "percent"
    return f"{words.sign(currency)} %,.0f" if column in MONEY else None


def _codes(row: Mapping) -> list[tuple[str, str]]:
    """(direction, column) of reason_1, reason_2 ..., as far as there are any."""
    found = []
    place = 1
    while f"reason_{place}" in row:
        code = row[f"reason_{place}"]
        if isinstance(code, str) and ":" in code:
            direction, _, column = code.partition(":")
            if direction in (RAISES, LOWERS):
                found.append((direction, column))
        place += 1
    return found


def _generic(column: str, row: Mapping, direction: str, currency: str, label: Callable[[str], str], known: bool) -> str:
    value = row.get(column)
    name = label(column)
    told = ("not known" if _missing(value) else written(value, column if known else "", currency))
    return f"{name}: {told} (raises the chance)" if direction == RAISES else f"{name}: {told} (lowers the chance)"


def _missing(value) -> bool:
    return value is None or bool(value != value)


def _days(number: float) -> str:
    return "1 day" if round(number) == 1 else f"{words.count(round(number))} days"


def _times(number: float) -> str:
    return {1: "once", 2: "twice", 3: "three times"}.get(round(number), f"{words.count(round(number))} times")


def _gap(row: Mapping) -> float | None:
    for column in ("mean_gap_days", "usual_gap_days"):
        if not _missing(row.get(column)):
            return float(row[column])
    ratio, silent = row.get("silence_ratio"), row.get("days_silent")
    if _missing(ratio) or _missing(silent) or not ratio or not silent:
        return None
    return float(silent) / float(ratio)


def _ordered_on_one_day(row: Mapping) -> bool:
    return row.get("purchase_days", row.get("frequency")) == 1


def _silence(row: Mapping, currency: str) -> str | None:
    silent, gap = row.get("days_silent"), _gap(row)
    if _missing(silent):
        return f"orders every {_days(gap)}" if gap is not None and gap >= 1 else None
    if _ordered_on_one_day(row):
        return "ordered once, today" if silent < 1 else f"ordered once, {_days(silent)} ago"
    if gap is None or gap < 1:
        return "ordered today" if silent < 1 else f"silent for {_days(silent)}"
    every = "ordered every day" if round(gap) == 1 else f"ordered every {words.count(round(gap))} days"
    return f"{every}, silent for {words.count(round(silent)) if round(gap) > 1 and round(silent) != 1 else _days(silent)}"


def _longest(row: Mapping, currency: str) -> str | None:
    silent, ratio = row.get("days_silent"), row.get("longest_silence_ratio")
    if _missing(ratio) or _missing(silent) or not ratio or not silent:
        return _silence(row, currency)
    longest = float(silent) / float(ratio)
    if ratio > 1:
        return f"silent for {_days(silent)}, never more than {words.count(round(longest))} before"
    return f"silent for {_days(silent)}, once for {words.count(round(longest))} before"


def _orders(row: Mapping, currency: str) -> str | None:
    number = row.get("frequency")
    if _missing(number):
        number = row.get("purchase_days")
        if _missing(number):
            return None
        return f"orders on {_days(number)} so far"
    return "1 order so far" if round(number) == 1 else f"{words.count(number)} orders so far"


def _tenure(row: Mapping, currency: str) -> str | None:
    days = row["tenure_days"]
    if _missing(days):
        return None
    if days >= YEARS_FROM:
        return f"a customer for {round(days / 365.25)} years"
    return f"a customer for {round(days / 30.44)} months" if days >= MONTHS_FROM else f"a customer for {_days(days)}"


def _spread(row: Mapping, currency: str) -> str:
    spread = row["gap_spread"]
    if _missing(spread):
        return "no rhythm of orders yet"
    return "orders at regular times" if spread < 0.5 else "orders now and then" if spread < 1 else "orders at irregular times"


def _recent(row: Mapping, currency: str) -> str | None:
    recent, earlier = row.get("recent_orders"), row.get("earlier_orders")
    if _missing(recent):
        return None
    first = {0: "no order", 1: "1 order"}.get(round(recent), f"{words.count(recent)} orders")
    return f"{first} in the last 90 days" + ("" if _missing(earlier) else f", {words.count(earlier)} in the 90 before")


def _amount(column: str, one: str, nothing: str) -> Callable[[Mapping, str], str | None]:
    def fact(row: Mapping, currency: str) -> str | None:
        amount = row[column]
        if _missing(amount):
            return None
        return nothing if abs(amount) < 0.005 else one.format(words.money(float(amount), currency))
    return fact


def _returns(row: Mapping, currency: str) -> str | None:
    share, has = row.get("returned_share"), row.get("has_returned")
    if not _missing(share) and share > 0:
        return f"gave back {words.share(share) if share >= 0.01 else 'less than 1 %'} of what was charged"
    if _missing(has):
        return None if _missing(share) else "has returned nothing"
    return "has returned goods" if has else "has returned nothing"


def _complaints_open(row: Mapping, currency: str) -> str | None:
    number = row["complaints_open"]
    if _missing(number):
        return None
    return {0: "no open complaint", 1: "a complaint is open"}.get(round(number), f"{words.count(number)} complaints are open")


def _complaints(row: Mapping, currency: str) -> str | None:
    number, since = row.get("complaints_recent"), row.get("days_since_complaint")
    if not _missing(number):
        if number > 0:
            return f"complained {_times(number)} in the last 180 days"
        return "no complaint in the last 180 days" if "days_since_complaint" not in row or not _missing(since) else "never complained"
    return "never complained" if _missing(since) else f"last complained {_days(since)} ago"


def _unanswered(row: Mapping, currency: str) -> str | None:
    number = row["unanswered_3_days"]
    if _missing(number):
        return None
    if round(number) == 0:
        return "nothing left without an answer for 3 days"
    return "one message had no answer for 3 days" if round(number) == 1 else f"{words.count(number)} messages had no answer for 3 days"


def _first_answer(row: Mapping, currency: str) -> str:
    hours = row["first_answer_hours"]
    if _missing(hours):
        return "has had no ticket answered so far"
    if hours < HOUR_FROM:
        return "had answers within the hour"
    if hours >= DAYS_FROM:
        return f"first answers took {_days(hours / 24)}"
    return f"first answers took {'1 hour' if round(hours) == 1 else f'{round(hours)} hours'}"


def _score(column: str, which: str) -> Callable[[Mapping, str], str]:
    def fact(row: Mapping, currency: str) -> str:
        share = row.get(column)
        if _missing(share):
            return "has answered a survey" if row.get("satisfaction_known") else "no survey answered so far"
        score = 1 + (SCORE_TOP - 1) * float(share)
        return f"{which} {score:.0f} of {SCORE_TOP}" if abs(score - round(score)) < 0.05 else f"{which} {score:.1f} of {SCORE_TOP}"
    return fact


FACTS: dict[str, Callable[[Mapping, str], str | None]] = {
    "days_silent": _silence, "silence_ratio": _silence, "mean_gap_days": _silence, "usual_gap_days": _silence,
    "longest_silence_ratio": _longest, "frequency": _orders, "purchase_days": _orders, "tenure_days": _tenure,
    "gap_spread": _spread,
    "monetary": _amount("monetary", "has spent {} so far", "has spent nothing so far, net of returns"),
    "average_order": _amount("average_order", "{} an order", "nothing left of the orders, net of returns"),
    "last_order": _amount("last_order", "last order {}", "last order for nothing"),
    "recent_orders": _recent, "earlier_orders": _recent, "trend": _recent,
    "recent_monetary": _amount("recent_monetary", "spent {} in the last 90 days", "spent nothing in the last 90 days"),
    "returned_share": _returns, "has_returned": _returns, "complaints_open": _complaints_open,
    "complaints_recent": _complaints, "days_since_complaint": _complaints, "unanswered_3_days": _unanswered,
    "first_answer_hours": _first_answer, "satisfaction_last": _score("satisfaction_last", "last score"),
    "satisfaction_mean": _score("satisfaction_mean", "scores on average"),
    "satisfaction_known": _score("satisfaction_last", "last score"),
}
