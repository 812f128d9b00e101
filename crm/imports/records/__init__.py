"""How do customers, products, payments, deals, tickets, interactions, answers and campaign results get in?"""

from crm.imports.records.parsing import Records, parse_records
from crm.imports.records.planning import plan_records
from crm.imports.records.plans import RecordPlan
from crm.imports.records.writing import write_records

__all__ = ["RecordPlan", "Records", "parse_records", "plan_records", "write_records"]
