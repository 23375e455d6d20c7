"""One press after another: what a press asks for is done to its end before the next one is looked at."""

from functools import wraps
from typing import Any

from streamlit.runtime.state.safe_session_state import SafeSessionState


def take_turns() -> None:
    """
    Let nothing interrupt what a press asks for; to be called once, before anybody comes.

    Streamlit looks for newer presses whenever a script, or a callback, reads or writes its state, and leaves it there
    and then: a double click ended a callback between saving and telling so. The scripts of our pages may be left
    halfway, for the next one draws everything anew; a callback may not. ``runner.fastReruns`` is off besides, so that
    no second thread begins the next callback meanwhile.
    """
    theirs = SafeSessionState.on_script_will_rerun
    if hasattr(theirs, "__wrapped__"):
        return

    @wraps(theirs)
    def undisturbed(self: SafeSessionState, *given: Any, **named: Any) -> None:
        runner = getattr(self._yield_callback, "__self__", None)
        if runner is None:  # as in tests without a server: nobody else presses
            theirs(self, *given, **named)
            return
        runner._execing = False
        try:
            theirs(self, *given, **named)
        finally:
            runner._execing = True

    SafeSessionState.on_script_will_rerun = undisturbed  # ty: ignore[invalid-assignment]
