"""One thread a fit: limits are set, and lifted again whoever else came and went meanwhile."""

import threading

import sklearn.ensemble  # noqa: F401  its thread pools are those in question
from threadpoolctl import ThreadpoolController

from crm.analytics.prediction.threads import one_thread


def threads_of(api: str) -> set[int]:
    return {pool["num_threads"] for pool in ThreadpoolController().info() if pool["user_api"] == api}


def test_within_it_every_pool_has_one_thread_and_after_it_as_many_as_before():
    with ThreadpoolController().limit(limits=2):
        before = threads_of("blas"), threads_of("openmp")
        with one_thread():
            assert (threads_of("blas"), threads_of("openmp")) == ({1}, {1})
            with one_thread():
                assert threads_of("blas") == {1}
            assert threads_of("blas") == {1}
        assert (threads_of("blas"), threads_of("openmp")) == before


def test_whoever_leaves_last_the_limit_is_lifted():
    entered, leave = threading.Event(), threading.Event()

    def other() -> None:
        with one_thread():
            entered.set()
            leave.wait(10)

    with ThreadpoolController().limit(limits=2, user_api="blas"):
        before = threads_of("blas")
        worker = threading.Thread(target=other)
        with one_thread():
            worker.start()
            assert entered.wait(10)
            assert threads_of("blas") == {1}
        leave.set()
        worker.join()
        assert threads_of("blas") == before


def test_an_error_within_it_lifts_the_limit():
    with ThreadpoolController().limit(limits=2, user_api="blas"):
        before = threads_of("blas")
        try:
            with one_thread():
                raise ValueError
        except ValueError:
            pass
        assert threads_of("blas") == before
