"""How many threads does a fit take? One: small matrices gain nothing from two, and threads that wait for a core that others
use burn it meanwhile (a logistic regression of 7,000 rows: .08 s of processor time on one thread, 1.5 s on two of a busy
computer)."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import cache

# From here on two threads of boosting take little more than half the time of one; below, they mostly wait for each other:
# 10,000 rows on two cores that others use too took 22 s instead of 2.
WORTH_THREADS_ROWS = 50_000

_blas_is_limited = threading.Lock()  # held by the one that limits it


def few_threads(n_rows: int):
    """`one_thread` for so many rows, where more would not help."""
    return one_thread() if n_rows < WORTH_THREADS_ROWS else nullcontext()


@contextmanager
def one_thread() -> Iterator[None]:
    """Within it, matrix products (BLAS), scikit-learn's loops (OpenMP) and joblib keep to one thread.

    BLAS has one limit for the whole process, which only the thread that set it can lift: the first who comes sets it and
    lifts it when it goes; who comes meanwhile finds it set, and at worst works on with more threads for a while.
    """
    import joblib

    controller = _controller()
    blas = controller.limit(limits=1, user_api="blas") if _blas_is_limited.acquire(blocking=False) else None
    try:
        with controller.limit(limits=1, user_api="openmp"), joblib.parallel_config(backend="sequential"):
            yield
    finally:
        if blas is not None:
            blas.restore_original_limits()
            _blas_is_limited.release()


@cache
def _controller():
    """Of all thread pools, which are only found once the packages that bring them are loaded."""
    import scipy.linalg  # noqa: F401
    import sklearn.utils  # noqa: F401
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
