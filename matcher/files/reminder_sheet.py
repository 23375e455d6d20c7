"""Who has not acted yet, as a workbook to telephone by."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

from matcher.domain.messages import Message
from matcher.domain.settings import Side
from matcher.files.sheet_writing import Book
from matcher.files.stationery import Issue, Stationery
from matcher.language import label, sentence

_LANGUAGE = "zh"
_WIDTHS = (5, 8, 12, 26, 24, 34, 40, 14, 26)


@dataclass(frozen=True, slots=True)
class Reminder:
    """
    One thing that a party has not done yet.

    Parameters
    ----------
    side : {"firm", "expert"}
    party : str
        Id.
    name : str
    place : str
        A firm's township, an expert's institution.
    matter : Message
        What is to be done.
    about : str
        The need, or the other side, that it is about; empty where it is about the party itself.
    until : str
        The last day, in ISO form; empty where there is none.
    contact : str
        To reach it by: this list is for the office alone.
    """

    side: Side
    party: str
    name: str
    place: str
    matter: Message
    about: str = ""
    until: str = ""
    contact: str = ""


def reminder_workbook(reminders: Sequence[Reminder], issue: Issue, on: Stationery) -> bytes:
    """Write the list of who has not acted, in the order given, or that there is nobody; an XLSX, print-ready."""
    title = f"{issue.batch_words}{label('papers.reminders_title', _LANGUAGE)}{issue.round_words}"
    book = Book(title, on.bureau.name, issue.day, on.bureau.fonts.table, issue.banner)
    names = [f"papers.reminder.{part.name}" for part in fields(Reminder)]
    header = [label(code, _LANGUAGE) for code in ("papers.number", *names)]
    rows = [[number, *_cells(reminder)] for number, reminder in enumerate(reminders, start=1)]
    note = "" if reminders else label("papers.reminders_none", _LANGUAGE)
    book.add(label("papers.sheet.reminders", _LANGUAGE), header, rows, _WIDTHS, title=title, note=note, frozen=4)
    return book.saved()


def _cells(reminder: Reminder) -> list[str]:
    side = label(f"value.side.{reminder.side}", _LANGUAGE)
    matter = sentence(reminder.matter, _LANGUAGE)
    about = (reminder.about, reminder.until, reminder.contact)
    return [side, reminder.party, reminder.name, reminder.place, matter, *about]
