"""Chinese text to weighted terms: tokenizers, character grams, channels. Follows scikit-learn's conventions."""

from matcher.text.channels import CharacterGrams, ProfileVectorizer, WordTerms
from matcher.text.counting import Counts, count_terms
from matcher.text.epochs import Epoch
from matcher.text.lexicon import Lexicon, package_lexicon
from matcher.text.profiles import Profiles, Space, begin_epoch, learn_space, profile, profile_texts
from matcher.text.spans import as_written, common_spans, locate, whole_words
from matcher.text.tokenizers import JiebaTokenizer, RjiebaTokenizer, Tokenizer, tokenizer_named
from matcher.text.vectors import StoredVectors, TermVectors
from matcher.text.weighing import PivotedTfidf

__all__ = [
    "CharacterGrams",
    "Counts",
    "Epoch",
    "JiebaTokenizer",
    "Lexicon",
    "PivotedTfidf",
    "ProfileVectorizer",
    "Profiles",
    "RjiebaTokenizer",
    "Space",
    "StoredVectors",
    "TermVectors",
    "Tokenizer",
    "WordTerms",
    "as_written",
    "begin_epoch",
    "common_spans",
    "count_terms",
    "learn_space",
    "locate",
    "package_lexicon",
    "profile",
    "profile_texts",
    "tokenizer_named",
    "whole_words",
]
