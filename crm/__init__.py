"""Solo CRM: the customers of a one-person company, and what they will do next."""
