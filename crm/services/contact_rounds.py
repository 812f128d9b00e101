"""How is a list of customers contacted so that one can tell later whether it helped? A round: who is contacted, who is held out.

A round is a campaign that an analysis proposed. The contacted become tasks; those held out are drawn at random, equally from
all chances, and get none: they show what would have happened anyway. Whoever is in a round of the same origin that still runs
is left out of a new one, for a second contact would blur both.

Time: a round starts on `started_on`, and an order from that day on for `horizon_days` days counts; on `measured_on`, the day
after the last of them, the effect can be told (crm.analytics.churn.effect, put together by crm.jobs).
"""

import math
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
from sqlalchemy import and_, case, func, insert, select, update
from sqlalchemy.orm import Session

from crm import money
from crm.db import one_at_a_time
from crm.errors import Conflict, InvalidInput, NotFound
from crm.models import CONTACT_CHANNELS, Campaign, CampaignMember, Customer, Task, TrainedModel
from crm.models.base import now
from crm.services import audit
from crm.services.among import listed
from crm.services.search import fold

NAME_LIMIT = 80  # characters: what a list of choices shows in one line
TITLE_LIMIT = 500  # characters of a task
NOTE_LIMIT = 5_000
LARGEST_HOLDOUT = 0.5  # with more, most of those who might be kept are left alone
LONGEST_DAYS = 730  # the longest horizon that leaving is foretold for


@dataclass(frozen=True)
class Created:
    """What a new round came to: `left_out` customers are in another round of this origin that still runs."""

    id: int
    contacted: int
    held_out: int
    left_out: int


@dataclass(frozen=True)
class Round:
    """One round. `contacted`, `held_out`: customers who are there today; `open_tasks`, `done_tasks`; `measured_on`: the first
    day on which its effect can be told; `expected_profit`: of the contacts, as planned, in the currency (None where chance
    or value are not known); `cost`: of all contacts."""

    id: int
    version: int
    name: str
    origin: str
    channel: str
    as_of: date
    started_on: date
    measured_on: date
    horizon_days: int
    contact_cost: float
    success_rate: float
    holdout_share: float
    model_id: int | None
    created_at: datetime
    contacted: int
    held_out: int
    open_tasks: int
    done_tasks: int
    cost: float
    expected_profit: float | None


def create(session: Session, *, customers: pd.DataFrame, name: str, channel: str, started_on: date, as_of: date,
           horizon_days: int, cost: float, success_rate: float, holdout_share: float = 0.0, due_on: date | None = None,
           origin: str = "leaving", model_id: int | None = None) -> Created:
    """Begin a round with these customers.

    customers: customer_id, probability (0..1; NaN not known), value (money that keeping the customer is worth; NaN not
    known), title (of the task, a whole sentence) and, where there is one, note. cost: of one contact, in the currency;
    success_rate: 0..1; holdout_share: 0..0.5 of the customers, at least one of them where it is above 0. due_on: of the
    tasks, by default the day of the start. Raises InvalidInput, and NotFound for a model that is not kept.
    """
    one_at_a_time(session, "contact rounds")
    clean = _checked(session, name=name, channel=channel, horizon_days=horizon_days, cost=cost, success_rate=success_rate,
                     holdout_share=holdout_share, started_on=started_on, as_of=as_of)
    if model_id is not None and session.get(TrainedModel, model_id) is None:
        raise NotFound("The model that these chances came from is not there any more; look at the list anew.")
    wanted, left_out = _who(session, customers, origin=origin, on=started_on)
    if wanted.empty:
        raise InvalidInput(
            f"All {left_out:,} of these customers are in a round that still runs; wait until it has ended, or choose others."
            if left_out else "Choose at least one customer to contact.", field="customers")
    if holdout_share > 0 and len(wanted) < 2:
        raise InvalidInput("One customer alone cannot be compared with anybody; choose more customers, or hold nobody out.",
                           field="holdout_share")
    campaign = Campaign(**clean, origin=origin, status="running", model_id=model_id,
                        ended_on=started_on + timedelta(days=horizon_days - 1))
    session.add(campaign)
    session.flush()
    is_holdout = hold_out(wanted["probability"].to_numpy(), wanted["customer_id"].to_numpy(), share=holdout_share,
                          seed=campaign.id)
    contacted = int((~is_holdout).sum())
    campaign.cost_e4 = campaign.contact_cost_e4 * contacted
    session.execute(insert(CampaignMember), [
        {"campaign_id": campaign.id, "customer_id": row.customer_id, "is_holdout": held, "probability": _known(row.probability),
         "value_e4": None if _known(row.value) is None else money.to_e4(float(row.value))}
        for row, held in zip(wanted.itertuples(), is_holdout.tolist(), strict=True)])
    session.execute(insert(Task), [
        {"customer_id": row.customer_id, "title": row.title, "note": row.note, "due_on": due_on or started_on,
         "origin": origin, "campaign_id": campaign.id}
        for row, held in zip(wanted.itertuples(), is_holdout.tolist(), strict=True) if not held])
    audit.record(session, "contact_round", campaign.id, "created", {
        "name": (None, campaign.name), "contacted": (None, contacted), "held_out": (None, len(wanted) - contacted)})
    return Created(campaign.id, contacted, len(wanted) - contacted, left_out)


def hold_out(probability: np.ndarray, customer_ids: np.ndarray, *, share: float, seed: int) -> np.ndarray:
    """Who is held out (n,) bool: round(share x n) of them, at least one and at most half, drawn alike from every chance.

    Everybody has the same chance of being held out, and of neighbours in the ranking by `probability` about as many are as
    anywhere else in it, so that both sides have the same mixture, whatever the luck of the draw (ordered pivotal sampling:
    Deville & Tillé 1998, Biometrika 85:89-101). The same seed draws the same, in whatever sequence the customers come.
    """
    n = len(probability)
    held = np.zeros(n, dtype=bool)
    if share <= 0 or n < 2:
        return held
    wanted = min(max(int(math.floor(share * n + 0.5)), 1), n // 2)
    ranked = np.lexsort((customer_ids, -np.nan_to_num(probability, nan=-1.0)))
    draws = np.random.default_rng(seed).random(n)
    # Neighbours duel for their chances, `wanted` of n parts each: the loser's go to the winner until one of them is certain.
    standing, parts = 0, wanted
    for place in range(1, n):
        both = parts + wanted
        if both < n:
            standing, parts = (place if draws[place] * both < wanted else standing), both
        else:
            if draws[place] * (2 * n - both) < n - wanted:
                winner, standing = standing, place
            else:
                winner = place
            held[ranked[winner]] = True
            parts = both - n
    return held


def listing(session: Session, *, origin: str = "leaving") -> list[Round]:
    """The rounds of this origin, the newest first."""
    return _read(session, Campaign.origin == origin)


def get(session: Session, round_id: int) -> Round:
    """The round. Raises NotFound where there is none, or it was deleted."""
    found = _read(session, Campaign.id == round_id, Campaign.origin.is_not(None))
    if not found:
        raise _gone()
    return found[0]


def members(session: Session, round_id: int) -> pd.DataFrame:
    """Who is in it and there today: customer_id, is_holdout, probability, value (NaN not known), sorted by customer_id."""
    rows = session.execute(
        select(CampaignMember.customer_id, CampaignMember.is_holdout, CampaignMember.probability, CampaignMember.value_e4)
        .join(Customer, Customer.id == CampaignMember.customer_id)
        .where(CampaignMember.campaign_id == round_id, Customer.deleted_at.is_(None))
        .order_by(CampaignMember.customer_id)).all()
    frame = pd.DataFrame([tuple(row) for row in rows], columns=["customer_id", "is_holdout", "probability", "value"])
    return frame.astype({"customer_id": "int64", "is_holdout": bool, "probability": float, "value": float}).assign(
        value=lambda known: known["value"] / money.UNITS)


def in_running_rounds(session: Session, *, on: date, origin: str = "leaving") -> pd.DataFrame:
    """Who is in a round that still runs on that day: customer_id, round_id, name, is_holdout, measured_on."""
    rows = session.execute(
        select(CampaignMember.customer_id, Campaign.id, Campaign.name, CampaignMember.is_holdout, Campaign.ended_on)
        .join(Campaign, Campaign.id == CampaignMember.campaign_id)
        .where(Campaign.origin == origin, Campaign.deleted_at.is_(None), Campaign.ended_on >= on)
        .order_by(CampaignMember.customer_id, Campaign.id)).all()
    return pd.DataFrame([(*row[:4], row[4] + timedelta(days=1)) for row in rows],
                        columns=["customer_id", "round_id", "name", "is_holdout", "measured_on"])


def rename(session: Session, round_id: int, *, version: int, name: str) -> int:
    """Give it another name; returns the new version. Raises Conflict, NotFound, InvalidInput."""
    one_at_a_time(session, "contact rounds")
    campaign = _existing(session, round_id, version=version)
    clean = _name(session, name, round_id)
    if clean != campaign.name:
        audit.record(session, "contact_round", round_id, "updated", {"name": (campaign.name, clean)})
        campaign.name = clean
        _touch(campaign)
    return campaign.version


def delete(session: Session, round_id: int, *, version: int) -> int:
    """Undo it: the round goes with those of its tasks that are not done yet; what was done stays. Returns how many tasks went;
    `restore` brings both back. Raises Conflict, NotFound."""
    campaign = _existing(session, round_id, version=version)
    moment = now()
    campaign.deleted_at = moment
    _touch(campaign)
    gone = session.execute(
        update(Task).where(Task.campaign_id == round_id, Task.done_at.is_(None), Task.deleted_at.is_(None))
        .values(deleted_at=moment, updated_at=moment, version=Task.version + 1)).rowcount
    audit.record(session, "contact_round", round_id, "deleted", {"open_tasks": (gone, 0)})
    return gone


def restore(session: Session, round_id: int) -> None:
    """Bring a deleted one back with the tasks that went with it; one that is there stays as it is. Raises NotFound, and
    InvalidInput where its name was given anew."""
    one_at_a_time(session, "contact rounds")
    campaign = session.get(Campaign, round_id, with_for_update=True, populate_existing=True)
    if campaign is None or campaign.origin is None:
        raise _gone()
    if campaign.deleted_at is None:
        return
    _check_name(session, campaign.name, round_id)
    moment = campaign.deleted_at
    campaign.deleted_at = None
    _touch(campaign)
    # Tasks that somebody deleted on their own before stay deleted.
    session.execute(update(Task).where(Task.campaign_id == round_id, Task.deleted_at == moment)
                    .values(deleted_at=None, updated_at=now(), version=Task.version + 1))
    audit.record(session, "contact_round", round_id, "restored")


def _checked(session: Session, *, name: str, channel: str, horizon_days: int, cost: float, success_rate: float,
             holdout_share: float, started_on: date, as_of: date) -> dict:
    if channel not in CONTACT_CHANNELS:
        raise InvalidInput(f"“{channel}” is no way to contact anybody; choose one of {', '.join(CONTACT_CHANNELS)}.",
                           field="channel")
    if not 1 <= horizon_days <= LONGEST_DAYS:
        raise InvalidInput(f"The round waits {horizon_days} days for an order; choose 1 to {LONGEST_DAYS}.",
                           field="horizon_days")
    if not cost >= 0:
        raise InvalidInput(f"A contact costs {cost:g}; it cannot cost less than 0.", field="cost")
    if not 0 <= success_rate <= 1:
        raise InvalidInput(f"The success rate is {success_rate:.0%}; choose 0 % to 100 %.", field="success_rate")
    if not 0 <= holdout_share <= LARGEST_HOLDOUT:
        raise InvalidInput(f"{holdout_share:.0%} would be held out; choose 0 % to {LARGEST_HOLDOUT:.0%}.",
                           field="holdout_share")
    if started_on < as_of:
        raise InvalidInput(f"The customers were chosen by what was known on {as_of}; the round cannot start before that day.",
                           field="started_on")
    return {"name": _name(session, name), "channel": channel, "horizon_days": int(horizon_days),
            "contact_cost_e4": money.to_e4(float(cost)), "success_rate": float(success_rate),
            "holdout_share": float(holdout_share), "started_on": started_on, "as_of": as_of}


def _who(session: Session, customers: pd.DataFrame, *, origin: str, on: date) -> tuple[pd.DataFrame, int]:
    """Those who are there and free, each once, sorted by id, and how many are in another round."""
    given = customers.drop_duplicates("customer_id").sort_values("customer_id", kind="stable")
    note = given["note"] if "note" in given else pd.Series("", index=given.index)
    wanted = pd.DataFrame({
        "customer_id": given["customer_id"].astype("int64"), "probability": given["probability"].astype(float),
        "value": given["value"].astype(float), "title": [_text(title, TITLE_LIMIT) for title in given["title"]],
        "note": [_text(text, NOTE_LIMIT) for text in note]})
    known = wanted["probability"].dropna()
    if ((known < 0) | (known > 1)).any():
        raise InvalidInput("A chance lies outside 0 % to 100 %; look at the list anew.", field="customers")
    if wanted["title"].isna().any():
        raise InvalidInput("Every task needs a title.", field="title")
    there = set(session.scalars(select(Customer.id).where(
        Customer.id.in_(listed(session, wanted["customer_id"].to_numpy())), Customer.deleted_at.is_(None))))
    wanted = wanted[wanted["customer_id"].isin(there)]
    busy = wanted["customer_id"].isin(in_running_rounds(session, on=on, origin=origin)["customer_id"])
    free = wanted[~busy].reset_index(drop=True).astype({"title": object, "note": object})
    return free.assign(note=free["note"].where(free["note"].notna(), None)), int(busy.sum())


def _text(content: object, limit: int) -> str | None:
    if not isinstance(content, str):
        return None
    return content.strip()[:limit] or None


def _known(number: float) -> float | None:
    return None if number != number else float(number)


def _read(session: Session, *conditions) -> list[Round]:
    session.flush()  # what was just written is read past the session's objects
    of_members = _numbers(session, *conditions)
    tasks = {row[0]: row[1:] for row in session.execute(
        select(Task.campaign_id, func.count(case((Task.done_at.is_(None), 1))), func.count(Task.done_at))
        .join(Campaign, Campaign.id == Task.campaign_id)
        .where(Campaign.deleted_at.is_(None), Task.deleted_at.is_(None), *conditions).group_by(Task.campaign_id))}
    found = session.scalars(select(Campaign).where(Campaign.deleted_at.is_(None), *conditions)
                            .order_by(Campaign.started_on.desc(), Campaign.id.desc())
                            .execution_options(populate_existing=True)).all()
    return [_round(campaign, of_members.get(campaign.id, (0, 0, 0, None)), tasks.get(campaign.id, (0, 0)))
            for campaign in found]


def _numbers(session: Session, *conditions) -> dict[int, tuple]:
    """{round: contacted, held out, contacted whose chance or value is not known, sum of chance x value of the contacted}."""
    member = CampaignMember
    is_contacted = ~member.is_holdout
    is_unknown = and_(is_contacted, member.probability.is_(None) | member.value_e4.is_(None))
    rows = session.execute(
        select(member.campaign_id, func.count(case((is_contacted, 1))), func.count(case((member.is_holdout, 1))),
               func.count(case((is_unknown, 1))),
               func.sum(case((is_contacted, member.probability * member.value_e4))))
        .join(Campaign, Campaign.id == member.campaign_id).join(Customer, Customer.id == member.customer_id)
        .where(Campaign.deleted_at.is_(None), Customer.deleted_at.is_(None), *conditions).group_by(member.campaign_id))
    return {row[0]: tuple(row[1:]) for row in rows}


def _round(campaign: Campaign, numbers: tuple, tasks: tuple) -> Round:
    contacted, held_out, unknown, at_stake_e4 = numbers
    contact_cost, success_rate = float(money.from_e4(campaign.contact_cost_e4)), campaign.success_rate
    at_stake = None if at_stake_e4 is None or unknown else float(at_stake_e4) / money.UNITS
    return Round(
        **{name: getattr(campaign, name) for name in (
            "id", "version", "name", "origin", "channel", "as_of", "started_on", "horizon_days", "success_rate",
            "holdout_share", "model_id", "created_at")},
        measured_on=campaign.started_on + timedelta(days=campaign.horizon_days), contact_cost=contact_cost,
        contacted=contacted, held_out=held_out, open_tasks=tasks[0], done_tasks=tasks[1], cost=contact_cost * contacted,
        expected_profit=None if at_stake is None else success_rate * at_stake - contact_cost * contacted)


def _existing(session: Session, round_id: int, *, version: int) -> Campaign:
    campaign = session.get(Campaign, round_id, with_for_update=True, populate_existing=True)
    if campaign is None or campaign.deleted_at is not None or campaign.origin is None:
        raise _gone()
    if campaign.version != version:
        raise Conflict("Somebody changed this round in the meantime, perhaps you in another window. "
                       "Nothing was overwritten; look at it as it is now and make your change again.")
    return campaign


def _name(session: Session, name: str, round_id: int | None = None) -> str:
    clean = " ".join((name or "").split())
    if not clean:
        raise InvalidInput("Give the round a name.", field="name")
    if len(clean) > NAME_LIMIT:
        raise InvalidInput(f"The name is {len(clean)} characters long; at most {NAME_LIMIT} are allowed.", field="name")
    _check_name(session, clean, round_id)
    return clean


def _check_name(session: Session, name: str, round_id: int | None) -> None:
    # Campaigns are known by their names, in files too: a round shares none with any of them.
    rows = session.execute(select(Campaign.id, Campaign.name).where(Campaign.deleted_at.is_(None)))
    if any(fold(taken) == fold(name) and other_id != round_id for other_id, taken in rows):
        raise InvalidInput(f"There is a campaign named “{name}” already; choose another name.", field="name")


def _touch(campaign: Campaign) -> None:
    campaign.version += 1
    campaign.updated_at = now()


def _gone() -> NotFound:
    return NotFound("This round is not there any more; it may have been deleted in another window.")
