"""What does somebody need to know who opens the zip in ten years, without this program?"""

from crm.services.whole_workspace.manifest import Manifest

HOLDS = {
    "audit_entries": "Who changed what and when: changes is {field: [old, new]}.",
    "campaign_members": "Whom a campaign reached, and whether they answered.",
    "campaigns": "Campaigns and what they cost.",
    "canned_answers": "Texts to answer tickets with.",
    "connections": "Other databases that are read again and again. Passwords are not in here.",
    "corrections": "Doubles that were merged and values that were mended, so that both can be taken back.",
    "customer_scores": "Saved results of analyses, one line for each customer.",
    "customer_tags": "Tags of customers.",
    "customers": "Customers. search_text is made from the other columns.",
    "deals": "Deals that may be won.",
    "import_batches": "Files that were brought in.",
    "import_shapes": "How files with certain columns were brought in the last time.",
    "interactions": "Contacts: e-mails, calls, visits.",
    "not_duplicates": "Customers that look alike and are not the same.",
    "order_lines": "The articles of each order.",
    "orders": "Orders. net_amount_e4 and charged_amount_e4 are sums of their lines.",
    "payments": "Payments.",
    "products": "Products, services and fees.",
    "record_changes": "What imports and corrections changed: the columns before and after.",
    "referrals": "Which customer brought which.",
    "score_runs": "Saved runs of analyses and how good they were.",
    "segment_members": "The customers of the saved segments that keep their members (snapshots).",
    "segments": "Saved segments of customers. definition says whom a rule takes in.",
    "settings": "The company's name, currency, time zone and other choices, as JSON.",
    "survey_answers": "Answers to surveys.",
    "survey_invitations": "Who was asked, and when they answered. Links cannot be made from it.",
    "survey_questions": "The questions of the surveys.",
    "surveys": "Surveys.",
    "tasks": "Things to do.",
    "tickets": "Questions, complaints and requests for service.",
    "offer_decisions": "Which product is going to be offered to whom, and which is not for whom.",
    "trained_models": "Models that were kept to foretell with. content is read by Solo CRM (skops) alone.",
}
_TEXT = """\
EVERYTHING OF THE COMPANY “{company}”
written by Solo CRM on {made_at}

What this is
  One CSV file for each table of the database, with every column and every record,
  deleted ones too (deleted_at says when). Nothing of it needs Solo CRM to be read.

How to read it back
  Start Solo CRM with an empty database and run
      python -m crm import THIS-FILE.zip
  Every record comes back exactly as it was. The files must not be changed for that:
  manifest.json holds the number of lines and the SHA-256 checksum of each.

How the files are written
  UTF-8 without a byte order mark, commas between the columns, CRLF at the end of each line
  (RFC 4180). The first line holds the names of the columns.
  Text always stands in quotation marks; a quotation mark inside is doubled. It may run
  over several lines. Everything else stands without quotation marks.
  Nothing at all between two commas means “no value”; "" means an empty text.
  (PostgreSQL's COPY ... WITH (FORMAT csv, HEADER) takes these files as they are.)
  Whole numbers and numbers: with a decimal point, never rounded.
  Yes and no: true and false.
  Days: 2026-01-31. Moments: 2026-01-31T09:30:00 in the company's time zone, {time_zone}.
  Moments that the program itself noted end in Z and are in UTC.
  Columns that end in _e4 hold money in 1/10,000 of the currency: 123450 is 12.345.
  Where a record names no currency, it is {currency}.
  Bytes: hexadecimal digits after \\x.
  JSON columns hold JSON, as text. Columns that end in _id hold the id of a record in
  another file: customer_id is id in customers.csv.
  Texts are exact. A spreadsheet may run a text that begins with =, +, - or @ as a formula
  and turn 007 into 7: to look at the data in a spreadsheet, take single tables
  from the page “Data” instead.

The files
{files}
"""


def text(manifest: Manifest) -> str:
    """The README with the numbers of this zip; lines end as Windows' own editor wants them."""
    files = "\n".join(f"  {name:<22}{one.rows:>12,} records   {HOLDS.get(one.table, '')}".rstrip()
                      for name, one in sorted(manifest.files.items()))
    written = _TEXT.format(company=manifest.company, currency=manifest.currency, time_zone=manifest.time_zone,
                           made_at=manifest.made_at, files=files)
    return written.replace("\n", "\r\n")
