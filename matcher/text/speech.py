"""Which words belong to speech and not to a trade, by the parts of speech of jieba's dictionary."""

import re
from functools import cache
from importlib.resources import files

_PARTS = "a|ad|an|c|d|df|dg|e|f|i|k|l|m|mq|o|p|q|r|rr|rz|s|t|tg|u[a-z]*|v|vd|vi|vq|y|z"
"""Tags of verbs, adverbs, pronouns, counts, times, places in a row, connectives and sayings: all but names, of things,
people, places and actions (``vn``)."""


@cache
def words_of_speech() -> frozenset[str]:
    """
    Return the words that jieba's dictionary tags as something other than names.

    A trade makes terms of some of them all the same, such as verbs: to be asked only of words that are no known terms.
    Of two characters at least.
    """
    lines = files("jieba").joinpath("dict.txt").read_text(encoding="utf-8")
    return frozenset(re.findall(rf"^(\S{{2,}}) \d+ (?:{_PARTS})$", lines, re.MULTILINE))
