"""How quickly is found what lies together in a million order lines, beside mlxtend in the same run?

python tests/benchmarks/baskets.py              a simulated shop: 1,000,000 lines, 200,000 orders, 4,000 products
python tests/benchmarks/baskets.py own          the company's own orders (CRM_DATA_DIR), support 1 % and .5 %
python tests/benchmarks/baskets.py hard         what might fill the memory: orders of 500 products, supports of two orders

Seconds are CPU time of one thread, the best of some rounds; each shop has a process of its own, so that its peak memory is
its own. The yardstick is mlxtend's fpgrowth on a sparse table, which is its quickest way, with the same longest group.
Goals: itemsets at a support of .001 within 1 s and mlxtend at least 8 times slower, all pairs within .25 s, memory
below 1.5 GB.
"""

import os
import resource
import subprocess
import sys
import time
from pathlib import Path

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(threads, "1")
ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

ROUNDS = 3  # the best of them: others work on this machine too
LINES, ORDERS, PRODUCTS = 1_000_000, 200_000, 4_000
LISTS = 60  # shopping lists that four orders of five follow in part: without them nothing would lie together


def simulated():
    """Order lines and products: few orders are large, few products popular, and most orders follow a shopping list."""
    import numpy as np

    draw = np.random.default_rng(1)

    def popular(n, power):
        weight = 1 / np.arange(1, n + 1) ** power
        return np.cumsum(weight / weight.sum())

    size = np.clip(np.floor(draw.lognormal(1.6, 0.85, ORDERS)), 1, 120).astype(np.int64)
    order = np.repeat(np.arange(ORDERS), size)
    product = np.searchsorted(popular(PRODUCTS, 0.75), draw.random(len(order)))
    lists = draw.integers(0, PRODUCTS, (LISTS, 10))
    chosen = np.where(draw.random(ORDERS) < 0.8, np.searchsorted(popular(LISTS, 0.6), draw.random(ORDERS)), -1)[order]
    follows = (chosen >= 0) & (draw.random(len(order)) < 0.75)
    product[follows] = lists[chosen[follows], draw.integers(0, 10, follows.sum())]
    line = np.unique(order * PRODUCTS + np.minimum(product, PRODUCTS - 1))
    assert len(line) >= LINES, len(line)
    line = np.sort(draw.choice(line, LINES, replace=False))
    return frame(line // PRODUCTS, line % PRODUCTS)


def frame(order, product):
    """The frames that an analysis starts from."""
    import numpy as np
    import pandas as pd

    lines = pd.DataFrame({
        "order_id": order + 1, "customer_id": order % 50_000 + 1, "product_id": product + 1,
        "ordered_on": np.datetime64("2024-01-01", "us") + (order * 700 // (order.max() + 1)).astype("timedelta64[D]"),
        "kind": pd.Categorical.from_codes(np.zeros(len(order), dtype=np.int8), ["sale", "return"]), "quantity": 1.0})
    ids = np.arange(1, product.max() + 2)
    products = pd.DataFrame({"product_id": ids, "name": [f"Product {index}" for index in ids], "is_fee": False,
                             "recommendable": True})
    return lines, products


def own():
    """The company's frames."""
    from crm import db, frames
    from crm.services import settings

    with db.reading(db.own()) as session:
        return frames.order_lines(session, until=settings.as_of(session)), frames.products(session)


def hard(name: str):
    """Shops whose answers explode or nearly do."""
    import numpy as np

    draw = np.random.default_rng(1)
    if name == "even":
        return frame(np.repeat(np.arange(2_000), 500), draw.integers(0, PRODUCTS, LINES))
    if name == "popular":
        weight = 1 / np.arange(1, PRODUCTS + 1)
        return frame(np.repeat(np.arange(2_000), 500), np.searchsorted(np.cumsum(weight / weight.sum()), draw.random(LINES)))
    if name == "huge":
        return frame(np.repeat(np.arange(10), LINES // 10), draw.integers(0, LINES, LINES))
    return simulated()


def seconds(work, rounds: int = ROUNDS):
    """CPU seconds of the best round, and the answer."""
    best = float("inf")
    for _ in range(rounds):
        begun = time.process_time()
        answer = work()
        best = min(best, time.process_time() - begun)
    return best, answer


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(lines, products, supports) -> None:
    """Print our figures, then mlxtend's beside them."""
    import datetime as dt

    import pandas as pd

    from crm.analytics import baskets

    reading, made = seconds(lambda: baskets.read_baskets(lines, products, as_of=dt.date(2030, 1, 1)))
    print(f"{made.table.nnz:,} lines, {made.orders:,} orders, {len(made.product_ids):,} products; read in {reading:.2f} s")
    pairing, pairs = seconds(lambda: baskets.pairs_of(made))
    one, _ = seconds(lambda: baskets.counts_beside(made, int(made.product_ids[0])))
    print(f"all pairs            {pairing:6.2f} s   {pairs.together.nnz:,} cells; one product's {one * 1000:.0f} ms")
    ours = {}
    for support in supports:
        for method in baskets.METHODS:
            spent, ours[support] = seconds(lambda support=support, method=method: baskets.frequent(
                made, min_support=support, max_length=5, method=method))
            print(f"support {support:<7} {method:9}{spent:6.2f} s   {len(ours[support]):,} groups "
                  f"{[len(counts) for _, counts in ours[support].levels]}")
        spent, result = seconds(lambda support=support: baskets.rules_of(made, min_support=support, max_length=5))
        print(f"support {support:<7} rules    {spent:6.2f} s   {len(result.rules):,} of {result.rules_tried:,} tried")
    print(f"peak memory {peak_mb():.0f} MB, the frame's {lines.memory_usage(deep=True).sum() / 1e6:.0f} MB among them")

    from mlxtend.frequent_patterns import fpgrowth

    table = pd.DataFrame.sparse.from_spmatrix(made.table.astype(bool))
    for support, found in ours.items():
        # Half an order below: it compares floats, and would lose what lies exactly on the threshold.
        share = (found.min_count - 0.5) / made.orders
        spent, theirs = seconds(lambda share=share: fpgrowth(table, min_support=share, max_len=5), rounds=1)
        groups = {tuple(sorted(items)) for items in theirs["itemsets"]}
        same = groups == {tuple(row) for level, _ in found.levels for row in level.tolist()}
        print(f"support {support:<7} mlxtend  {spent:6.2f} s   the same groups: {same}")


def endure(name: str) -> None:
    """Print how a hard shop ends."""
    import datetime as dt

    from crm.analytics import baskets
    from crm.errors import InvalidInput

    made = baskets.read_baskets(*hard(name), as_of=dt.date(2030, 1, 1))
    begun = time.process_time()
    try:
        answer = f"{len(baskets.rules_of(made, min_support=2, max_length=5).rules):,} rules"
    except InvalidInput as advice:
        answer = str(advice)
    print(f"{name:8} {time.process_time() - begun:5.1f} s, peak {peak_mb():.0f} MB: {answer}")


def main() -> None:
    asked = sys.argv[1:] or ["simulated"]
    if asked == ["hard"]:
        for name in ("even", "popular", "huge", "low"):
            subprocess.run([sys.executable, __file__, "hard", name], check=True)
    elif asked[0] == "hard":
        endure(asked[1])
    elif asked == ["own"]:
        measure(*own(), supports=(0.01, 0.005))
    else:
        measure(*simulated(), supports=(0.001,))


if __name__ == "__main__":
    main()
