"""What do analyses start from? SQL in, one documented DataFrame out; money in the workspace's currency."""

from crm.frames.network import written_links
from crm.frames.people import GROUPED_BY, customer_fields, customer_numbers, customers, referrals
from crm.frames.sales import order_lines, orders, payments, products
from crm.frames.service import (
    answers,
    campaign_contacts,
    comments,
    contacts,
    invitations,
    ratings,
    ticket_texts,
    tickets,
)

__all__ = [
    "GROUPED_BY",
    "answers",
    "campaign_contacts",
    "comments",
    "contacts",
    "customer_fields",
    "customer_numbers",
    "customers",
    "invitations",
    "order_lines",
    "orders",
    "payments",
    "products",
    "ratings",
    "referrals",
    "ticket_texts",
    "tickets",
    "written_links",
]
