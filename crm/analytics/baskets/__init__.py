"""Baskets: what lies together in one order, and is it more than chance?"""

from crm.analytics.baskets import charts, pictures
from crm.analytics.baskets.bundles import Bundles, bundles
from crm.analytics.baskets.goes_with import goes_with, leads_to
from crm.analytics.baskets.groups import SEASONS, GroupDifferences, by_group, by_label, by_season
from crm.analytics.baskets.itemsets import LONGEST, METHODS, Itemsets, TooManyGroups, frequent
from crm.analytics.baskets.orders import Baskets, of_pairs, only, read_baskets
from crm.analytics.baskets.pairs import Pairs, counts_beside, pairs_of
from crm.analytics.baskets.rules import BasketRules, rules, rules_of
from crm.analytics.baskets.sequences import Sequences, sequences

__all__ = [
    "LONGEST",
    "METHODS",
    "SEASONS",
    "BasketRules",
    "Baskets",
    "Bundles",
    "GroupDifferences",
    "Itemsets",
    "Pairs",
    "Sequences",
    "TooManyGroups",
    "bundles",
    "by_group",
    "by_label",
    "by_season",
    "charts",
    "counts_beside",
    "frequent",
    "goes_with",
    "leads_to",
    "of_pairs",
    "only",
    "pairs_of",
    "pictures",
    "read_baskets",
    "rules",
    "rules_of",
    "sequences",
]
