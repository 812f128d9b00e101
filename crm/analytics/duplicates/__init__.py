"""Which customers are in the list twice?"""

from crm.analytics.duplicates.model import THRESHOLD, Duplicates, find, without
from crm.analytics.duplicates.scoring import AGAINST, REASONS

__all__ = ["AGAINST", "REASONS", "THRESHOLD", "Duplicates", "find", "without"]
