"""What can go wrong by somebody else's hand. A programmer's mistake stays ``ValueError`` or ``TypeError``."""

from collections.abc import Sequence

from matcher.domain.messages import Message, Problem


class MatcherError(Exception):
    """
    Something that the user can put right.

    Parameters
    ----------
    messages : sequence of Message or Problem
        Everything that was found, not only the first; ``str`` gives one sentence a line.
    """

    def __init__(self, messages: Sequence[Message | Problem]) -> None:
        super().__init__(messages)
        self.messages = tuple(messages)

    def __str__(self) -> str:
        return "\n".join(str(message) for message in self.messages)


class InputError(MatcherError):
    """
    Files or records that can't be used as they are; ``messages`` are problems with their places.

    Parameters
    ----------
    problems : sequence of Problem
    warnings : sequence of Problem
        What is worth a look besides.
    """

    def __init__(self, problems: Sequence[Message | Problem], warnings: Sequence[Problem] = ()) -> None:
        super().__init__(problems)
        self.warnings = tuple(warnings)


class SettingsError(MatcherError):
    """A setting that does not exist, or whose value is out of its range."""


class StorageError(MatcherError):
    """A file, a folder or the database that can't be written, or read."""


class Unreachable(StorageError):
    """A database that does not answer, or lets nobody in: it may in a while, though nothing is changed here."""


class NotAllowed(MatcherError):
    """What the state of a round, of a form or of a placement does not allow, or the role of whoever asks."""


class SignInRefused(NotAllowed):
    """A login, an invitation or a password that opens nothing; why, is not told to whoever tries."""


class Throttled(NotAllowed):
    """
    A login after too many that failed, or among too many at once.

    Parameters
    ----------
    messages : sequence of Message
    wait_s : int
        After how many seconds it may be tried again.
    """

    def __init__(self, messages: Sequence[Message | Problem], wait_s: int) -> None:
        super().__init__(messages)
        self.wait_s = wait_s


class Unseen(MatcherError):
    """
    A paper with warnings that whoever asks for it has not read; it was not handed out.

    Parameters
    ----------
    warnings : sequence of Message
    digest : str
        To be given back by whoever has read them.
    """

    def __init__(self, warnings: Sequence[Message | Problem], digest: str) -> None:
        super().__init__(warnings)
        self.digest = digest


class ChangedMeanwhile(MatcherError):
    """What somebody else changed after it was read: nothing was written, and theirs stands."""


class AuditError(MatcherError):
    """A placement list or a claim that the audit refutes. Of our own result: our bug, not the user's."""


class InfeasibleProblem(MatcherError):
    """No assignment keeps every rule; ``reasons`` lists why, each with its sentence."""

    @property
    def reasons(self) -> list[Message | Problem]:
        """Why, in the order in which they were found."""
        return list(self.messages)
