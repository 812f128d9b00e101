"""How quickly are customers ranked, drawn and counted in a network of a million links, beside networkx in the same run?

python tests/benchmarks/rank_network.py [links ...]

Seconds are CPU time of one thread. Two networks a size: a web, in which everybody may have many links, and a forest, in
which everybody was brought by one other, as in a network of referrals. The yardstick is networkx's own pagerank and hits
with the tolerance that gives the same answer to six decimals, and the time it takes to build its graph.
"""

import os
import sys
import time
from pathlib import Path

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(threads, "1")
ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

LINKS = (1_000_000,)
ROUNDS = 3  # the best of them: others work on this machine too


def web(links: int):
    """A quarter as many customers as links, a few of them linked to by very many."""
    import numpy as np

    draw, nodes = np.random.default_rng(1), links // 4
    return draw.integers(0, nodes, links), (nodes * draw.random(links) ** 3).astype(np.int64), nodes


def forest(links: int):
    """Everybody but the first was brought by somebody earlier."""
    import numpy as np

    draw = np.random.default_rng(1)
    brought = np.arange(1, links + 1)
    return brought, (brought * draw.random(links)).astype(np.int64), links + 1


def seconds(work) -> tuple[float, object]:
    """CPU seconds of the best round, and the answer."""
    best = float("inf")
    for _ in range(ROUNDS):
        begun = time.process_time()
        answer = work()
        best = min(best, time.process_time() - begun)
    return best, answer


def measure(name: str, links: int, *, make) -> None:
    """Print one network's figures beside networkx's."""
    import networkx
    import numpy as np
    from scipy.sparse import csr_matrix

    from crm.analytics import network

    start, end, nodes = make(links)
    kept = start != end
    matrix = csr_matrix((np.ones(kept.sum()), (start[kept], end[kept])), shape=(nodes, nodes))
    matrix.data[:] = 1.0
    ours, shares = seconds(lambda: network.pagerank(matrix))
    ours_hits, (_, authorities) = seconds(lambda: network.hits(matrix))
    begun = time.process_time()
    graph = networkx.DiGraph()
    graph.add_nodes_from(range(nodes))
    graph.add_edges_from(zip(start[kept].tolist(), end[kept].tolist(), strict=True))
    building = time.process_time() - begun
    begun = time.process_time()
    # networkx stops where all together move less than its tolerance times the number of nodes.
    theirs = networkx.pagerank(graph, tol=network.ranking.TOLERANCE / nodes, max_iter=1_000)
    ranking = time.process_time() - begun
    apart = max(abs(share - theirs[node]) for node, share in enumerate(shares.tolist()))
    print(f"{name:7} {matrix.nnz:>9,} links {nodes:>9,} customers   pagerank {ours * 1000:6.0f} ms   "
          f"networkx {ranking:6.1f} s and {building:5.1f} s to build   largest difference {apart:.1e}")
    begun = time.process_time()
    _, their_authorities = networkx.hits(graph, tol=1e-10)
    hitting = time.process_time() - begun
    apart = max(abs(share - their_authorities[node]) for node, share in enumerate(authorities.tolist()))
    # Where several have equally many links, any mixture of them is an answer, and networkx takes one by chance.
    several = name == "forest" and int((authorities > 0).sum()) > 1
    print(f"{'':51}hits     {ours_hits * 1000:6.0f} ms   networkx {hitting:6.1f} s {'':24}"
          f"{'several answers' if several else f'largest difference {apart:.1e}'}")


def whole(links: int) -> None:
    """Print what a page of so many referrals costs from its frames to its picture."""
    import numpy as np
    import pandas as pd

    from crm.analytics import network

    draw = np.random.default_rng(1)
    brought, by, people = forest(links)
    ids = np.arange(1, people + 1)
    referrals = pd.DataFrame({"referrer_id": by + 1, "referred_id": brought + 1, "referred_on": pd.Timestamp("2025-01-01")})
    customers = pd.DataFrame({
        "customer_id": ids, "code": [f"C{number}" for number in ids], "name": [f"Customer {number}" for number in ids],
        "company": [f"Company {number // 3} Ltd" if number % 2 else None for number in ids],
        "kind": np.where(ids % 10 == 0, "company", "person")}).astype({"company": "str"})
    days = pd.Timestamp("2024-01-01") + pd.to_timedelta(draw.integers(0, 700, 3 * people), unit="D")
    orders = pd.DataFrame({"customer_id": draw.integers(1, people + 1, 3 * people), "ordered_on": days, "is_purchase": True,
                           "net_amount": draw.exponential(50, 3 * people)})
    written = pd.DataFrame(columns=["customer_id", "relation", "named"])
    as_of = pd.Timestamp("2026-01-01").date()
    building, graph = seconds(lambda: network.build(referrals, customers, written, as_of=as_of))
    analysing, result = seconds(lambda: network.analyse(graph, orders))
    drawing, drawn = seconds(lambda: network.picture(network.overview(result), names={}, hovers={}))
    points = sum(len(trace.x) for trace in drawn.data)
    print(f"page    {links:>9,} referrals, {len(graph.links) - links:,} other links: links {building:5.2f} s   "
          f"analysis {analysing:5.2f} s   picture {drawing:5.2f} s with {points} points")


def main() -> None:
    for links in [int(text) for text in sys.argv[1:]] or LINKS:
        measure("web", links, make=web)
        measure("forest", links, make=forest)
    for referrals in (10_000, 100_000):
        whole(referrals)


if __name__ == "__main__":
    main()
