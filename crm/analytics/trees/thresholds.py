"""Which is the shortest number between two neighbouring values?"""

import math

MARGIN = 0.25  # of the gap kept free on both sides: a new row a little beyond its neighbours is still on their side
FINEST = 25  # powers of ten tried below the largest; a float has 17 digits


def shortest_between(low: float, high: float) -> float:
    """A short number above `low` and at most `high`: asking whether a value is below it parts the two.

    The fewest decimals win, then a 5 or 0 at the end, then the nearest to the middle. It lies in the middle half of the gap, unless that takes more
    decimals than the two values have (whole numbers are parted by a whole number). 0 is always short.

    >>> [shortest_between(*pair) for pair in ((93, 94), (87, 94), (1.9, 3.0), (0.43, 0.47), (-3, 2), (0, 1), (951.2, 1203.9))]
    [94.0, 90.0, 2.5, 0.45, 0.0, 1.0, 1100.0]
    """
    if low < 0 <= high:
        return 0.0
    margin = (high - low) * MARGIN
    inner, decimals = _shortest(low + margin, high - margin)
    if inner is not None and decimals <= max(_decimals(low), _decimals(high)):
        return inner
    return _shortest(low, high)[0] or float(high)


def _shortest(low: float, high: float) -> tuple[float | None, int]:
    """The number, and its decimals (negative: it ends in so many zeros)."""
    if not low < high:
        return None, 0
    middle = low / 2 + high / 2
    largest = math.floor(math.log10(max(abs(low), abs(high))))
    for power in range(largest, largest - FINEST, -1):
        step = float(f"1e{power}")
        if step == 0:
            break
        first, last = math.floor(low / step) + 1, math.floor(high / step)
        if first > last:
            continue
        nearest = min(max(round(middle / step), first), last)
        fives = [five for five in (5 * round(middle / step / 5), -(-first // 5) * 5, last // 5 * 5) if first <= five <= last]
        # written and read, not multiplied: 3 * 0.1 is not 0.3
        for multiple in (*fives[:1], nearest, nearest + 1, nearest - 1):
            number = float(f"{multiple}e{power}")
            if low < number <= high:
                return number, -power
    return None, 0


def _decimals(number: float) -> int:
    """Digits behind the point as it is written.

    >>> [_decimals(number) for number in (94.0, 1.9, 0.25, 1e-07)]
    [0, 1, 2, 7]
    """
    written = f"{number:.17f}" if number == round(number, 17) and abs(number) < 1e-4 else repr(float(number))
    return len(written.partition(".")[2].rstrip("0"))
