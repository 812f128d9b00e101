"""What does each line of a file of records say? Text columns in, typed fields out; what is unclear is rejected."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from crm.imports.detection import FileFormat
from crm.imports.kinds import KINDS
from crm.imports.mapping import ColumnMap
from crm.imports.order_lines import Rejections, tidy, without_float_tails
from crm.imports.records import reading, surveys, values, words
from crm.imports.records.identity import code_of_email, code_of_name, code_of_product
from crm.imports.records.reading import Reader
from crm.imports.records.surveys import Answers
from crm.imports.records.values import Values
from crm.imports.tables import Table
from crm.models.base import now
from crm.services.customers import CODE_LIMIT

# What customers' files hold besides is worth more than its flaws: a text that is no e-mail address, phone number or
# birth year is kept as a custom field, and counted here.
_KEPT_AS_TEXT = {
    "email": "emails_not_valid",
    "phone": "phones_not_valid",
    "date": "dates_not_valid",
    "moment": "dates_not_valid",
    "year": "birth_years_not_valid",
    "money": "incomes_not_valid",
    "boolean": "consents_not_valid",
}
_REFERENCE = ("customer_code", "customer_email", "customer_name", "company")
_NAMES = ("customer_name", "product_name")
_NOBODY = "The line names no customer: its code, name and e-mail address are empty."
MOST_REOPENED = 10_000  # times
_SUBJECT_LENGTH = 80  # of the first line of a text that stands in for a missing subject; the text itself stays whole


@dataclass(frozen=True)
class Records:
    """Lines understood. Each column has one content a kept line.

    rows: the lines' numbers in the file. fields: {our field: typed contents} (money in 1/10,000, days as date).
    custom: {custom field of the main record: contents}; customer_custom: … of the customer that the line names.
    answers: of files of answers. names: {our field: the file's name of it}. made_up: fields that the file does not have
    and that were made of others. rejected: row, reason. found: {code of a note: number or word}.
    """

    kind: str
    rows: np.ndarray
    fields: dict[str, Values]
    custom: dict[str, Values]
    customer_custom: dict[str, Values]
    rejected: pd.DataFrame
    names: dict[str, str]
    made_up: frozenset[str] = frozenset()
    answers: Answers | None = None
    found: dict[str, int | str] = field(default_factory=dict)


class Draft:
    """A file while it is being understood: all of its lines, and why some are not taken."""

    def __init__(self, table: Table, columns: ColumnMap, kind: str, asked: FileFormat) -> None:
        self.kind, self.columns, self.asked = kind, columns, asked
        self.rows = table.lines.index.to_numpy(dtype="int64")
        self.found: dict[str, int | str] = {}
        self.rejections = Rejections(len(self.rows))
        self.fields: dict[str, Values] = {}
        self.custom: dict[str, Values] = {}
        self.customer_custom: dict[str, Values] = {}
        self.texts = self._texts(table, asked)
        custom = {name: tidy(table.lines[name].array, asked) for name in columns.custom}
        self.reader = Reader(
            kind,
            asked,
            {ours: column.categories.tolist() for ours, column in self.texts.items()},
            [column.categories.tolist() for column in custom.values()],
            self.found,
        )
        for ours in self.texts:
            self._read(ours)
        owned = self.customer_custom if KINDS[kind].owner == "customers" else self.custom
        for name, column in custom.items():
            owned[name] = values.of(column.codes, self.reader.custom(column.categories.tolist()))

    def of(self, ours: str) -> Values:
        """A field's contents; nothing where the file has none."""
        return self.fields.get(ours) or values.nothing(len(self.rows))

    def name_of(self, ours: str) -> str:
        """What the file calls a field."""
        return self.columns.columns.get(ours, ours)

    def reject(self, wrong: np.ndarray, reason: str, texts: pd.Categorical | None = None) -> None:
        self.rejections.add(wrong, reason, texts)

    def keep_as_text(self, ours: str, wrong: np.ndarray) -> None:
        """A text that its field cannot hold becomes a custom field of the customer."""
        column = self.texts[ours]
        self.found[_KEPT_AS_TEXT[KINDS[self.kind].fields[ours].type]] = int(wrong.sum())
        self.customer_custom[self.name_of(ours)] = values.of(column.codes, column.categories.tolist()).where(wrong)

    def _texts(self, table: Table, asked: FileFormat) -> dict[str, pd.Categorical]:
        fields = KINDS[self.kind].fields
        texts = {
            ours: tidy(table.lines[theirs].array, asked)
            for ours, theirs in self.columns.columns.items()
            if ours in fields and not (self.kind == "answers_wide" and ours == "item")
        }
        for ours, text in self.columns.constants.items():
            if ours in fields and ours not in texts and text.strip():
                texts[ours] = pd.Categorical.from_codes(
                    np.zeros(len(self.rows), "int8"), categories=pd.Index([text.strip()], dtype="str")
                )
        return {
            ours: without_float_tails(column) if fields[ours].type == "code" or ours in _NAMES else column
            for ours, column in texts.items()
        }

    def _read(self, ours: str) -> None:
        column, about = self.texts[ours], KINDS[self.kind].fields[ours]
        said = values.of(column.codes, self.reader.read(ours, column.categories.tolist()))
        unread = ~said.given & (column.codes >= 0)
        if about.type == "tags":
            unread[:] = False  # nothing but separators
        if unread.any():
            if about.type in _KEPT_AS_TEXT and (self.kind == "customers" or ours == "customer_email"):
                self.keep_as_text(ours, unread)
            else:
                self.reject(unread, reading.why_unreadable(self.kind, ours, self.name_of(ours)), column)
        if about.required:
            self.reject(
                column.codes < 0, _with_name("The column “COLUMN” is empty; every line needs it.", self.name_of(ours))
            )
        if ours.endswith("_code") and ours != "postal_code" or ours == "order_number":
            too_long = said.mapped(lambda text: text if len(text) > CODE_LIMIT else None).given
            self.reject(
                too_long,
                _with_name(
                    f"The text in the column “COLUMN” is longer than {CODE_LIMIT} characters, which no code is.",
                    self.name_of(ours),
                ),
            )
        self.fields[ours] = said


def parse_records(table: Table, columns: ColumnMap, *, kind: str, asked: FileFormat) -> Records:
    """Understand every line of a table. Lines are never dropped: each is kept or in `rejected`."""
    draft = Draft(table, columns, kind, asked)
    answers = None
    if set(_REFERENCE) & set(KINDS[kind].fields):
        _name_by_email_text(draft)
    if kind in _RULES:
        _RULES[kind](draft)
    if kind in ("answers_long", "answers_wide"):
        answers = surveys.read_answers(table, draft)
    kept = draft.rejections.kept
    return Records(
        kind,
        draft.rows[kept],
        {ours: said.at(kept).used() for ours, said in draft.fields.items()},
        {name: said.at(kept).used() for name, said in draft.custom.items()},
        {name: said.at(kept).used() for name, said in draft.customer_custom.items()},
        draft.rejections.frame(table.lines.index),
        {ours: draft.name_of(ours) for ours in draft.fields},
        frozenset(draft.fields) - frozenset(draft.texts),
        answers.of_lines(kept) if answers is not None else None,
        draft.found,
    )


def _name_by_email_text(draft: Draft) -> None:
    """Where a text that is no e-mail address is all that names the customer, it is the name."""
    email = draft.texts.get("customer_email")
    named = np.zeros(len(draft.rows), dtype=bool)
    for ours in (*_REFERENCE, "first_name", "last_name"):
        named |= draft.of(ours).given
    if email is not None and (unnamed := ~named & (email.codes >= 0)).any():
        text = values.of(email.codes, email.categories.tolist()).where(unnamed)
        draft.fields["customer_name"] = values.first_given(draft.of("customer_name"), text)


def _customers(draft: Draft) -> None:
    _join_names(draft)
    _join_addresses(draft)
    _reject_nobody(draft)
    _multiply_income(draft)
    _read_births(draft)
    _read_consent_days(draft)


def _join_names(draft: Draft) -> None:
    if "first_name" in draft.fields or "last_name" in draft.fields:
        joined = values.combine(full_name, draft.of("first_name"), draft.of("last_name"))
        draft.fields["customer_name"] = values.first_given(draft.of("customer_name"), joined)


def full_name(first: str | None, last: str | None) -> str | None:
    """
    >>> full_name("Ann", "Lee"), full_name("小明", "王"), full_name(None, "Lee")
    ('Ann Lee', '王小明', 'Lee')
    """
    if first and last and all("\u4e00" <= sign <= "\u9fff" for sign in first + last):
        return last + first
    return " ".join(part for part in (first, last) if part) or None


def _join_addresses(draft: Draft) -> None:
    if "address_2" in draft.fields:
        draft.fields["address"] = values.combine(
            lambda *parts: ", ".join(part for part in parts if part) or None, draft.of("address"), draft.of("address_2")
        )


def _multiply_income(draft: Draft) -> None:
    unit = words.unit_of(draft.name_of("yearly_income"))
    if unit > 1 and "yearly_income" in draft.fields:
        draft.fields["yearly_income"] = draft.of("yearly_income").mapped(lambda units: units * unit)


def _read_births(draft: Draft) -> None:
    """The whole day of birth is kept as a custom field; the record itself has the year."""
    if "birth_date" not in draft.fields:
        return
    today = now().date()
    day = draft.of("birth_date").mapped(lambda born: born if born <= today else None)
    to_come = draft.of("birth_date").given & ~day.given
    if to_come.any():
        draft.keep_as_text("birth_date", (draft.texts["birth_date"].codes >= 0) & ~day.given)
    name = draft.name_of("birth_date")
    as_text = day.mapped(lambda born: born.isoformat())
    kept = draft.customer_custom.get(name)
    draft.customer_custom[name] = values.first_given(as_text, kept) if kept else as_text
    draft.fields["birth_year"] = values.first_given(draft.of("birth_year"), day.mapped(lambda born: born.year))


def _read_consent_days(draft: Draft) -> None:
    """A day in the column of consents means: given on that day."""
    if "email_consent" not in draft.fields:
        return
    kept = draft.customer_custom.get(draft.name_of("email_consent"))
    if kept is None:
        return
    moments = reading.parse_moments(kept.different.tolist()).moments.tolist()
    day = values.of(kept.codes, moments)
    draft.fields["email_consent_at"] = day
    draft.fields["email_consent"] = values.first_given(draft.of("email_consent"), day.mapped(lambda _: True))
    draft.keep_as_text("email_consent", kept.given & ~day.given)


def _products(draft: Draft) -> None:
    code, name = draft.of("product_code"), draft.of("product_name")
    draft.reject(~code.given & ~name.given, "The line names no product: its code and its name are empty.")
    _reject_long_product_names(draft)
    for ours, sentence in (("price", "The price “{}” is below 0."), ("cost", "The cost “{}” is below 0.")):
        if ours in draft.fields:
            draft.reject(
                draft.of(ours).mapped(lambda units: units if units < 0 else None).given, sentence, draft.texts[ours]
            )


def _payments(draft: Draft) -> None:
    named = _reject_long_references(draft)
    draft.reject(~named & ~draft.of("order_number").given, "The line names no customer and no order.")


def _deals(draft: Draft) -> None:
    _reject_long_references(draft)
    _reject_long_product_names(draft)
    title = values.first_given(*(draft.of(ours) for ours in ("title", "product_name", "product_code", "deal_code")))
    draft.reject(~title.given, "The deal has no title, no product and no number.")
    draft.fields["title"] = title


def _tickets(draft: Draft) -> None:
    _reject_nobody(draft)
    body = draft.of("body")
    subject = values.first_given(draft.of("subject"), body.mapped(first_line), draft.of("topic"), draft.of("ticket_code"))
    draft.reject(~subject.given, "The ticket has no subject, no text and no number.")
    draft.fields["subject"] = subject
    for ours in ("topic", "agent"):
        _reject_where(draft, ours, lambda text: len(text) > CODE_LIMIT,
                      f"The text in the column “COLUMN” is longer than {CODE_LIMIT} characters, which is no word to sort by.")
    _reject_where(draft, "cost", lambda units: units < 0, "The cost “{}” is below 0.")
    _reject_where(draft, "times_reopened", lambda times: times < 0 or times != int(times) or times > MOST_REOPENED,
                  "“{}” in the column “COLUMN” is no number of times.")
    _reject_earlier(draft, "first_answered_at", "The first answer “{}” is before the opening.")
    _reject_earlier(draft, "resolved_at", "The solution “{}” is before the opening.")
    _reject_earlier(draft, "reopened_at", "The ticket was reopened on “{}”, before the opening.")
    if "times_reopened" in draft.fields:
        draft.fields["times_reopened"] = draft.of("times_reopened").mapped(int)
    if "reopened_at" in draft.fields:  # it was so at least once
        once = draft.of("reopened_at").mapped(lambda _: 1)
        draft.fields["times_reopened"] = values.first_given(draft.of("times_reopened"), once)


def first_line(text: str) -> str:
    """The beginning of a text, as its subject.

    >>> first_line("Where is my order?\\nIt is late.")
    'Where is my order?'
    """
    line = text.split("\n")[0].strip()
    return line if len(line) <= _SUBJECT_LENGTH else line[: _SUBJECT_LENGTH - 1] + "…"


def _reject_nobody(draft: Draft) -> None:
    draft.reject(~_reject_long_references(draft), _NOBODY)


def _reject_long_references(draft: Draft) -> np.ndarray:
    """Which lines name a customer. One known by e-mail or name gets that as its code, which must not be too long."""
    code, email = draft.of("customer_code"), draft.of("customer_email")
    name = values.combine(code_of_name, draft.of("customer_name"), draft.of("company"))
    _reject_long(
        draft,
        ~code.given,
        email.mapped(code_of_email),
        f"There is no customer code, and the e-mail address is longer than {CODE_LIMIT} characters.",
    )
    _reject_long(
        draft,
        ~code.given & ~email.given,
        name,
        f"There is no customer code, and the customer's name is longer than {CODE_LIMIT} characters.",
    )
    return code.given | email.given | name.given


def _reject_long_product_names(draft: Draft) -> None:
    _reject_long(
        draft,
        ~draft.of("product_code").given,
        draft.of("product_name").mapped(code_of_product),
        f"There is no product code, and the product's name is longer than {CODE_LIMIT} characters.",
    )


def _reject_long(draft: Draft, lines: np.ndarray, code: Values, sentence: str) -> None:
    draft.reject(lines & code.mapped(lambda text: text if len(text) > CODE_LIMIT else None).given, sentence)


def _reject_where(draft: Draft, ours: str, is_wrong: Callable[[object], bool], sentence: str) -> None:
    if ours in draft.texts:
        wrong = draft.of(ours).mapped(lambda content: content if is_wrong(content) else None).given
        draft.reject(wrong, _with_name(sentence, draft.name_of(ours)), draft.texts[ours])


def _reject_earlier(draft: Draft, ours: str, sentence: str) -> None:
    if ours in draft.fields:
        opened_at = draft.of("opened_at")
        early = values.combine(
            lambda opened, then: True if opened and then and then < opened else None, opened_at, draft.of(ours)
        ).given
        draft.reject(early, sentence, draft.texts[ours])


def _answers(draft: Draft) -> None:
    _reject_long_references(draft)
    _reject_long_product_names(draft)
    _reject_where(draft, "seconds_taken", lambda seconds: seconds < 0, "The time taken “{}” is below 0.")


def _with_name(sentence: str, column: str) -> str:
    return sentence.replace("COLUMN", column)


_RULES: dict[str, Callable[[Draft], None]] = {
    "customers": _customers,
    "products": _products,
    "payments": _payments,
    "deals": _deals,
    "tickets": _tickets,
    "interactions": _reject_nobody,
    "campaign_results": _reject_nobody,
    "answers_long": _answers,
    "answers_wide": _answers,
}
