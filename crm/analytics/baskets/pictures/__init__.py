"""Baskets in pictures: rules at a glance, products that hang together, every two of them, and what leads to what."""

from crm.analytics.baskets.pictures.matrix import lift_matrix, lifts_among
from crm.analytics.baskets.pictures.network import product_network
from crm.analytics.baskets.pictures.scatter import rule_scatter
from crm.analytics.baskets.pictures.streams import path_streams, rule_streams, sequence_streams

__all__ = ["lift_matrix", "lifts_among", "path_streams", "product_network", "rule_scatter", "rule_streams",
           "sequence_streams"]
