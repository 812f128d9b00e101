"""Lives: what happens to each customer, one thing after another, so that causes lie before their effects?"""

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np

from crm.demo import planted
from crm.demo.people import People
from crm.demo.span import DAY, HOUR, Span

STALL = planted.SALES_CHANNELS.index("Market stall")
STALL_WEEKDAYS = (2, 5)  # market is on Wednesday and Saturday
COMPLAINT, REQUEST, INQUIRY = range(3)
TICKET_EFFECT = (planted.COMPLAINT_EFFECT, planted.REQUEST_EFFECT, planted.INQUIRY_EFFECT)
NOBODY = -1
OPEN_COMPLAINTS = 5


@dataclass
class History:
    """What happened, as lists of tuples in the order of customers and time; moments are seconds of the span."""

    orders: list[tuple] = field(default_factory=list)  # customer, moment, sales channel, feeling, felt at
    tickets: list[tuple] = field(default_factory=list)  # customer, order, kind, opened, answered, resolved
    members: list[tuple] = field(default_factory=list)  # campaign, customer, is_holdout, sent, responded
    referrals: list[tuple] = field(default_factory=list)  # referrer, referred, day
    left_at: list[float] = field(default_factory=list)  # of each customer; infinite for who is still there


def simulate(people: People, period: Span, campaign_days: list[int], random: np.random.Generator) -> History:
    """Live every customer's life; who comes later may have been brought by who came before."""
    history = History()
    campaigns = [day * DAY + 10 * HOUR for day in campaign_days]
    content_since: dict[int, list] = defaultdict(list)  # customer: (felt at, feeling)
    for customer in range(len(people)):
        if people.is_lead[customer]:
            _ask(history, customer, int(people.first_second[customer]), NOBODY, INQUIRY, period, random)
            history.left_at.append(np.inf)
            continue
        leave_chance = float(people.leave_chance[customer])
        if planted.ACQUISITION[people.acquisition[customer]] == "Referral":
            referrer = _referrer(history, content_since, customer, people, random)
            if referrer != NOBODY:
                brought_day = max(int(people.first_second[customer]) // DAY - int(random.integers(0, 6)),
                                  int(people.first_second[referrer]) // DAY)
                history.referrals.append((referrer, customer, brought_day))
                leave_chance *= planted.REFERRED_DROP
        _Life(history, content_since[customer], customer, people, period, campaigns, random).live(leave_chance)
    return history


def add_open_complaints(history: History, period: Span, random: np.random.Generator) -> None:
    """A few fresh complaints that nobody has answered yet, so that the owner's morning has something in it."""
    asked = {order for _, order, *_ in history.tickets}
    candidates = [(customer, place, ordered_at) for place, (customer, ordered_at, *_) in enumerate(history.orders)
                  if place not in asked and 3 * DAY < period.last_second - ordered_at < 8 * DAY]
    for index in random.choice(len(candidates), OPEN_COMPLAINTS, replace=False).tolist():
        customer, place, _ = candidates[index]
        opened = period.last_second - int(random.uniform(2, 66) * HOUR)
        history.tickets.append((customer, place, COMPLAINT, opened, np.inf, np.inf))


def _referrer(history: History, content_since: dict, customer: int, people: People,
              random: np.random.Generator) -> int:
    """An earlier customer, still there and content with the last order, or NOBODY."""
    now = people.first_second[customer]
    for earlier in random.integers(0, max(customer, 1), 40).tolist():
        felt = [feeling for felt_at, feeling in content_since.get(earlier, ()) if felt_at < now]
        if earlier != customer and history.left_at[earlier] > now and felt and felt[-1] >= planted.REFERRER_MIN_FEELING:
            return earlier
    return NOBODY


def _ask(history: History, customer: int, opened: float, order: int, kind: int, period: Span,
         random: np.random.Generator) -> tuple[float, bool]:
    """A ticket with its answer and solution; returns when it was answered and whether that was late."""
    at_christmas = period.month(int(opened // DAY)) in (11, 12)
    late_chance = planted.LATE_CHANCE_AT_CHRISTMAS if at_christmas else planted.LATE_CHANCE
    is_late = bool(random.random() < late_chance)
    hours = random.uniform(planted.LATE_AFTER_HOURS + 2, 130) if is_late else min(random.lognormal(1.9, 0.8), 46)
    answered = opened + int(hours * HOUR)
    resolved = answered + int(min(random.lognormal(2.6, 1.0), 400) * HOUR)
    if opened <= period.last_second:
        history.tickets.append((customer, order, kind, opened, answered, resolved))
    return answered, is_late


@dataclass
class _Life:
    """One customer from the first order to the last."""

    history: History
    felt: list
    customer: int
    people: People
    period: Span
    campaigns: list[int]
    random: np.random.Generator

    def live(self, leave_chance: float) -> None:
        moment = float(self.people.first_second[self.customer])
        left_at = np.inf
        shares = planted.COMPANY_CHANNEL_SHARE if self.people.is_company[self.customer] else (
            planted.SALES_CHANNEL_SHARE[self.people.acquisition[self.customer]])
        channel_limits = np.cumsum(shares).tolist()
        while moment <= self.period.last_second:
            draw = self.random.random()
            channel = sum(draw > limit for limit in channel_limits[:-1])
            ordered_at = self._opening_hour(moment, channel)
            if ordered_at > self.period.last_second:
                break
            feeling = self._order(ordered_at, channel)
            hazard_ratio = planted.LOW_FEELING_HAZARD_RATIO if feeling <= planted.LOW_FEELING else 1.0
            has_left = self.random.random() < 1 - (1 - leave_chance) ** hazard_ratio
            if has_left:
                left_at = ordered_at
            following = np.inf if has_left else self._next_wish(ordered_at)
            moment = self._campaigns_until(ordered_at, following, is_alive=not has_left)
        self.history.left_at.append(left_at)

    def _opening_hour(self, moment: float, channel: int) -> int:
        day = int(moment // DAY)
        if channel == STALL:
            hour = self.random.triangular(8, 11, 14)
            while self.period.weekday(day) not in STALL_WEEKDAYS or day * DAY + hour * HOUR < moment:
                day += 1
            return day * DAY + int(hour * HOUR)
        return max(day * DAY + int(self.random.triangular(6, 19, 23.5) * HOUR), int(moment))

    def _order(self, ordered_at: int, channel: int) -> int:
        """The order, perhaps a ticket about it, and how the customer feels in the end: 1 to 5."""
        felt_at = ordered_at + (7 + 6 * self.random.random()) * DAY
        feeling = planted.FEELING_BASE + self.people.feeling[self.customer]
        feeling += self.random.normal(0, planted.FEELING_SPREAD)
        kind = self._ticket_kind()
        if kind is not None:
            opened = ordered_at + int((0.1 if kind == INQUIRY else 2) * DAY + self.random.exponential(1.5 * DAY))
            answered, is_late = _ask(self.history, self.customer, opened, len(self.history.orders), kind, self.period,
                                     self.random)
            feeling += TICKET_EFFECT[kind] + planted.LATE_EFFECT * is_late
            felt_at = max(felt_at, answered + DAY)
        rounded = min(max(round(feeling), 1), 5)
        self.history.orders.append((self.customer, ordered_at, channel, rounded, int(felt_at)))
        self.felt.append((felt_at, rounded))
        return rounded

    def _ticket_kind(self) -> int | None:
        draw = self.random.random()
        for kind, chance in ((COMPLAINT, planted.COMPLAINT_CHANCE), (REQUEST, planted.REQUEST_CHANCE),
                             (INQUIRY, planted.INQUIRY_CHANCE)):
            if draw < chance:
                return kind
            draw -= chance
        return None

    def _next_wish(self, ordered_at: int) -> float:
        period_days = self.people.period_days[self.customer]
        if np.isnan(period_days):
            wait = self.random.exponential(1 / self.people.orders_a_day[self.customer])
            return self.period.later(ordered_at, wait) + 600  # never twice in the same minute
        return ordered_at + max(self.random.normal(period_days, planted.RHYTHM_SPREAD * period_days), 3) * DAY

    def _campaigns_until(self, ordered_at: int, following: float, *, is_alive: bool) -> float:
        """Letters that arrive before the next order; one of them may bring that order forward."""
        if self.people.consent[self.customer] != 1:
            return following
        for number, sent in enumerate(self.campaigns):
            if not ordered_at < sent <= min(following, self.period.last_second):
                continue
            if sent - ordered_at > planted.CAMPAIGN_ACTIVE_DAYS * DAY:
                break
            if self.random.random() >= planted.CAMPAIGN_REACH:
                continue
            is_holdout = bool(self.random.random() < planted.CAMPAIGN_HOLDOUT)
            extra, clicked, days = self.random.random(3).tolist()
            answered = sent + int((0.2 + 13 * days) * DAY)
            buys = is_alive and not is_holdout and extra < planted.CAMPAIGN_EXTRA_ORDER
            responds = not is_holdout and (buys or clicked < planted.CAMPAIGN_CLICK)
            self.history.members.append((number, self.customer, is_holdout, np.nan if is_holdout else sent,
                                         answered if responds and answered <= self.period.last_second else np.nan))
            if buys and answered < following:
                return float(answered)  # a later letter meets this customer after that order
        return following
