"""Which of the first "new" customers had probably been customers before the data begin?

Where records begin in the middle of a company's life, every old customer looks new at first, and old customers stay more often
than new ones (left truncation; Klein & Moeschberger 2003, section 3.4). They show as a crowd at the beginning.
"""

import numpy as np

BLOCK_DAYS = 30  # long enough for a few new customers each, short enough to see a crowd of a month or two
FEWEST_BLOCKS = 6  # a usual number of new customers cannot be told from less than half a year
CROWD = 2.0  # times the usual number; a shop that wins fewer customers year by year stays below it
NOISE = 3.0  # and this many standard deviations of a Poisson number above it
FEWEST_LEFT = 30  # customers who must remain for the answer to rest on


def new_from(start: np.ndarray, *, as_of_day: int) -> int | None:
    """From which day on a first event is that of a new customer; None where there is no crowd at the beginning.

    start: (n,) day of each customer's first event, from 1970-01-01. The crowd is the unbroken run of blocks of 30 days, from
    the first event on, with more than twice the usual number of new customers (the median of the later half), at most half
    of all blocks; as the page of cohorts has it for first orders.
    """
    if not len(start):
        return None
    begins = int(start.min())
    n_blocks = (as_of_day - begins + 1) // BLOCK_DAYS
    if n_blocks < FEWEST_BLOCKS:
        return None
    newcomers = np.bincount((start - begins) // BLOCK_DAYS, minlength=n_blocks)[:n_blocks]
    usual = float(np.median(newcomers[n_blocks // 2:]))
    if usual < 1:
        return None
    crowded = newcomers[:n_blocks // 2] > max(CROWD * usual, usual + NOISE * usual**0.5)
    n_crowded = int(np.argmin(crowded)) if not crowded.all() else len(crowded)
    day = begins + n_crowded * BLOCK_DAYS
    return None if n_crowded == 0 or (start >= day).sum() < FEWEST_LEFT else day
