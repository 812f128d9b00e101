"""The real shop's orders, read once a session; tests that want them skip where it is not at hand."""

import pytest

from tests.analytics.simulate import ONLINE_RETAIL, online_retail_orders


@pytest.fixture(scope="session")
def online_retail():
    if not ONLINE_RETAIL.exists():
        pytest.skip(
            "The Online Retail data set is not beside the project, so its published figures go unchecked."
        )
    return online_retail_orders()
