"""Which tables hold the company? One module a subject; this package names them all."""

from crm.models.base import GROUPS, Base
from crm.models.customers import CUSTOMER_KINDS, STAGES, Customer, CustomerTag, NotDuplicate, Referral
from crm.models.offers import OFFER_DECISIONS, OFFER_QUESTIONS, OfferDecision
from crm.models.orders import LINE_KINDS, ORDER_STATUSES, Order, OrderLine, Payment
from crm.models.predictions import PURPOSES, TrainedModel
from crm.models.products import PRODUCT_KINDS, Product
from crm.models.records import (
    ON_KNOWN,
    AuditEntry,
    Connection,
    Correction,
    CustomerScore,
    ImportBatch,
    ImportShape,
    RecordChange,
    Revision,
    ScoreRun,
    Setting,
)
from crm.models.segments import SEGMENT_KINDS, Segment, SegmentMember
from crm.models.service import (
    CONTACT_CHANNELS,
    DIRECTIONS,
    PRIORITIES,
    TICKET_KINDS,
    TICKET_STATUSES,
    CannedAnswer,
    Interaction,
    Ticket,
)
from crm.models.surveys import (
    METRICS,
    QUESTION_KINDS,
    SURVEY_STATUSES,
    Survey,
    SurveyAnswer,
    SurveyInvitation,
    SurveyQuestion,
)
from crm.models.work import CAMPAIGN_STATUSES, DEAL_STAGES, Campaign, CampaignMember, Deal, Submission, Task

__all__ = [
    "CAMPAIGN_STATUSES", "CONTACT_CHANNELS", "CUSTOMER_KINDS", "DEAL_STAGES", "DIRECTIONS", "GROUPS",
    "LINE_KINDS", "METRICS", "OFFER_DECISIONS", "OFFER_QUESTIONS", "ON_KNOWN", "ORDER_STATUSES", "PRIORITIES", "PRODUCT_KINDS", "PURPOSES", "QUESTION_KINDS",
    "SEGMENT_KINDS", "STAGES", "SURVEY_STATUSES", "TICKET_KINDS", "TICKET_STATUSES", "AuditEntry", "Base", "Campaign",
    "CampaignMember", "CannedAnswer", "Connection", "Correction", "Customer", "CustomerScore", "CustomerTag", "Deal",
    "ImportBatch", "ImportShape", "Interaction", "NotDuplicate", "OfferDecision", "Order", "OrderLine", "Payment", "Product",
    "RecordChange", "Referral", "Revision", "ScoreRun", "Segment", "SegmentMember", "Setting", "Submission",
    "Survey", "SurveyAnswer", "SurveyInvitation", "SurveyQuestion", "Task", "Ticket", "TrainedModel",
]
