"""Customers of whom it is known who is in the list twice, beside families, colleagues and namesakes who are not."""

import unicodedata

import numpy as np
import pandas as pd

DOUBLED = 0.08  # of the customers are in the list a second time, some a third
COLUMNS = ["name", "company", "kind", "email", "phone", "address", "postal_code", "city", "country", "birth_year",
           "gender", "person"]
_COUNTRIES = {"Germany": "49", "United Kingdom": "44", "France": "33"}
_STARTS = ("ba", "ber", "bra", "da", "do", "fe", "gra", "ha", "hol", "ka", "kle", "la", "li", "ma", "mei", "mo", "ne",
           "pe", "ra", "ro", "sa", "schu", "se", "sta", "te", "to", "vo", "wa", "wei", "zi")
_MIDDLES = ("l", "n", "r", "m", "nd", "st", "ck", "tt", "ll", "ng", "b", "rt")
_ENDS = ("er", "mann", "ez", "ard", "ow", "ski", "in", "et", "son", "ü", "é", "en", "old", "ing")


def company(customers: int, *, seed: int = 0) -> tuple[pd.DataFrame, set[tuple[int, int]]]:
    """A list of about `customers` with everything that crm.analytics.duplicates.find takes, and the true pairs of ids."""
    draw = _Draw(np.random.default_rng(seed))
    rows: list[dict] = []
    while len(rows) < customers * (1 - DOUBLED):
        rows += draw.household() if draw.chance(0.25) else draw.office() if draw.chance(0.04) else [draw.somebody()]
    rows = [{**row, "person": place} for place, row in enumerate(rows)]
    for row in list(rows):
        for _ in range(draw.times()):
            rows.append(draw.again(row))
    frame = pd.DataFrame(rows, columns=COLUMNS).sample(frac=1, random_state=seed).reset_index(drop=True)
    frame.insert(0, "customer_id", np.arange(len(frame)) * 3 + 7)
    pairs = {(first, second) for ids in frame.groupby("person")["customer_id"].apply(sorted)
             for place, first in enumerate(ids) for second in ids[place + 1:]}
    return frame.drop(columns="person"), pairs


class _Draw:
    def __init__(self, random: np.random.Generator) -> None:
        self.random, self.mailboxes = random, set()
        names = [f"{start}{middle}{end}" for start in _STARTS for middle in _MIDDLES for end in _ENDS]
        self.family = [name.capitalize() for name in random.permutation(names)]
        self.given = [name.capitalize() for name in random.permutation(
            [f"{start}{end}" for start in _STARTS for end in ("na", "lo", "ra", "nes", "ton", "lia", "rik", "mi", "go")])]
        self.streets = [f"{name.capitalize()}straße" for name in random.permutation(names)[:400]]
        self.cities = [f"{name.capitalize()}burg" for name in random.permutation(names)[:80]]

    def chance(self, share: float) -> bool:
        return bool(self.random.random() < share)

    def times(self) -> int:
        return int(self.chance(DOUBLED)) + int(self.chance(DOUBLED / 10))

    def pick(self, words: list[str]) -> str:
        """The first ones most often, as with names and towns (Zipf)."""
        place = int(len(words) ** self.random.random()) - 1
        return words[min(place, len(words) - 1)]

    def any_of(self, words):
        return words[int(self.random.integers(len(words)))]

    def place(self) -> dict:
        city = self.pick(self.cities)
        return {"address": f"{self.any_of(self.streets)} {self.random.integers(1, 120)}",
                "postal_code": f"{10_000 + self.cities.index(city) * 100 + int(self.random.integers(12))}", "city": city}

    def phone(self, country: str) -> str:
        return f"+{_COUNTRIES[country]} {self.random.integers(20, 999)} {self.random.integers(10 ** 5, 10 ** 8)}"

    def mail(self, given: str, family: str) -> str:
        plain = unicodedata.normalize("NFKD", f"{given}.{family}".lower()).encode("ascii", "ignore").decode()
        while True:  # nobody gets a mailbox that somebody else has
            number = str(self.random.integers(1, 999)) if self.chance(0.5) or plain in self.mailboxes else ""
            self.mailboxes.add(plain)
            address = f"{plain}{number}@{self.any_of(('example.com', 'example.org', 'gmail.com', 'example.net'))}"
            if address not in self.mailboxes:
                self.mailboxes.add(address)
                return address

    def somebody(self, *, family: str | None = None, **known) -> dict:
        given, family = self.pick(self.given), family or self.pick(self.family)
        country = known.pop("country", None) or self.any_of(list(_COUNTRIES))
        row = {"name": f"{given} {family}", "company": None, "kind": "person", "email": self.mail(given, family),
               "phone": self.phone(country), **self.place(), "country": country,
               "birth_year": float(self.random.integers(1940, 2005)) if self.chance(0.3) else None,
               "gender": "female" if given[-1] == "a" else "male", **known}
        return self.with_gaps(row)

    def with_gaps(self, row: dict) -> dict:
        for name, share in (("email", 0.1), ("phone", 0.25), ("birth_year", 0.0), ("gender", 0.3), ("country", 0.1)):
            if self.chance(share):
                row[name] = None
        if self.chance(0.2):
            row |= {"address": None, "postal_code": None, "city": row["city"] if self.chance(0.5) else None}
        return row

    def household(self) -> list[dict]:
        """Two to four of one family at one address, often with one telephone, sometimes with one mailbox."""
        first = self.somebody()
        family = first["name"].split(" ", 1)[1]
        shared = {name: first[name] for name in ("address", "postal_code", "city", "country")}
        for name, share in (("phone", 0.5), ("email", 0.15)):
            if self.chance(share):
                shared[name] = first[name]
        others, seen = [], {first["name"]}
        for _ in range(int(self.random.integers(1, 4))):
            other = self.somebody(family=family, **shared)
            if other["name"] not in seen:
                seen.add(other["name"])
                others.append(other)
        return [first, *others]

    def office(self) -> list[dict]:
        """Three to eight colleagues: one firm, one address, often the firm's telephone and its info@ address."""
        firm = f"{self.any_of(self.family)} & {self.any_of(self.family)} {self.any_of(('GmbH', 'Ltd', 'SARL', 'Inc.'))}"
        shared = {**self.place(), "company": firm, "country": self.any_of(list(_COUNTRIES))}
        if self.chance(0.6):
            shared["phone"] = self.phone(shared["country"])
        if self.chance(0.3):
            shared["email"] = f"info@{self.any_of(self.family).lower()}.example.com"
        rows = {row["name"]: row for row in (self.somebody(**shared) for _ in range(int(self.random.integers(3, 9))))}
        return list(rows.values())

    def again(self, row: dict) -> dict:
        """The same customer as somebody else would have typed it, perhaps years later."""
        row = dict(row)
        given, family = row["name"].split(" ", 1)
        if self.chance(0.35):
            given, family = (self.typo(given), family) if self.chance(0.5) else (given, self.typo(family))
        name = self.any_of((f"{given} {family}",) * 6 + (f"{family} {given}", f"{family}, {given}", f"Dr. {given} {family}",
                            f"{given[0]}. {family}", f"{given} {family}".upper()))
        row["name"] = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode() if self.chance(0.3) else name
        if self.chance(0.2):  # moved
            row |= self.place()
        elif row["address"] and self.chance(0.5):
            row["address"] = self.any_of((row["address"].replace("straße", "str."), row["address"].upper(),
                                          self.typo(row["address"]), row["address"].replace("straße", " Strasse")))
        if self.chance(0.25):
            row["email"] = self.mail(given, family)
        elif row["email"] and self.chance(0.3):
            local, domain = row["email"].split("@")
            row["email"] = self.any_of((row["email"].upper(), f"{local}+shop@{domain}", f"{self.typo(local)}@{domain}"))
        row["phone"] = self.phone(row["country"] or "Germany") if self.chance(0.15) else self.reformatted(row)
        if row["company"]:
            row["company"] = row["company"].replace("GmbH", "").strip().upper()
        return self.with_gaps(row)

    def reformatted(self, row: dict) -> str | None:
        if not row["phone"] or not row["country"]:
            return row["phone"]
        code, area, rest = row["phone"].split(" ")
        return self.any_of((f"0{area}/{rest}", f"{code} (0){area} {rest[:3]} {rest[3:]}", f"00{code[1:]}{area}{rest}",
                            row["phone"]))

    def typo(self, text: str) -> str:
        """One letter wrong, too many, missing, or two in the wrong sequence; the first one is mostly right."""
        place = int(self.random.integers(1, max(len(text) - 1, 2)))
        letter = self.any_of("abcdefghiklmnoprstuvw")
        return self.any_of((text[:place] + letter + text[place + 1:], text[:place] + letter + text[place:],
                            text[:place] + text[place + 1:],
                            text[:place] + text[place + 1:place + 2] + text[place:place + 1] + text[place + 2:]))
