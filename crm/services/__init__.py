"""What may be done with the records? Rules on a session; the caller commits."""
