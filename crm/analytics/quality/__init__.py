"""Data quality in pictures."""

from crm.analytics.quality import charts

__all__ = ["charts"]
