"""Service desk: how soon are tickets answered and solved, how many wait, when do they come, and what do complaints cost?"""

from crm.analytics.service_desk import charts
from crm.analytics.service_desk.backlog import Backlog, backlog
from crm.analytics.service_desk.complaints import BACK_WITHIN_DAYS, NO_TOPIC, Complaints, complaints
from crm.analytics.service_desk.groups import GROUPINGS, Grouped, by_group
from crm.analytics.service_desk.promises import Kept
from crm.analytics.service_desk.speed import Speed, speed
from crm.analytics.service_desk.tickets import Desk, desk_of
from crm.analytics.service_desk.volume import Volume, volume
from crm.analytics.service_desk.waiting import FEW_TICKETS, Waited

__all__ = ["BACK_WITHIN_DAYS", "FEW_TICKETS", "GROUPINGS", "NO_TOPIC", "Backlog", "Complaints", "Desk", "Grouped", "Kept", "Speed",
           "Volume", "Waited", "backlog", "by_group", "charts", "complaints", "desk_of", "speed", "volume"]
