"""Products: which few make the revenue, how do they sell and at what price, what remains of it, and who buys them?"""

from crm.analytics.products import charts, margin, price_history, trend
from crm.analytics.products.abc import Classes, classes
from crm.analytics.products.buyers import Buyers, buyers
from crm.analytics.products.margin import Margin
from crm.analytics.products.sales import sold

__all__ = ["Buyers", "Classes", "Margin", "buyers", "charts", "classes", "margin", "price_history", "sold", "trend"]
