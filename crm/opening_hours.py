"""When is the company open, and when is something due that takes some hours of opening time?"""
