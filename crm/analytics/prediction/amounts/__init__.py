"""Amounts: how much will it be, how sure is that, and what makes it more or less?"""

from crm.analytics.prediction.amounts import charts
from crm.analytics.prediction.amounts.checks import FEWEST_CASES, check, giveaways
from crm.analytics.prediction.amounts.coefficients import coefficients
from crm.analytics.prediction.amounts.comparing import AmountAnswer, AmountComparison, answer_amounts, compare_amounts
from crm.analytics.prediction.amounts.judging import JudgedAmounts
from crm.analytics.prediction.amounts.models import FIRST, FORMULAS, METHODS, AmountModel, fit, knows_no_debts
from crm.analytics.prediction.amounts.ranges import Ranges, ranges
from crm.analytics.prediction.amounts.totals import (
    TestedTotal,
    Total,
    expected_count,
    expected_sum,
    swing,
    tested_total,
    total,
)

__all__ = ["FEWEST_CASES", "FIRST", "FORMULAS", "METHODS", "AmountAnswer", "AmountComparison", "AmountModel", "JudgedAmounts",
           "Ranges", "TestedTotal", "Total", "answer_amounts", "charts", "check", "coefficients", "compare_amounts",
           "expected_count", "expected_sum", "fit", "giveaways", "knows_no_debts", "ranges", "swing", "tested_total", "total"]
