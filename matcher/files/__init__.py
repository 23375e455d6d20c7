"""Spreadsheets and settings in, lists and reports out: the only room that touches files."""

from matcher.files.loading import (
    Loaded,
    load_documents,
    load_experts,
    load_firms,
    load_judgements,
    load_placements,
    load_queries,
    load_ratings,
)
from matcher.files.parquet import write_parquet
from matcher.files.reading import InputWarning, read_experts, read_firms, read_placements, read_ratings
from matcher.files.record_text import records_csv, unwritable
from matcher.files.settings import read_settings
from matcher.files.sources import Source, Upload
from matcher.files.writing import clear_drafts, confirm_writable, whole_file, write_bytes, write_csv, write_json

__all__ = [
    "InputWarning",
    "Loaded",
    "Source",
    "Upload",
    "clear_drafts",
    "confirm_writable",
    "load_documents",
    "load_experts",
    "load_firms",
    "load_judgements",
    "load_placements",
    "load_queries",
    "load_ratings",
    "read_experts",
    "read_firms",
    "read_placements",
    "read_ratings",
    "read_settings",
    "records_csv",
    "unwritable",
    "whole_file",
    "write_bytes",
    "write_csv",
    "write_json",
    "write_parquet",
]
