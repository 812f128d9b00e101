"""Segments: which groups of customers are there, how large, what do they mean, and how do they change?"""

from crm.analytics.segments.charts import colour_of, meaning_of, profile_heatmap, scatter, sizes
from crm.analytics.segments.choosing import Choice, choose
from crm.analytics.segments.clustering import METRICS, Grouping, group
from crm.analytics.segments.comparing import Comparison, compare
from crm.analytics.segments.feature_charts import before_after, distribution
from crm.analytics.segments.features import RFM_COLUMNS, customer_features
from crm.analytics.segments.finding import Groups, find
from crm.analytics.segments.group_charts import by_k, k_distances
from crm.analytics.segments.group_dendrogram import dendrogram
from crm.analytics.segments.group_flow import flow
from crm.analytics.segments.group_heatmap import heatmap
from crm.analytics.segments.group_plane import plane
from crm.analytics.segments.model import IN_NO_GROUP, METHODS, MIN_CUSTOMERS, RHYTHM_ONLY, Segmentation, segment
from crm.analytics.segments.names import SEGMENT_COLOURS, SEGMENT_MEANINGS, SEGMENT_ORDER
from crm.analytics.segments.preparing import twins

__all__ = [
    "IN_NO_GROUP",
    "METHODS",
    "METRICS",
    "MIN_CUSTOMERS",
    "RFM_COLUMNS",
    "RHYTHM_ONLY",
    "SEGMENT_COLOURS",
    "SEGMENT_MEANINGS",
    "SEGMENT_ORDER",
    "Choice",
    "Comparison",
    "Grouping",
    "Groups",
    "Segmentation",
    "before_after",
    "by_k",
    "choose",
    "colour_of",
    "compare",
    "customer_features",
    "dendrogram",
    "distribution",
    "find",
    "flow",
    "group",
    "heatmap",
    "k_distances",
    "meaning_of",
    "plane",
    "profile_heatmap",
    "scatter",
    "segment",
    "sizes",
    "twins",
]
