"""Work: deals, campaigns with their hold-outs, tasks, referrals and tags, as rows."""

from datetime import timedelta

import numpy as np

from crm.demo import planted, words
from crm.demo.lives import History
from crm.demo.people import People
from crm.demo.span import DAY, Span, days, moments

REFERRAL_COLUMNS = ("id", "referrer_id", "referred_id", "referred_on", "created_at")
TAG_COLUMNS = ("customer_id", "tag")
DEAL_COLUMNS = ("id", "customer_id", "product_id", "title", "stage", "amount_e4", "probability", "opened_on",
                "expected_on", "closed_on", "lost_reason", "version", "created_at", "updated_at")
CAMPAIGN_COLUMNS = ("id", "name", "channel", "status", "started_on", "ended_on", "cost_e4", "version", "created_at",
                    "updated_at")
MEMBER_COLUMNS = ("campaign_id", "customer_id", "is_holdout", "sent_at", "responded_at")
TASK_COLUMNS = ("id", "customer_id", "deal_id", "title", "note", "due_on", "done_at", "origin", "version", "created_at",
                "updated_at")
DEALS = 200
RECENT_DEALS = 26  # so that the pipeline of today is not empty
OPEN_DEAL_DAYS = 75  # deals are decided after that long
CAMPAIGN_DAYS = 30
VIPS = 40
_OPEN_STAGES = (("prospecting", 0.15), ("engaging", 0.35), ("offered", 0.60))
# Days from today until a task is due: overdue, today, soon, later; and of those done already.
_DUE = (-9, -4, -2, -1, 0, 0, 0, 0, 1, 1, 2, 3, 3, 5, 6, 8, 10, 14, 21, 30)
_DONE = (-60, -45, -33, -25, -20, -14, -12, -8, -6, -3, -2, -1)


def campaign_days() -> list[int]:
    """Day numbers on which the campaigns' letters went out, the first one first."""
    return [planted.HISTORY_DAYS - days_ago for days_ago in planted.CAMPAIGN_DAYS_AGO]


def campaign_rows(ids: range, period: Span) -> list[tuple]:
    """The campaigns table; the last one still runs."""
    rows = []
    for place, day in enumerate(campaign_days()):
        on = period.on(day)
        created = moments(period, [(day - 4) * DAY])[0]
        is_over = day + CAMPAIGN_DAYS <= planted.HISTORY_DAYS
        rows.append((ids[place], f"{words.CAMPAIGNS[on.month]} letter {on:%Y-%m}", "email",
                     "finished" if is_over else "running", on.isoformat(),
                     (on + timedelta(days=CAMPAIGN_DAYS)).isoformat() if is_over else None,
                     (600_000, 900_000, 1_200_000)[place % 3], 1, created, created))
    return rows


def member_rows(history: History, campaign_ids: range, customer_ids: range, period: Span) -> list[tuple]:
    """The campaign_members table; the hold-out got no letter."""
    sent, responded = (moments(period, [member[column] for member in history.members]) for column in (3, 4))
    return [(campaign_ids[number], customer_ids[customer], is_holdout, sent[place], responded[place])
            for place, (number, customer, is_holdout, _, _) in enumerate(history.members)]


def referral_rows(history: History, ids: range, customer_ids: range, period: Span) -> list[tuple]:
    """The referrals table."""
    on = days(period, [day for *_, day in history.referrals])
    return [(ids[place], customer_ids[referrer], customer_ids[referred], on[place], f"{on[place]} 06:00:00.000000")
            for place, (referrer, referred, _) in enumerate(history.referrals)]


def tag_rows(people: People, spend: np.ndarray, order_count: np.ndarray, stall_count: np.ndarray,
             customer_ids: range) -> list[tuple]:
    """The customer_tags table, from what the owner could have noticed."""
    vips = set(np.argsort(-spend, kind="stable")[:VIPS].tolist())
    rows = []
    for place, customer_id in enumerate(customer_ids):
        tags = (("vip", place in vips), ("wholesale", bool(people.is_company[place]) and order_count[place] >= 10),
                ("market regular", stall_count[place] >= 8), ("first order only", order_count[place] == 1),
                ("islands", planted.REGIONS[people.region[place]] == "Islands"))
        rows += [(customer_id, tag) for tag, is_so in tags if is_so]
    return rows


def deal_rows(people: People, history: History, ids: range, customer_ids: range, product_ids: range, period: Span,
              random: np.random.Generator) -> list[tuple]:
    """The deals table; companies that already buy say yes more often."""
    companies = np.flatnonzero(people.is_company)
    orders = np.array([(customer, ordered_at) for customer, ordered_at, *_ in history.orders], dtype=np.int64)
    opened = np.sort(np.concatenate([
        random.integers(30, planted.HISTORY_DAYS, len(ids) - RECENT_DEALS),
        random.integers(planted.HISTORY_DAYS - OPEN_DEAL_DAYS // 2, planted.HISTORY_DAYS, RECENT_DEALS)])).tolist()
    rows = []
    for place, day in enumerate(opened):
        customer = int(random.choice(companies[people.first_second[companies] // DAY < day + 1]))
        past_orders = int(((orders[:, 0] == customer) & (orders[:, 1] < day * DAY)).sum())
        stage, probability, closed, reason = _outcome(day, past_orders, random)
        expected = day + int(random.integers(35, 100))
        opened_on, expected_on, closed_on = days(period, [day, expected, np.nan if closed is None else closed])
        title = words.DEALS[int(random.integers(len(words.DEALS)))]
        amount = int(min(max(random.lognormal(6.5, 0.7), 80), 9_000) / 10) * 100_000
        stamp = f"{closed_on or opened_on} 07:00:00.000000"
        rows.append((ids[place], customer_ids[customer], int(product_ids[random.integers(60)]), title, stage, amount,
                     probability, opened_on, expected_on, closed_on, reason, 1, f"{opened_on} 07:00:00.000000", stamp))
    return rows


def _outcome(day: int, past_orders: int, random: np.random.Generator) -> tuple[str, float, int | None, str | None]:
    """Stage, probability, day of the decision and reason."""
    closed = day + int(random.integers(10, OPEN_DEAL_DAYS))
    draw, reason = random.random(), words.LOST_REASONS[int(random.integers(len(words.LOST_REASONS)))]
    if closed >= planted.HISTORY_DAYS:
        stage, probability = _OPEN_STAGES[int(draw * len(_OPEN_STAGES))]
        return stage, probability, None, None
    is_buyer = past_orders >= planted.DEAL_BUYER_ORDERS
    if draw < (planted.DEAL_WIN_CHANCE_OF_BUYERS if is_buyer else planted.DEAL_WIN_CHANCE):
        return "won", 1.0, closed, None
    return "lost", 0.0, closed, reason


def task_rows(deals: list[tuple], open_tickets: list[int], ids: range, customer_ids: range, period: Span,
              random: np.random.Generator) -> list[tuple]:
    """The tasks table: some done, some overdue, some due today. `open_tickets` are their customers."""
    open_deals = [deal for deal in deals if deal[9] is None]
    rows = []
    for place, due in enumerate((*_DONE, *_DUE)):
        is_done = place < len(_DONE)
        customer_id, deal_id, title = None, None, words.CHORES[int(random.integers(len(words.CHORES)))]
        if place % 4 == 1 and open_deals:
            deal = open_deals[int(random.integers(len(open_deals)))]
            customer_id, deal_id, title = deal[1], deal[0], f"Follow up: {deal[3]}"
        elif place % 4 in (0, 2):
            known = open_tickets if due == 0 else range(len(customer_ids) // 2)
            customer_id = customer_ids[known[int(random.integers(len(known)))]]
            title = words.TASKS[int(random.integers(len(words.TASKS)))]
        created, done = moments(period, [period.last_second - (7 + max(-due, 0)) * DAY,
                                         period.last_second + (due * DAY if is_done else np.nan)])
        rows.append((ids[place], customer_id, deal_id, title, None, days(period, [planted.HISTORY_DAYS + due])[0], done,
                     None, 1, created, done or created))
    return rows


TASKS = len(_DONE) + len(_DUE)
