"""How quickly is it learned what to offer, and told to whom? Each method at a million lines, beside what one would run otherwise.

python tests/benchmarks/recommend.py [lines]

A simulated shop: a quarter as many orders as lines, a twentieth as many customers, 4,000 products of 40 tastes, their sales
falling off as 1 / (rank + 30). Yardsticks in the same run on the same table: the dense square of EASE^R by numpy in float64,
scikit-learn's TruncatedSVD and NMF of as many factors, its NearestNeighbors by cosine for customers and for products. Seconds of
one thread of the processor; every step runs in a process of its own.
"""

import datetime as dt
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

AS_OF = dt.date(2026, 6, 30)
PRODUCTS, TASTES = 4_000, 40
ASKED = 5_000
GROUPS = ("east", "north", "south", "west")


def shop(lines: int, *, seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Order lines and products of a shop whose customers have one or two tastes each."""
    rng = np.random.default_rng(seed)
    orders, customers = lines // 4, lines // 20
    pull = 1 / (np.arange(PRODUCTS) + 30)
    taste_of = rng.integers(0, TASTES, PRODUCTS)
    share = rng.pareto(1.5, customers) + 0.3
    buyer = rng.choice(customers, orders, p=share / share.sum())
    taste = rng.integers(0, TASTES, (customers, 2))
    order = np.sort(rng.integers(0, orders, lines))
    mood = taste[buyer[order], rng.integers(0, 2, lines)]
    product = rng.choice(PRODUCTS, lines, p=pull / pull.sum())
    for wanted in range(TASTES):  # two lines in three follow the taste
        own = np.flatnonzero(taste_of == wanted)
        following = np.flatnonzero((mood == wanted) & (rng.random(lines) < 2 / 3))
        product[following] = rng.choice(own, len(following), p=pull[own] / pull[own].sum())
    day = np.datetime64("2024-07-01") + np.sort(rng.integers(0, 730, orders))
    words = np.array([f"word{number}" for number in range(600)])
    names = [" ".join(words[[taste_of[number] * 15 + place for place in rng.integers(0, 15, 3)]]) for number in range(PRODUCTS)]
    order_lines = pd.DataFrame({
        "order_id": order + 1, "customer_id": np.where(buyer[order] % 20 == 0, 0, buyer[order] + 1), "product_id": product + 1,
        "ordered_on": day[order].astype("datetime64[us]"),
        "kind": pd.Categorical.from_codes(np.zeros(lines, dtype=np.int8), ["sale", "return", "cancellation", "fee", "adjustment"]),
        "quantity": 1.0, "amount": rng.gamma(2.0, 8.0, lines), "cost": np.nan})
    products = pd.DataFrame({
        "product_id": np.arange(1, PRODUCTS + 1), "code": [f"P{number}" for number in range(PRODUCTS)], "name": names,
        "category": [f"Taste {number}" for number in taste_of], "description": None, "price": rng.gamma(2.0, 8.0, PRODUCTS),
        "cost": np.nan, "is_fee": False, "is_discontinued": False, "is_sold_out": False, "is_excluded": False,
        "recommendable": True})
    return order_lines, products


def purchases_of(lines: int):
    from crm.analytics.recommendations import purchases

    read = purchases.read(*shop(lines), as_of=AS_OF)
    purchases.counts(read)
    return read


def reading(lines: int) -> dict:
    from crm.analytics.recommendations import purchases

    tables = shop(lines)
    began = time.process_time()
    read = purchases.read(*tables, as_of=AS_OF)
    purchases.counts(read)
    return {"fit": time.process_time() - began}


def method(lines: int, name: str) -> dict:
    """Seconds to learn, to score 5,000 customers, and to score and explain one."""
    from crm.analytics.recommendations import purchases
    from crm.analytics.recommendations.methods import learn

    read = purchases_of(lines)
    groups = pd.Series(np.array(GROUPS)[read.customer_ids % 4], index=read.customer_ids)
    began = time.process_time()
    recommender = learn(read, method=name, groups=groups)
    fitted = time.process_time()
    step = max(1, len(read.customer_ids) // ASKED)
    asked = purchases.ask(read, read.customer_ids[::step][:ASKED], groups)
    asking = time.process_time()
    for start in range(0, len(asked), 1_000):
        recommender.scores(asked.part(slice(start, start + 1_000)))
    scored = time.process_time()
    ten = asked.part(slice(0, 10))
    for row in range(10):
        one = ten.part(slice(row, row + 1))
        found = recommender.scores(one)
        recommender.because(one, np.argsort(-found, axis=1, kind="stable")[:, :10])
    done = time.process_time()
    return {"fit": fitted - began, "score": scored - asking, "one": (done - scored) / 10}


def dense_ease(lines: int) -> dict:
    from crm.analytics.recommendations import purchases

    table = purchases.ones(purchases_of(lines)).astype(np.float64)
    began = time.process_time()
    gram = (table.T @ table).toarray()
    gram[np.diag_indices_from(gram)] += 4 * np.diag(gram).mean()
    inverse = np.linalg.inv(gram)
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0)
    fitted = time.process_time()
    table[:ASKED] @ weights
    return {"fit": fitted - began, "score": time.process_time() - fitted}


def truncated_svd(lines: int) -> dict:
    from sklearn.decomposition import TruncatedSVD

    return _factors(lines, lambda count: TruncatedSVD(count, random_state=0), "svd")


def sklearn_nmf(lines: int) -> dict:
    from sklearn.decomposition import NMF

    return _factors(lines, lambda count: NMF(count, random_state=0), "nmf")


def _factors(lines: int, make, name: str) -> dict:
    from crm.analytics.recommendations import purchases
    from crm.analytics.recommendations.methods import GRIDS

    table = purchases.ones(purchases_of(lines))
    model = make(GRIDS[name][0]["factors"])
    began = time.process_time()
    model.fit(table)
    fitted = time.process_time()
    model.transform(table[:ASKED]) @ model.components_
    return {"fit": fitted - began, "score": time.process_time() - fitted}


def neighbours_of_customers(lines: int) -> dict:
    from crm.analytics.recommendations import purchases

    return _neighbours(purchases.ones(purchases_of(lines)), asked=ASKED)


def neighbours_of_products(lines: int) -> dict:
    from crm.analytics.recommendations import purchases

    return _neighbours(purchases.ones(purchases_of(lines)).T.tocsr(), asked=PRODUCTS)


def _neighbours(table, *, asked: int) -> dict:
    from sklearn.neighbors import NearestNeighbors

    model = NearestNeighbors(n_neighbors=50, metric="cosine", algorithm="brute", n_jobs=1)
    began = time.process_time()
    model.fit(table)
    model.kneighbors(table[:asked])
    return {"fit": 0.0, "score": time.process_time() - began}


YARDSTICKS = {"dense EASE^R": dense_ease, "TruncatedSVD": truncated_svd, "NMF": sklearn_nmf,
              "NearestNeighbors, customers": neighbours_of_customers, "NearestNeighbors, products": neighbours_of_products}


def step(name: str, lines: int) -> dict:
    if name == "read":
        return reading(lines)
    return YARDSTICKS[name](lines) if name in YARDSTICKS else method(lines, name)


def main() -> None:
    if len(sys.argv) > 2:
        told = step(sys.argv[2], int(sys.argv[1]))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({**told, "peak_mb": peak}))
        return
    from crm.analytics.recommendations.methods import METHODS

    lines = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    print(f"{lines:,} lines, {PRODUCTS:,} products; seconds of one thread")
    print(f"{'':32}{'learn':>8}{f'score {ASKED:,}':>14}{'one list':>10}{'peak MB':>9}")
    for name in ("read", *METHODS, *YARDSTICKS):
        done = subprocess.run([sys.executable, __file__, str(lines), name], capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"{name:32}{done.stderr.strip().splitlines()[-1]}")
            continue
        told = json.loads(done.stdout.splitlines()[-1])
        print(f"{name:32}" + "".join(f"{told[key]:{width}.3f}" if key in told else " " * width
                                     for key, width in (("fit", 8), ("score", 14), ("one", 10))) + f"{told['peak_mb']:9,.0f}")


if __name__ == "__main__":
    main()
