"""Pictures of judged models: can the chances be trusted, who is found first, which model, would more data help?

Figures without colours (crm.ui.chart paints them) and with at most 5,000 points. Names of models and the words of lines come
as arguments; a method without a name is shown as it is.
"""

from crm.analytics.prediction.charts.comparing import NO_SKILL_METRICS, compared, learning, no_skill
from crm.analytics.prediction.charts.ranking import gain, lift, precision_recall, roc
from crm.analytics.prediction.charts.trusting import calibration, scores

__all__ = ["NO_SKILL_METRICS", "calibration", "compared", "gain", "learning", "lift", "no_skill", "precision_recall", "roc",
           "scores"]
