"""Chinese text to weighted terms: tokenizers, character grams, channels. Follows scikit-learn's conventions."""

from matcher.text.channels import CharacterGrams, ProfileVectorizer, WordTerms
from matcher.text.profiles import Profiles, profile, profile_texts
from matcher.text.spans import common_spans, locate, whole_words
from matcher.text.tokenizers import JiebaTokenizer, Tokenizer

__all__ = [
    "CharacterGrams",
    "JiebaTokenizer",
    "ProfileVectorizer",
    "Profiles",
    "Tokenizer",
    "WordTerms",
    "common_spans",
    "locate",
    "profile",
    "profile_texts",
    "whole_words",
]
