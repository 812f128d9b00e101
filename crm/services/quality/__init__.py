"""How good is the data? What is wrong in the records, six scores a table, and the records that each finding means.

`measure` looks at everything (EXAMINE at one table, `together` makes one of them), `rows` shows the records of one finding; crm.services.fixing mends.
"""

from crm.services.quality.check import DIMENSIONS, LOOKS, MISSED, WRONG_FIGURES
from crm.services.quality.look import TABLES
from crm.services.quality.measure import CHECKS, EXAMINE, Quality, measure, together
from crm.services.quality.records import rows

__all__ = ["CHECKS", "DIMENSIONS", "EXAMINE", "LOOKS", "MISSED", "TABLES", "WRONG_FIGURES", "Quality", "measure", "rows",
           "together"]
