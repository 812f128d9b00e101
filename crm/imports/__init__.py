"""How do other people's files get in? Read, detect, map, parse, plan and write, with nothing lost on the
way."""

from crm.imports.detection import FileFormat
from crm.imports.engine import ReadFile, import_order_lines, read_order_lines, write_order_lines
from crm.imports.report import ImportReport, Note
from crm.imports.steps import Steps
from crm.imports.vocabulary import COLUMNS

__all__ = [
    "COLUMNS",
    "FileFormat",
    "ImportReport",
    "Note",
    "ReadFile",
    "Steps",
    "import_order_lines",
    "read_order_lines",
    "write_order_lines",
]
