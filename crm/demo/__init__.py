"""What does Solo CRM look like with a company in it? An invented shop whose facts are known (see planted.py)."""

from crm.demo.company import COMPANY_NAME, DEFAULT_SEED, build
from crm.demo.file import is_made, make

__all__ = ["COMPANY_NAME", "DEFAULT_SEED", "build", "is_made", "make"]
