"""Fixtures of the tests of Bayesian networks."""

import pytest

from tests.analytics.prediction.bayes_net.small_networks import asia_network


@pytest.fixture
def asia():
    return asia_network()
