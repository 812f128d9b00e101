"""Segments: which groups of customers are there, how large, and what do they mean?"""

from crm.analytics.segments.charts import profile_heatmap, scatter, sizes
from crm.analytics.segments.features import customer_features
from crm.analytics.segments.model import MIN_CUSTOMERS, Segmentation, segment
from crm.analytics.segments.names import SEGMENT_COLOURS, SEGMENT_MEANINGS, SEGMENT_ORDER

__all__ = [
    "MIN_CUSTOMERS",
    "SEGMENT_COLOURS",
    "SEGMENT_MEANINGS",
    "SEGMENT_ORDER",
    "Segmentation",
    "customer_features",
    "profile_heatmap",
    "scatter",
    "segment",
    "sizes",
]
