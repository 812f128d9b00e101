"""The same search on a Dask cluster: the same answer, and a sentence for whatever is wrong with the cluster."""

import socket
import sys
import time

import pandas as pd
import pytest

from crm import config
from crm.analytics.prediction.tuning import running, search
from crm.errors import InvalidInput
from tests.analytics.prediction.judged_rows import made_rows

GRID = [{}, {"max_leaf_nodes": 2, "max_iter": 20}]


@pytest.fixture(scope="module")
def cluster():
    distributed = pytest.importorskip("distributed", reason="Dask is not installed here; the search was tried on this computer only.")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1",
                                  dashboard_address="127.0.0.1:0", silence_logs=50) as started:
        yield started


def test_a_cluster_of_two_processes_finds_the_same_winner_and_scores(cluster, monkeypatch):
    rows = made_rows(n_groups=200)
    monkeypatch.setattr("joblib.cpu_count", lambda *_, **__: 1)
    monkeypatch.delenv("CRM_DASK_SCHEDULER", raising=False)
    here = search(rows, method="boosting", grid=GRID, random_state=3)
    monkeypatch.setenv("CRM_DASK_SCHEDULER", cluster.scheduler_address)
    there = search(rows, method="boosting", grid=GRID, random_state=3)

    assert (here.where, there.where, there.cores) == ("here", "cluster", 2)
    assert there.parameters == here.parameters
    pd.testing.assert_frame_equal(there.tries.drop(columns="seconds"), here.tries.drop(columns="seconds"), rtol=1e-9)


def test_a_cluster_that_dies_at_work_is_told(monkeypatch):
    client = pytest.importorskip("distributed.client", reason="Dask is not installed here.")

    def dying():
        yield "one result"
        raise client.FutureCancelledError(key="fit", reason="scheduler-connection-lost")

    results = running._on_cluster(dying())
    assert next(results) == "one result"
    with pytest.raises(InvalidInput, match="stopped answering; start it again"):
        next(results)


def test_a_scheduler_that_is_not_there_is_told_within_ten_seconds(monkeypatch):
    pytest.importorskip("distributed", reason="Dask is not installed here.")
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]  # bound, but nobody listens there
        monkeypatch.setenv("CRM_DASK_SCHEDULER", f"tcp://127.0.0.1:{port}")
        began = time.monotonic()
        with pytest.raises(InvalidInput, match="does not answer"):
            search(made_rows(n_groups=60), method="logistic", grid="quick")
        assert time.monotonic() - began < 30  # hanging is what this is about, not speed


def test_an_address_that_is_none_is_told(monkeypatch):
    pytest.importorskip("distributed", reason="Dask is not installed here.")
    monkeypatch.setenv("CRM_DASK_SCHEDULER", "my cluster")
    with pytest.raises(InvalidInput, match="must be an address such as tcp://127.0.0.1:8786"):
        search(made_rows(n_groups=60), method="logistic", grid="quick")


def test_without_dask_the_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setenv("CRM_DASK_SCHEDULER", "tcp://127.0.0.1:8786")
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InvalidInput, match=r'pip install "dask\[distributed\]"'):
        search(made_rows(n_groups=60), method="logistic", grid="quick")


def test_dask_is_imported_only_where_the_setting_asks_for_it(monkeypatch):
    monkeypatch.setenv("CRM_DASK_SCHEDULER", "  ")
    assert config.dask_scheduler() is None
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert search(made_rows(n_groups=60), method="logistic", grid="quick").where == "here"
