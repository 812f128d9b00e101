"""How quickly, and how rightly, are doubles found? Lists of 3,000 and 100,000 customers of whom the doubles are known.

python tests/benchmarks/find_duplicates.py [customers ...]

Beside it the yardstick that a spreadsheet offers: customers with the same e-mail or the same name, letter by letter.
Every size runs in a process of its own. Precision: of what is proposed, how much is right. Recall: of the true doubles,
how many are found.
"""

import resource
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

SIZES = (3_000, 100_000)
SEED = 7


def measure(customers: int) -> None:
    """Print the figures of one size."""
    from crm.analytics.duplicates import THRESHOLD, find
    from tests.analytics.simulate_doubles import company

    frame, true = company(customers, seed=SEED)
    before = _megabytes()
    begun = time.perf_counter()
    result = find(frame)
    seconds, megabytes = time.perf_counter() - begun, _megabytes() - before
    begun = time.perf_counter()
    right, proposed = _exact(frame, true)
    exact_seconds = time.perf_counter() - begun
    print(f"\n{len(frame):,} customers, {len(true):,} true pairs, {result.compared:,} pairs compared")
    print(f"  {'':28}{'precision':>10}{'recall':>10}{'pairs':>10}{'seconds':>10}{'MB more':>10}")
    for threshold in (THRESHOLD, 0.8, 0.9):
        kept = {pair for pair, score in zip(zip(result.pairs["first_id"], result.pairs["second_id"], strict=True),
                                            result.pairs["score"], strict=True) if score >= threshold}
        told = f"{seconds:>10.1f}{megabytes:>10.0f}" if threshold == THRESHOLD else ""
        print(f"  found, at least {threshold:.0%} sure".ljust(30)
              + f"{len(kept & true) / len(kept):>10.3f}{len(kept & true) / len(true):>10.3f}{len(kept):>10,}{told}")
    print("  same e-mail or same name".ljust(30)
          + f"{right / proposed:>10.3f}{right / len(true):>10.3f}{proposed:>10,}{exact_seconds:>10.1f}")


def _exact(frame, true: set[tuple[int, int]]) -> tuple[int, int]:
    """How many pairs have the same e-mail or name, and how many of them are true; counted block by block."""
    proposed: set[tuple[int, int]] = set()
    for column in ("email", "name"):
        for ids in frame.dropna(subset=column).groupby(column)["customer_id"].apply(sorted):
            proposed.update((first, second) for place, first in enumerate(ids) for second in ids[place + 1:])
    return len(proposed & true), len(proposed)


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    sizes = [int(text) for text in sys.argv[1:]]
    if len(sizes) == 1:
        measure(sizes[0])
        return
    for size in sizes or SIZES:
        subprocess.run([sys.executable, __file__, str(size)], check=True)


if __name__ == "__main__":
    main()
