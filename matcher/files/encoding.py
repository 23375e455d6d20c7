"""Bytes of a text file become characters: right, or with a warning, or not at all."""

from collections import Counter
from collections.abc import Callable

from matcher.domain.errors import InputError
from matcher.domain.messages import Message, Problem

_CANDIDATES = ["utf_8", "gb18030", "big5", "utf_16"]
_LOST = ("\ufffd", "\u951f\u65a4\u62f7")
"""What is left when bytes were once decoded wrongly: the replacement character, and how it looks read as GBK."""
_ODD_SHARE = 0.2
"""Above it, GB18030 is doubted: 1-2 % of simplified Chinese is odd, 46 % of traditional, 61 % of misread Big5."""

_FEW = 4
"""So few characters beyond ASCII may as well be accents of another encoding."""


def decoded(data: bytes) -> tuple[str, list[Problem]]:
    """
    Decode a text file: UTF-8 (with or without BOM), then GB18030, then what can be told of Big5 and UTF-16.

    Strict GB18030 takes nearly any bytes, so what comes out is looked at. Text with a private-use character gets a
    warning; text of which much is outside the common half of GB2312 is compared with the other encodings, and at
    best accepted with a warning.

    Returns
    -------
    str
        The text, without a byte order mark.
    list of Problem
        Warnings: a guessed encoding, doubtful characters, characters that were lost before.

    Raises
    ------
    InputError
        When the bytes are no text in an encoding that can be told.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in data:
        text = _utf_16(data)
        return text.lstrip("\ufeff"), [_guessed("UTF-16"), *_lost(text)]
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as broken:
        line = data[: broken.start].count(b"\n") + 1
    else:
        return text, _lost(text)
    text, warnings = _not_utf_8(data, line)
    return text.lstrip("\ufeff"), [*warnings, *_lost(text)]


def _utf_16(data: bytes) -> str:
    """Decode UTF-16 by its byte order mark, or by how it looks where it has none."""
    encodings = ["utf-16"] if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ["utf-16-le", "utf-16-be"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        # Any pair of ASCII letters is a Chinese character in UTF-16; a line end is not met by chance.
        if ("\n" in text or "\r" in text) and _share(Counter(text), _is_common) > 1 - _ODD_SHARE:
            return text
    line = data[: data.find(b"\0")].count(b"\n") + 1
    raise InputError([Problem(Message("input.file.null_bytes", {"line": line}))])


def _not_utf_8(data: bytes, line: int) -> tuple[str, list[Problem]]:
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        text = ""
    counts = Counter(text)  # in the order in which they first appear
    beyond_ascii = Counter({character: times for character, times in counts.items() if ord(character) > 127})
    stray = next(filter(_is_stray, counts), None)
    if text and _share(beyond_ascii, _is_odd) <= _ODD_SHARE:
        doubtful = stray or (next(iter(beyond_ascii)) if 0 < beyond_ascii.total() < _FEW else None)
        return text, [] if doubtful is None else [_doubtful(text, doubtful)]

    import charset_normalizer

    # Unlimited, it takes short GBK files for cp949 and the like.
    best = charset_normalizer.from_bytes(data, cp_isolation=_CANDIDATES).best()
    if best is None or (best.encoding == "gb18030" and not text):
        raise InputError([Problem(Message("input.file.encoding", {"line": line}))])
    if best.encoding != "gb18030":
        try:
            return data.decode(best.encoding), [_guessed(best.encoding.upper().replace("_", "-"))]
        except UnicodeDecodeError:
            raise InputError([Problem(Message("input.file.encoding", {"line": line}))]) from None
    return text, [_doubtful(text, stray or next(filter(_is_odd, beyond_ascii)))]


def _doubtful(text: str, sample: str) -> Problem:
    values = {"encoding": "GB18030", "sample": sample, "line": text[: text.index(sample)].count("\n") + 1}
    return Problem(Message("input.file.doubtful_characters", values))


def _guessed(encoding: str) -> Problem:
    return Problem(Message("input.file.guessed_encoding", {"encoding": encoding}))


def _lost(text: str) -> list[Problem]:
    for sample in _LOST:
        if sample in text:
            line = text[: text.index(sample)].count("\n") + 1
            return [Problem(Message("input.file.lost_characters", {"sample": sample, "line": line}))]
    return []


def _share(counts: Counter[str], is_one: Callable[[str], bool]) -> float:
    return sum(times for character, times in counts.items() if is_one(character)) / max(1, counts.total())


def _is_odd(character: str) -> bool:
    """Tell characters that simplified Chinese hardly uses: all outside GB2312, its kana, its rarer half (row 56 on)."""
    if "\u3040" <= character <= "\u30ff":
        return True
    try:
        return len(encoded := character.encode("gb2312")) == 2 and encoded[0] >= 0xA0 + 56
    except UnicodeEncodeError:
        return True


def _is_stray(character: str) -> bool:
    """Tell characters that no text has: private use, unassigned, controls."""
    return not (character.isprintable() or character.isspace() or character in "\ufeff\u200b\u200c\u200d\u2060")


def _is_common(character: str) -> bool:
    """Tell ASCII, Latin, general and Chinese punctuation, Chinese characters and full-width forms."""
    code = ord(character)
    plain = character.isprintable() or character in "\t\r\n\ufeff\u3000\u00a0"
    return plain and (code < 0x250 or 0x2000 <= code < 0x2700 or 0x3000 <= code < 0xA000 or code >= 0xFE00)
