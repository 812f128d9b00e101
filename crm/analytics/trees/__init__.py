"""Trees: in which few rules, that a person can read and a computer can apply, do groups differ?"""

from crm.analytics.trees.charts import in_signs, picture
from crm.analytics.trees.model import MAX_LEVELS, MAX_RULES, METHODS, MIN_ROWS, Explanation, explain
from crm.analytics.trees.plain import as_json, from_json, rule_as_json, rule_from_json
from crm.analytics.trees.rules import Condition, apply, conditions_hold

__all__ = [
    "MAX_LEVELS",
    "MAX_RULES",
    "METHODS",
    "MIN_ROWS",
    "Condition",
    "Explanation",
    "apply",
    "as_json",
    "conditions_hold",
    "explain",
    "from_json",
    "in_signs",
    "picture",
    "rule_as_json",
    "rule_from_json",
]
