"""Comments: what do customers write, what is it about, how does it sound, and which words go with low scores?

    analyse(comments, as_of=...)     all of it, for comments with scores
    themes_of(texts)                 themes alone, of any texts
"""

from crm.analytics.comments import charts
from crm.analytics.comments.agreement import Agreement
from crm.analytics.comments.model import METRICS, Comments, Themes, analyse, themes_of
from crm.analytics.comments.sentiment import TONES

__all__ = ["METRICS", "TONES", "Agreement", "Comments", "Themes", "analyse", "charts", "themes_of"]
