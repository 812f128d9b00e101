"""People: who will buy, how often, of what, and how long before they leave?"""

from dataclasses import dataclass

import numpy as np

from crm.demo import catalogue, planted
from crm.demo.span import DAY, Span

MEDIAN_INCOME = 38_000  # a year
NO_STAPLE = -1


@dataclass(frozen=True)
class People:
    """One entry a customer, sorted by the first contact; what the shop cannot see lives here only."""

    first_second: np.ndarray  # first order, or first question of a lead
    is_lead: np.ndarray
    is_company: np.ndarray
    acquisition: np.ndarray  # position in planted.ACQUISITION
    region: np.ndarray  # position in planted.REGIONS
    orders_a_day: np.ndarray
    leave_chance: np.ndarray  # after each order
    period_days: np.ndarray  # NaN: buys without a rhythm
    staple: np.ndarray  # position in catalogue.ITEMS, or NO_STAPLE
    taste: np.ndarray  # share of each category, one row a customer
    feeling: np.ndarray  # points that this customer's satisfaction lies off the base
    has_email: np.ndarray
    consent: np.ndarray  # to letters by e-mail: 1 yes, 0 no, -1 never asked
    birth_year: np.ndarray  # true ones; the records miss some
    income: np.ndarray

    def __len__(self) -> int:
        return len(self.first_second)


def draw(period: Span, random: np.random.Generator) -> People:
    """Everybody's nature, before anything has happened."""
    count = planted.CUSTOMERS
    first_second, is_founding, is_lead = _first_contacts(period, random)
    is_company = random.random(count) < planted.COMPANY_SHARE
    acquisition = random.choice(len(planted.ACQUISITION), count, p=planted.ACQUISITION_SHARE)
    # Nobody can be brought by a customer before there are customers; the founding ones knew the stall.
    acquisition[is_founding] = np.where(random.random(is_founding.sum()) < 0.6, 3, 0)
    region = random.choice(len(planted.REGIONS), count, p=planted.REGION_SHARE)
    birth_year = period.today.year - np.clip(random.gamma(9, 5, count) + 4, 18, 88).astype(int)
    income = np.round(MEDIAN_INCOME * np.exp(random.normal(0, 0.45, count)), -2)
    has_rhythm = ~is_company & (random.random(count) < planted.RHYTHM_SHARE)
    has_email = random.random(count) < 0.93
    consent = np.where(has_email, random.choice([1, 0, -1], count, p=[0.64, 0.14, 0.22]), -1)
    feeling = (random.normal(0, planted.PERSON_SPREAD, count)
               + np.take(planted.ACQUISITION_FEELING, acquisition) + np.take(planted.REGION_FEELING, region))
    return People(
        first_second=first_second, is_lead=is_lead, is_company=is_company, acquisition=acquisition, region=region,
        orders_a_day=_rates(is_company, acquisition, random),
        leave_chance=_leave_chances(is_company, has_rhythm, acquisition, random),
        period_days=np.where(has_rhythm, random.choice(planted.RHYTHM_DAYS, count), np.nan),
        staple=np.where(has_rhythm, random.choice(catalogue.STAPLES, count), NO_STAPLE),
        taste=_tastes(birth_year, random), feeling=feeling, has_email=has_email, consent=consent,
        birth_year=birth_year, income=income)


def _first_contacts(period: Span, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    founding = int(planted.CUSTOMERS * planted.FOUNDING_SHARE)
    later = planted.CUSTOMERS - founding - planted.LEADS
    day_numbers = np.arange(planted.HISTORY_DAYS - 1)
    inflow = np.diff(period.busyness)[:-2] * (1 + planted.ACQUISITION_GROWTH * day_numbers / 365)
    # A share of the unit interval looked up in the cumulated inflow: busy weeks win more customers.
    inflow_days = np.searchsorted(np.cumsum(inflow) / inflow.sum(), random.random(later))
    days = np.concatenate([random.integers(0, planted.FOUNDING_DAYS, founding), inflow_days,
                           random.integers(planted.HISTORY_DAYS - 240, planted.HISTORY_DAYS - 1, planted.LEADS)])
    seconds = days * DAY + random.integers(7 * 3600, 21 * 3600, len(days))
    group = np.repeat([0, 1, 2], [founding, later, planted.LEADS])
    order = np.argsort(seconds, kind="stable")
    return seconds[order], group[order] == 0, group[order] == 2


def _rates(is_company: np.ndarray, acquisition: np.ndarray, random: np.random.Generator) -> np.ndarray:
    count = len(is_company)
    shape, mean = planted.PERSON_RATE
    person = random.gamma(shape, mean / shape, count)
    shape, mean = planted.COMPANY_RATE
    company = random.gamma(shape, mean / shape, count)
    return np.where(is_company, company, person) * np.take(planted.ACQUISITION_RATE, acquisition)


def _leave_chances(is_company: np.ndarray, has_rhythm: np.ndarray, acquisition: np.ndarray,
                   random: np.random.Generator) -> np.ndarray:
    count = len(is_company)
    person, company, rhythm = (random.beta(*shape, count) for shape in (
        planted.PERSON_DROP, planted.COMPANY_DROP, planted.RHYTHM_DROP))
    chance = np.where(is_company, company, np.where(has_rhythm, rhythm, person))
    return np.clip(chance * np.take(planted.ACQUISITION_DROP, acquisition), 0, 0.9)


def _tastes(birth_year: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Dirichlet shares of the categories, one row a customer; the young lean to one of them."""
    share = np.array(catalogue.CATEGORY_SHARE)
    taste = random.gamma(share * planted.TASTE_CONCENTRATION, size=(len(birth_year), len(share))) + 1e-3
    category, factor = planted.YOUNG_TASTE
    taste[birth_year >= planted.YOUNG_FROM_YEAR, catalogue.CATEGORIES.index(category)] *= factor
    return taste / taste.sum(axis=1, keepdims=True)
