"""Leaving: whom does it pay to contact, what could keep each one, and did having acted help?"""
