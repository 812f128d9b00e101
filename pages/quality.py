"""How far can the data be trusted? Gaps, impossible values, doubles and old records, each one click from mending."""

from crm.ui import page

page.question("How good is your data?")
