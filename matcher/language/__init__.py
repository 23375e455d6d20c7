"""
The catalogue and what is said with it; the only room that knows a language.

The core returns `Message` and `Problem`, codes with values. Here they become sentences, in Chinese or English.
"""

from matcher.language.catalogue import LANGUAGES, label, language, use
from matcher.language.sentences import sentence, shown

__all__ = ["LANGUAGES", "label", "language", "sentence", "shown", "use"]
