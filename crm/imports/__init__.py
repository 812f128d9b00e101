"""How do other people's files get in? Read, detect, map, parse, plan and write, with nothing lost on the
way."""

from crm.imports.detection import FileFormat
from crm.imports.engine import SURE_ENOUGH, Choices, ReadFile, import_file, preview, read, write
from crm.imports.guessing import Guess, guess
from crm.imports.kinds import CUSTOM, ITEM, KINDS, LEFT_OUT
from crm.imports.mapping import ColumnMap, map_columns, missing_needs
from crm.imports.origins import Origin, of_file
from crm.imports.report import (
    ImportReport,
    Note,
    Preview,
    format_as_chosen,
    format_of_choices,
    names_of_rejects,
    write_rejects,
)
from crm.imports.steps import Steps
from crm.imports.tables import Table
from crm.imports.understood import understood, unreadable
from crm.imports.vocabulary import COLUMNS

__all__ = [
    "COLUMNS", "CUSTOM", "ITEM", "KINDS", "LEFT_OUT", "SURE_ENOUGH", "Choices", "ColumnMap", "FileFormat", "Guess", "ImportReport", "Note",
    "Origin", "Preview", "ReadFile", "Steps", "Table", "format_as_chosen", "format_of_choices", "guess",
    "import_file", "map_columns", "missing_needs", "names_of_rejects", "of_file", "preview", "read", "understood", "unreadable", "write", "write_rejects",
]
