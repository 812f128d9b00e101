"""Journey: how do customers come, stay and go?"""

from crm.analytics.journey import charts
from crm.analytics.journey.events import ENTRIES, KINDS
from crm.analytics.journey.groups import AGAIN, ALPHA, MOST_GROUPS, Groups
from crm.analytics.journey.model import MOST_STEPS, OPTIONAL, USUAL_STEPS, Journey, follow
from crm.analytics.journey.paths import ENDS, STATES
from crm.analytics.journey.shares import FEW
from crm.analytics.journey.silence import ENOUGH_JUDGED, STAGES
from crm.analytics.journey.waiting import LOOKED_AT_DAYS, Waiting

__all__ = ["AGAIN", "ALPHA", "ENDS", "ENOUGH_JUDGED", "ENTRIES", "FEW", "KINDS", "LOOKED_AT_DAYS", "MOST_GROUPS", "MOST_STEPS", "OPTIONAL", "STAGES", "STATES", "USUAL_STEPS",
           "Groups", "Journey", "Waiting", "charts", "follow"]
