"""What was changed meanwhile, as a party is told of it: by whom among those it knows, and when where it lives."""

from matcher.domain.errors import ChangedMeanwhile
from matcher.domain.messages import Message, Problem
from matcher.domain.moments import in_china
from matcher.domain.roles import Principal


def for_party(who: Principal, fault: ChangedMeanwhile) -> ChangedMeanwhile:
    """Word a refusal for a party: neither keys of rows nor handles are its words."""
    return ChangedMeanwhile([_worded(who, said) for said in fault.messages])


def _worded(who: Principal, said: Message | Problem) -> Message | Problem:
    if not isinstance(said, Message) or said.code != "store.changed_meanwhile":
        return said
    by, at = said.values.get("by"), said.values.get("at")
    if not (isinstance(by, str) and isinstance(at, str)):
        return Message("own.changed_meanwhile")
    return Message("own.changed_since", {"by": Message(f"own.changed_by.{_whom(who, by)}"), "at": in_china(at)})


def _whom(who: Principal, by: str) -> str:
    if by == who.name:
        return "self"
    return f"colleague.{who.role}" if by.startswith(f"{who.role}:{who.party}#") else "office"
