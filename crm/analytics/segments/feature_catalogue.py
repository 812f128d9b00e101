"""Which features can describe a customer, of what kind are they, and which frames do they need?"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Feature:
    """One thing that is known of customers.

    group: what it is about: "rhythm", "money", "baskets", "service", "profile", "custom". kind: "number" or "category".
    log: whether groups are better found on a log scale, because a few customers have many times what the usual one has.
    unit: "days", "orders", "money", "share" (0..1), "years", "score" (0..1), "count" or "" (a plain number or a word).
    """

    key: str
    group: str
    kind: str
    log: bool
    unit: str


GROUPS = ("rhythm", "money", "baskets", "service", "profile", "custom")

# What each one is and how it is computed is said where it is computed: features.py, feature_rhythm.py, feature_baskets.py,
# feature_service.py, feature_profile.py. On a log scale are those that run over orders of magnitude; not those between
# two ends (shares, scores, ages), nor tenure, in which the old customers are no exceptions.
FEATURES: dict[str, Feature] = {feature.key: feature for feature in (
    Feature("recency_days", "rhythm", "number", True, "days"),
    Feature("frequency", "rhythm", "number", True, "orders"),
    Feature("tenure_days", "rhythm", "number", False, "days"),
    Feature("typical_gap_days", "rhythm", "number", True, "days"),
    Feature("gap_irregularity", "rhythm", "number", False, ""),
    Feature("overdue", "rhythm", "number", True, ""),
    Feature("monetary", "money", "number", True, "money"),
    Feature("average_order", "money", "number", True, "money"),
    Feature("lines_per_order", "baskets", "number", True, "count"),
    Feature("products_per_order", "baskets", "number", True, "count"),
    Feature("returned_share", "baskets", "number", False, "share"),
    Feature("returns", "baskets", "number", True, "count"),
    Feature("satisfaction", "service", "number", False, "score"),
    Feature("tickets", "service", "number", True, "count"),
    Feature("complaints", "service", "number", True, "count"),
    Feature("late_answers", "service", "number", False, "share"),
    Feature("age", "profile", "number", False, "years"),
    Feature("yearly_income", "profile", "number", True, "money"),
    Feature("kind", "profile", "category", False, ""),
    Feature("channel", "profile", "category", False, ""),
    Feature("country", "profile", "category", False, ""),
    Feature("region", "profile", "category", False, ""),
    Feature("gender", "profile", "category", False, ""),
    Feature("education", "profile", "category", False, ""),
)}
SHARE, CUSTOM = "share.", "custom."  # what the names of features begin with that come from the data

# The frames that a feature needs beside the orders, which everything needs.
_NEEDS = {"lines_per_order": ("lines",), "products_per_order": ("lines",), "satisfaction": ("answers",),
          "tickets": ("tickets",), "complaints": ("tickets",), "late_answers": ("tickets",),
          "age": ("numbers",), "yearly_income": ("numbers",), "education": ("numbers",),
          **dict.fromkeys(("kind", "channel", "country", "region", "gender"), ("customers",))}


def known(key: str, *, log: bool = False) -> Feature | None:
    """The feature of that name, None where the catalogue has none; `log` is for those of the owner's own fields.

    >>> known("share.Tea").unit, known("custom.Household").group, known("shoe_size")
    ('share', 'custom', None)
    """
    if key.startswith(SHARE) and len(key) > len(SHARE):
        return Feature(key, "baskets", "number", False, "share")
    if key.startswith(CUSTOM) and len(key) > len(CUSTOM):
        return Feature(key, "custom", "number", log, "")
    return FEATURES.get(key)


def frames_for(features: Iterable[str] | None) -> frozenset[str]:
    """What `feature_table.build` must be given, beside the orders, to build these features (None: all of them).

    >>> sorted(frames_for(["recency_days", "share.Tea", "kind"])), sorted(frames_for(["age", "kind"]))
    (['customers', 'lines', 'products'], ['numbers'])
    """
    if features is None:
        return frozenset({"lines", "products", "numbers", "tickets", "answers"})
    wanted = set()
    for key in features:
        wanted |= {"lines", "products"} if key.startswith(SHARE) else set(_NEEDS.get(key, ()))
        wanted |= {"numbers"} if key.startswith(CUSTOM) else set()
    # The numbers hold what the customers hold, as far as features go; both need not be read.
    return frozenset(wanted - {"customers"} if "numbers" in wanted else wanted)
