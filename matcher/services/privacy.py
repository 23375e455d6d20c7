"""Personal data: which statement on them is in force."""

STATEMENT = "2026-1"
"""Version of the statement on privacy; whoever has not taken note of it is asked to."""
