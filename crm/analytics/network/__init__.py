"""Network: who brings whom, who belongs to whom, and what is that worth?"""

from crm.analytics.network.belonging import company_key
from crm.analytics.network.charts import comparison, picture
from crm.analytics.network.drawing import MOST_NODES, Drawing, has_links, overview, surroundings
from crm.analytics.network.graph import Graph, build
from crm.analytics.network.model import NetworkResult, analyse, leaders
from crm.analytics.network.ranking import DAMPING, hits, pagerank
from crm.analytics.network.referrals import MIN_GROUP, Comparison, brought, compare

__all__ = [
    "DAMPING",
    "MIN_GROUP",
    "MOST_NODES",
    "Comparison",
    "Drawing",
    "Graph",
    "NetworkResult",
    "analyse",
    "brought",
    "build",
    "company_key",
    "compare",
    "comparison",
    "has_links",
    "hits",
    "leaders",
    "overview",
    "pagerank",
    "picture",
    "surroundings",
]
