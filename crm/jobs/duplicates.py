"""Duplicates: who is probably in the list twice?"""

from sqlalchemy.orm import Session

from crm.analytics import duplicates as analysis
from crm.db import reads
from crm.services import merging, not_duplicates


@reads("customers")
def run(session: Session, *, threshold: float = analysis.THRESHOLD) -> analysis.Duplicates:
    """Customers who are probably in the list twice, but for those of whom the owner said that they are not; see
    crm.analytics.duplicates."""
    found = analysis.find(merging.contacts(session), threshold=threshold)
    return analysis.without(found, not_duplicates.pairs(session))
