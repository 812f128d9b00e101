"""Whom did a campaign reach, and who answered? Campaigns known by name, each customer once in each."""

from datetime import datetime

import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from crm.imports.records import comparing, merging, people, references, stored, values
from crm.imports.records.parsing import Records
from crm.imports.records.plans import MemberRows, Part, Planned
from crm.imports.records.values import Values
from crm.models import Campaign, CampaignMember
from crm.services.search import fold

_TOLD = ("sent_at", "responded_at", "has_responded", "is_holdout")
_COLUMNS = {"campaign_channel": "channel", "campaign_cost": "cost_e4"}


def plan(session: Session, records: Records, *, on_known: str) -> Planned:
    """Match a file of campaign results with the records."""
    named = references.customers(session, records, by_company=True)
    campaign_of, keys = _campaigns(session, records)
    told = _told(records)
    pair = values.places_of(
        values.of(campaign_of, list(range(len(keys)))), values.of(named.place, list(range(len(named.keys))))
    )
    count = int(pair.max(initial=-1)) + 1
    first = merging.first_lines(pair, count)
    campaign, customer = keys[campaign_of[first]], named.key_of_line()[first]
    finals = {name: merging.last_words(said, pair, count) for name, said in told.items()}
    known = _known_members(session, campaign, customer)
    is_known = np.array([each in known for each in zip(campaign.tolist(), customer.tolist(), strict=True)], dtype=bool)
    touched = _touched(finals, known, campaign, customer, is_known) if on_known == "overwrite" else {}
    changes = np.zeros(count, dtype=bool)
    lines = np.zeros(len(pair), dtype=bool)
    for name, said in told.items():
        changes |= touched.get(name, False)
        lines |= merging.winners(said, pair, ~is_known | touched.get(name, False))
    lines[first[~is_known]] = True
    part, brings = _part(session, records, told, campaign_of, keys, on_known)
    needed = np.zeros(len(named.keys), dtype=bool)
    needed[named.place[first[~is_known]]] = True
    people_part, compared, told_of_people = people.plan_named(
        session, records, named, needed=needed, on_known=on_known, profiles=True
    )
    written = ~is_known | changes
    members = MemberRows(
        campaign[written], customer[written], is_known[written], _contents(finals, known, campaign, customer, written)
    )
    found = {
        "members_changed": int((is_known & changes).sum()),
        "records_kept": compared.kept,
        "lines_overruled": merging.overruled(told, pair, count),
    }
    return Planned(
        (people_part, part),
        lines | brings | told_of_people,
        np.full(len(lines), None, dtype=object),
        found,
        members=members,
    )


def _campaigns(session: Session, records: Records) -> tuple[np.ndarray, np.ndarray]:
    """Which campaign each line names, and each one's id or -(place + 1)."""
    said = records.fields["campaign_name"].mapped(fold)
    table = Campaign.__table__
    ids: dict[str, list[int]] = {}
    for key, name in stored.rows(session, table, ("id", "name"), table.c.deleted_at.is_(None)).itertuples(index=False):
        ids.setdefault(fold(name), []).append(key)
    # Of several campaigns of one name the newest is meant.
    return said.codes, np.array(
        [max(ids.get(name, [-place - 1])) for place, name in enumerate(said.different)], dtype="int64"
    )


def _told(records: Records) -> dict[str, Values]:
    told = {name: records.fields[name] for name in _TOLD if name in records.fields}
    if "responded_at" in told:
        answered = told["responded_at"].mapped(lambda _: True)
        told["has_responded"] = values.first_given(told.get("has_responded", answered), answered)
    return told


def _known_members(session: Session, campaign: np.ndarray, customer: np.ndarray) -> dict[tuple[int, int], dict]:
    table = CampaignMember.__table__
    wanted = np.unique(campaign[campaign > 0]).tolist()
    found = stored.rows(session, table, ("campaign_id", "customer_id", *_TOLD), by="campaign_id", wanted=wanted)
    return {(each["campaign_id"], each["customer_id"]): each for each in found.to_dict("records")}


def _touched(
    finals: dict[str, Values], known: dict, campaign: np.ndarray, customer: np.ndarray, is_known: np.ndarray
) -> dict[str, np.ndarray]:
    touched = {}
    pairs = list(zip(campaign.tolist(), customer.tolist(), strict=True))
    for name, final in finals.items():
        contents = final.objects()
        touched[name] = np.array(
            [
                is_there and contents[place] is not None and known[pairs[place]][name] != contents[place]
                for place, is_there in enumerate(is_known)
            ],
            dtype=bool,
        )
    return touched


def _contents(
    finals: dict[str, Values], known: dict, campaign: np.ndarray, customer: np.ndarray, written: np.ndarray
) -> dict[str, np.ndarray]:
    """What the written members hold: what is told, else what was there."""
    rows = {}
    pairs = [
        pair
        for pair, is_written in zip(zip(campaign.tolist(), customer.tolist(), strict=True), written, strict=True)
        if is_written
    ]
    for name in _TOLD:
        contents = finals[name].objects()[written] if name in finals else [None] * len(pairs)
        rows[name] = values.of_objects(
            [
                known.get(pair, {}).get(name) if content is None else content
                for pair, content in zip(pairs, contents, strict=True)
            ]
        ).objects()
    rows["is_holdout"] = np.array([bool(content) for content in rows["is_holdout"]], dtype=object)
    return rows


def _part(
    session: Session,
    records: Records,
    told: dict[str, Values],
    campaign_of: np.ndarray,
    keys: np.ndarray,
    on_known: str,
) -> tuple[Part, np.ndarray]:
    """The campaigns themselves, and the lines that bring something about them."""
    columns = {column: records.fields[ours] for ours, column in _COLUMNS.items() if ours in records.fields}
    compared = comparing.compare(
        session, Campaign.__table__, group=campaign_of, keys=keys, columns=columns, custom={}, on_known=on_known
    )
    created = np.flatnonzero(keys < 0)
    lines = comparing.imported_lines(compared, columns, {}, keys < 0)
    rows = {name: final.at(created).objects() for name, final in compared.finals.items()}
    names = records.fields["campaign_name"].at(merging.first_lines(campaign_of, len(keys)))
    empty = np.full(len(created), None, dtype=object)
    rows |= {
        "name": names.at(created).objects(),
        "channel": np.array([channel or "email" for channel in rows.get("channel", empty)], dtype=object),
        "status": np.full(len(created), "finished", dtype=object),
        "started_on": _first_days(told.get("sent_at"), campaign_of, len(keys))[created],
    }
    return Part(
        Campaign.__table__, keys, created, rows, {}, tuple(compared.changes()), (), {}, comparing.labels_of(compared)
    ), lines


def _first_days(sent_at: Values | None, campaign_of: np.ndarray, count: int) -> np.ndarray:
    """The day of each campaign's first letter, None unknown."""
    if sent_at is None:
        return np.full(count, None, dtype=object)
    frame = pd.DataFrame({"campaign": campaign_of, "at": sent_at.objects()}).dropna()
    first: dict[int, datetime] = frame.groupby("campaign")["at"].min().to_dict()
    return np.array([first[place].date() if place in first else None for place in range(count)], dtype=object)
