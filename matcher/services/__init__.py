"""Use cases: load, match, save. What the command line and the pages ask for."""
