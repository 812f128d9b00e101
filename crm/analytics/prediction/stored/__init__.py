"""How is a model kept, and does one that was kept still say the same and fit the data?"""

from crm.analytics.prediction.stored.files import LAYOUT, StaleModel, Stored, dump, load, read_about
from crm.analytics.prediction.stored.fitting import fits

__all__ = ["LAYOUT", "StaleModel", "Stored", "dump", "fits", "load", "read_about"]
