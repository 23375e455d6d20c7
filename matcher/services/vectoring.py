"""Learning vectors from text that nobody has labelled, for the semantic channel of later runs."""

from collections.abc import Sequence
from pathlib import Path

from matcher.domain.errors import InputError
from matcher.domain.messages import Message, Problem
from matcher.files.encoding import decoded
from matcher.files.limits import OWN
from matcher.files.sources import read_bytes
from matcher.files.vectors import write_vectors
from matcher.services.inputs import Options
from matcher.text import StoredVectors


def learn_vectors(
    texts: Sequence[Path], out: Path, settings: Path | None = None
) -> tuple[StoredVectors, list[Problem]]:
    """
    Learn vectors from text files, a text a line, and save them.

    Parameters
    ----------
    texts : sequence of path
        In an encoding that spreadsheets are read in too. The needs that are to be matched should not be among them:
        else a measurement on these needs is worth nothing.
    out : path
    settings : path or None
        Settings whose word lists the texts are read with.

    Returns
    -------
    StoredVectors
    list of Problem
        Warnings of doubtful encodings.

    Raises
    ------
    InputError
        When a file can't be read, would be overwritten, or all hold too little text.
    SettingsError, StorageError
    """
    lines: list[str] = []
    problems: list[Problem | Message] = []
    warnings: list[Problem] = []
    for path in texts:
        try:
            text, found = decoded(read_bytes(path, OWN.file_mb))
        except InputError as fault:
            problems += [Problem(m.message if isinstance(m, Problem) else m, str(path)) for m in fault.messages]
            continue
        warnings += [Problem(warning.message, str(path), warning.row) for warning in found]
        lines += [line for line in text.splitlines() if line.strip()]
        if path.resolve() == out.resolve():
            problems.append(Problem(Message("vectors.overwrites"), str(out)))
    if problems:
        raise InputError(problems)
    options = Options(settings=settings)
    lexicon = options.read_lexicon(options.resolve())
    try:
        vectors = StoredVectors.learn(out.name, lines, lexicon)
    except ValueError:
        raise InputError([Problem(Message("vectors.no_terms", {"lines": len(lines)}), str(texts[0]))]) from None
    write_vectors(out, vectors)
    return vectors, warnings
