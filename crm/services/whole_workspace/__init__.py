"""How does a whole company move to another database, or to another program? As one zip of open files, exact both ways."""

from crm.services.whole_workspace.manifest import is_workspace
from crm.services.whole_workspace.reading import read_back
from crm.services.whole_workspace.writing import write

__all__ = ["is_workspace", "read_back", "write"]
