"""What are the features of customers called, how is each one computed, and how is its value written?

Names of the owner's categories and fields come as they are: inside Markdown they go through `words.plain`.
"""

from dataclasses import dataclass

from crm.ui import words

SHARE, CUSTOM = "share.", "custom."  # what the names of features begin with that come from the owner's own data


@dataclass(frozen=True)
class FeatureWords:
    """label: a few words; description: one sentence with how it is computed; unit: of its values, for an axis."""

    label: str
    description: str
    unit: str


FEATURES = {
    "recency_days": FeatureWords("Days since last order", "Days from the last order to the day of the analysis.", "days"),
    "frequency": FeatureWords("Orders", "How many orders the customer has placed; credit notes are none.", "orders"),
    "tenure_days": FeatureWords("Days since first order", "Days from the first order to the day of the analysis.", "days"),
    "typical_gap_days": FeatureWords(
        "Typical gap", "The median of the days between one day with an order and the next; not known before the second.",
        "days"),
    "gap_irregularity": FeatureWords(
        "Irregularity", "The deviation of the gaps between orders divided by their mean: 0 is like clockwork, 1 as irregular "
        "as chance; not known before the third day with an order.", "deviation of the gaps / their mean"),
    "overdue": FeatureWords(
        "Overdue", "Days since the last order divided by the typical gap: 1 is due today, 3 is three gaps late.",
        "typical gaps"),
    "monetary": FeatureWords("Net spend", "All the customer has paid for, less what came back.", "money"),
    "average_order": FeatureWords("Average order", "Net spend divided by the number of orders.", "money"),
    "lines_per_order": FeatureWords("Lines an order", "How many lines the customer's orders have on average.", "lines"),
    "products_per_order": FeatureWords(
        "Products an order", "How many different products are in the customer's orders on average.", "products"),
    "returned_share": FeatureWords(
        "Share given back", "What was given back or credited, as a share of what was charged.", "share"),
    "returns": FeatureWords("Returns", "How many orders and credit notes hold something that was given back.", "returns"),
    "satisfaction": FeatureWords(
        "Satisfaction", "The mean of the customer's survey scores, each on its own scale from 0 (worst) to 100 % (best); "
        "questions about effort apart.", "share of the best score"),
    "tickets": FeatureWords("Tickets", "How many questions, complaints and requests the customer has sent.", "tickets"),
    "complaints": FeatureWords("Complaints", "How many complaints the customer has sent.", "complaints"),
    "late_answers": FeatureWords(
        "Late answers", "The share of the customer's tickets that nobody answered within three days.", "share"),
    "age": FeatureWords("Age", "The year of the analysis less the year of birth.", "years"),
    "yearly_income": FeatureWords("Yearly income", "The income a year, as recorded with the customer.", "money"),
    "kind": FeatureWords("Person or company", "Whether the customer is a person or a company.", ""),
    "channel": FeatureWords("Won through", "How the customer was won, as recorded.", ""),
    "country": FeatureWords("Country", "The country of the customer's address.", ""),
    "region": FeatureWords("Region", "The region of the customer's address.", ""),
    "gender": FeatureWords("Gender", "The gender, as recorded with the customer.", ""),
    "education": FeatureWords("Education", "The education, as recorded with the customer.", ""),
}


def label(key: str) -> str:
    """A few words for a feature; other columns are called what they are called.

    >>> label("frequency"), label("share.Tea"), label("custom.Household"), label("channel=Web shop"), label("Age (years)")
    ('Orders', 'Share of Tea', 'Household', 'Won through: Web shop', 'Age (years)')
    """
    if key in FEATURES:
        return FEATURES[key].label
    if key.startswith(SHARE):
        return f"Share of {key.removeprefix(SHARE)}"
    column, _, word = key.partition("=")  # a yes-or-no column of a word
    if word and column in FEATURES:
        return f"{FEATURES[column].label}: {word}"
    return key.removeprefix(CUSTOM)


def description(key: str) -> str:
    """One sentence: what the feature is and how it is computed.

    >>> description("share.Tea")
    'Net spend on “Tea” as a share of the net spend on all goods.'
    """
    if key in FEATURES:
        return FEATURES[key].description
    if key.startswith(SHARE):
        return f"Net spend on “{key.removeprefix(SHARE)}” as a share of the net spend on all goods."
    return f"The field “{key.removeprefix(CUSTOM)}”, as recorded."


def unit(key: str, currency: str) -> str:
    """What the values are counted in, for an axis; "" where they are plain numbers or words.

    >>> unit("monetary", "EUR"), unit("recency_days", "EUR"), unit("custom.Household", "EUR")
    ('€', 'days', '')
    """
    known = "share" if key.startswith(SHARE) else FEATURES[key].unit if key in FEATURES else ""
    return words.sign(currency) if known == "money" else known


def axis(key: str, currency: str) -> str:
    """The label with the unit where it says something more, for an axis.

    >>> axis("monetary", "EUR"), axis("recency_days", "EUR"), axis("typical_gap_days", "EUR"), axis("age", "EUR")
    ('Net spend (€)', 'Days since last order', 'Typical gap (days)', 'Age (years)')
    """
    known, name = unit(key, currency), label(key)
    says_it = not known or known in ("share", "share of the best score") or known.casefold() in name.casefold()
    return name if says_it else f"{name} ({known})"


def written(value: object, key: str, currency: str) -> str:
    """A feature's value as people write it: money, shares, days and orders; "–" where it is not known.

    >>> written(203.6, "monetary", "EUR"), written(0.113, "share.Tea", "EUR"), written(34.0, "typical_gap_days", "EUR")
    ('€ 203.60', '11 %', '34 days')
    >>> written(1.76, "lines_per_order", "EUR"), written(float("nan"), "age", "EUR"), written("Web", "channel", "EUR")
    ('1.8', '–', 'Web')
    """
    if value is None or value != value:
        return "–"
    if isinstance(value, str):
        return value
    number, known = float(value), unit(key, currency)
    if key in FEATURES and FEATURES[key].unit == "money":
        return words.money(number, currency)
    if known in ("share", "share of the best score"):
        return words.share(number)
    if known == "days":
        return "1 day" if round(number) == 1 else f"{words.count(round(number))} days"
    if number.is_integer() or abs(number) >= 100:
        return words.count(number)
    return f"{number:.1f}" if abs(number) >= 1 else f"{number:.2g}"
