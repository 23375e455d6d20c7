"""Messages become sentences: templates of the catalogue, filled in with values made safe to show."""

from collections.abc import Iterable
from datetime import date
from pathlib import PurePath

from matcher.domain.messages import Message, Problem
from matcher.language.catalogue import label

SHOWN_CHARACTERS = 40
_BARE_WORDS = ("value.", "column.", "part.")
_WHOLE = ("path", "reason", "head")
"""Values that come from the system, not from cells: cut short, they would not say where, why, or up to what."""


def sentence(message: Message | Problem, lang: str | None = None) -> str:
    r"""
    Say a message, or a problem with its place.

    Values are shown so that they can do no harm: text from cells has its control characters escaped and is cut at
    40 characters; paths, and what the system gives as ``path`` and ``reason``, are shown whole. Numbers have at most
    three decimals, None is the catalogue's word for nothing, messages are said in their turn, and sequences are joined:
    sentences as sentences, words (texts, and entries ``value.*``, ``column.*`` and ``part.*``) as words.

    Parameters
    ----------
    message : Message or Problem
    lang : str, optional
        ``"zh"`` or ``"en"``; by default the language in use.

    Returns
    -------
    str

    Raises
    ------
    KeyError
        When the code is not in the catalogue, or a value that its sentence needs is not given: our bug.
    SettingsError
        When there is no such language.

    Examples
    --------
    >>> found = Message("input.cell.whole_number", {"least": 1, "most": 10, "value": "x"})
    >>> sentence(Problem(found, "experts.csv", 3, "experts.capacity"), "en")
    'experts.csv: row 3, "capacity" must be a whole number from 1 to 10, read \'x\''
    """
    if isinstance(message, Problem):
        return _placed(message, lang)
    template = label(message.code, lang)
    values = {
        name: _safe(value) if name in _WHOLE and isinstance(value, str) else shown(value, lang)
        for name, value in message.values.items()
    }
    try:
        return template.format_map(values)
    except KeyError as missing:
        raise KeyError(f"the sentence of code {message.code!r} needs the value {missing}") from None


def shown(value: object, lang: str | None = None) -> str:  # noqa: PLR0911 - one line for each type
    r"""
    Show one value as it stands in a sentence.

    Examples
    --------
    >>> shown(0.12345, "en"), shown(("a", "b\n"), "en"), shown(None, "en")
    ('0.123', 'a, b\\n', 'none')
    """
    match value:
        case Message() | Problem():
            return sentence(value, lang)
        case str():
            return _safe(value if len(value) <= SHOWN_CHARACTERS else value[:SHOWN_CHARACTERS] + "…")
        case None:
            return label("value.nothing", lang)
        case bool():
            return label("value.yes" if value else "value.no", lang)
        case float():
            return _decimal(value)
        case PurePath():
            return _safe(str(value))
        case date():
            return value.isoformat()
        case set() | frozenset():
            return _joined(sorted(value, key=str), lang)
        case list() | tuple():
            return _joined(value, lang)
    return str(value)


def _placed(problem: Problem, lang: str | None) -> str:
    text = sentence(problem.message, lang)
    column = None if problem.column is None else label(problem.column, lang)
    if column is not None and problem.row is not None:
        text = label("place.cell", lang).format(row=problem.row, column=column, rest=text)
    elif column is not None:
        text = label("place.column", lang).format(column=column, rest=text)
    elif problem.row is not None:
        text = label("place.row", lang).format(row=problem.row, rest=text)
    if problem.path:
        text = label("place.path", lang).format(path=_safe(problem.path), rest=text)
    return text


def _joined(values: Iterable[object], lang: str | None) -> str:
    values = list(values)
    words = all(not isinstance(value, Message | Problem) or _is_word(value) for value in values)
    return label("join.words" if words else "join.sentences", lang).join(shown(value, lang) for value in values)


def _is_word(value: Message | Problem) -> bool:
    return isinstance(value, Message) and value.code.startswith(_BARE_WORDS)


def _safe(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in text
    )


def _decimal(value: float) -> str:
    text = f"{value:.3f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text
