"""Where do the fits run? Small work here, larger work on all cores of this computer, or on the Dask cluster that
CRM_DASK_SCHEDULER names; the answers are the same.

Processes and not threads: scikit-learn's boosting of small trees holds Python's lock most of the time (7,000 rows: two
threads took as long as one, two processes half), and each process keeps to one thread, so that nothing is oversubscribed.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from crm import config
from crm.analytics.prediction.threads import one_thread
from crm.errors import CrmError, InvalidInput

WORTH_PROCESSES_SECONDS = 3.0  # starting them and their imports takes one or two
CONNECT_SECONDS = 4.0  # for a scheduler that is there; one that is not is told within ten seconds in all
WORKER_SECONDS = 4.0
LOST_SECONDS = 600.0  # a cluster that answers nothing for so long has died


@dataclass(frozen=True, eq=False)
class Done:
    """One finished piece. key: as it was named; value: what the function returned, None where it failed; seconds: it took
    on its core; failed: a sentence, or None."""

    key: object
    value: object
    seconds: float
    failed: str | None


@dataclass(frozen=True)
class Place:
    """where: "here", "processes" or "cluster"; cores: how many pieces run at once."""

    where: str
    cores: int


def carry_out(function: Callable, shared, *arguments, key) -> Done:
    """Call function(shared, *arguments) on one thread; what the data or settings forbid becomes a sentence."""
    began = time.perf_counter()
    try:
        with one_thread():
            value, failed = function(shared, *arguments), None
    except (CrmError, ValueError, ArithmeticError, np.linalg.LinAlgError) as error:
        value, failed = None, str(error) or type(error).__name__
    return Done(key, value, time.perf_counter() - began, failed)


@contextmanager
def runner(shared, *, expected_seconds: float) -> Iterator[tuple[Place, Callable[[Iterable], Iterator[Done]]]]:
    """A Place, and a function that runs pieces there: an iterable of (function, arguments, key) -> Done, as they finish.

    The iterable is asked for a piece only when a core is free, so that it may end at any time. shared: the first argument of
    every function, sent to a cluster once. expected_seconds: of all pieces on one core; little work stays in this process.
    Raises InvalidInput where the cluster that the setting names cannot be used.
    """
    import joblib

    address = config.dask_scheduler()
    if address is not None:
        with _client(address) as client:
            place = Place("cluster", sum(client.nthreads().values()))
            with joblib.parallel_config(backend="dask", client=client, scatter=[shared],
                                        wait_for_workers_timeout=WORKER_SECONDS):
                yield place, lambda pieces: _on_cluster(_parallel(place.cores, shared, pieces, timeout=LOST_SECONDS))
        return
    cores = joblib.cpu_count()
    if cores == 1 or expected_seconds < WORTH_PROCESSES_SECONDS:
        yield Place("here", 1), lambda pieces: (carry_out(function, shared, *arguments, key=key)
                                               for function, arguments, key in pieces)
        return
    with joblib.parallel_config(backend="loky", inner_max_num_threads=1):
        yield Place("processes", cores), lambda pieces: _parallel(cores, shared, pieces)


def _parallel(cores: int, shared, pieces: Iterable, *, timeout: float | None = None) -> Iterator[Done]:
    import joblib

    parallel = joblib.Parallel(n_jobs=cores, return_as="generator_unordered", pre_dispatch="n_jobs", batch_size=1,
                               timeout=timeout)
    call = joblib.delayed(carry_out)
    return parallel(call(function, shared, *arguments, key=key) for function, arguments, key in pieces)


def _on_cluster(results: Iterator[Done]) -> Iterator[Done]:
    from distributed import KilledWorker
    from distributed.client import FutureCancelledError

    try:
        yield from results
    except ModuleNotFoundError as error:
        raise InvalidInput("The workers of the Dask cluster cannot load this program; start them where the same version of it "
                           f"is installed ({error}).") from error
    except KilledWorker as error:
        raise InvalidInput("A worker of the Dask cluster died of this work more than once, as a rule for want of memory; give the "
                           "workers more of it, or leave CRM_DASK_SCHEDULER empty to compute on this computer.") from error
    except (FutureCancelledError, TimeoutError, OSError) as error:
        raise InvalidInput("The Dask cluster that CRM_DASK_SCHEDULER names stopped answering; start it again, or leave the "
                           "setting empty to compute on this computer.") from error


@contextmanager
def _client(address: str):
    try:
        from distributed import Client
        from distributed.comm.addressing import parse_address
    except ImportError as error:
        raise InvalidInput("CRM_DASK_SCHEDULER names a Dask cluster, but Dask is not installed here; install it with: pip install "
                           "\"dask[distributed]\". Or leave the setting empty to compute on this computer.") from error
    try:
        parse_address(address, strict=True)
    except ValueError as error:
        raise InvalidInput(f"CRM_DASK_SCHEDULER is “{address}”; it must be an address such as tcp://127.0.0.1:8786.") from error
    try:
        client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise InvalidInput(f"The Dask scheduler at {address} does not answer; start it (dask scheduler), or leave "
                           "CRM_DASK_SCHEDULER empty to compute on this computer.") from error
    try:
        try:
            client.wait_for_workers(1, timeout=WORKER_SECONDS)
        except TimeoutError as error:
            raise InvalidInput(f"The Dask scheduler at {address} has no workers; start some (dask worker {address}), or leave "
                               "CRM_DASK_SCHEDULER empty to compute on this computer.") from error
        yield client
    finally:
        client.close(timeout=CONNECT_SECONDS)
