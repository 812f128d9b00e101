"""Beginning: which of the first "new" customers had probably bought before the data begin?

Where a file of orders begins in the middle of a company's life, every old customer looks new at the first order in the
file. Such customers come back far more often than new ones, so that the oldest cohorts look best and every shop seems
to get worse (left truncation; Klein & Moeschberger 2003, section 3.4). They show as a crowd at the beginning.
"""

import numpy as np

BLOCK_DAYS = 30  # long enough for a few new customers each, short enough to see a crowd of a month or two
FEWEST_BLOCKS = 6  # a usual number of new customers cannot be told from less than half a year
CROWD = 2.0  # times the usual number; a shop that wins fewer customers year by year stays below it
NOISE = 3.0  # and this many standard deviations of a Poisson number above it
FEWEST_LEFT = 30  # customers who must remain for the answer to rest on


def new_from(first_day: np.ndarray, *, as_of_day: int) -> int | None:
    """From which day on a first order is that of a new customer; None where there is no crowd at the beginning.

    first_day: (n,) day of each customer's first purchase, from 1970-01-01. The crowd is the unbroken run of blocks of 30
    days, from the first purchase on, with more than twice the usual number of new customers (the median of the later
    half), at most half of all blocks.
    """
    if not len(first_day):
        return None
    begins = int(first_day.min())
    n_blocks = (as_of_day - begins + 1) // BLOCK_DAYS
    if n_blocks < FEWEST_BLOCKS:
        return None
    block = (first_day - begins) // BLOCK_DAYS
    newcomers = np.bincount(block, minlength=n_blocks)[:n_blocks]
    usual = float(np.median(newcomers[n_blocks // 2:]))
    if usual < 1:
        return None
    crowded = newcomers[:n_blocks // 2] > max(CROWD * usual, usual + NOISE * usual**0.5)
    n_crowded = int(np.argmin(crowded)) if not crowded.all() else len(crowded)
    day = begins + n_crowded * BLOCK_DAYS
    if n_crowded == 0 or (first_day >= day).sum() < FEWEST_LEFT:
        return None
    return day
