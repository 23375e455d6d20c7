"""One press after another: what is asked for is done to its end, whatever is pressed next, and whoever leaves."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from streamlit.runtime.scriptrunner import ScriptRunner
from streamlit.runtime.scriptrunner_utils.script_requests import ScriptRequestType
from streamlit.runtime.state.safe_session_state import SafeSessionState


def take_turns() -> None:
    """
    Let nothing interrupt what a press asks for, nor undo it; to be called once, before anybody comes.

    Streamlit looks for newer presses whenever a script, or a callback, reads or writes its state, and leaves it there
    and then: a double click ended a callback between saving and telling so. The scripts of our pages may be left
    halfway, for the next one draws everything anew; a callback may not. ``runner.fastReruns`` is off besides, so that
    no second thread begins the next callback meanwhile.

    Nor does a page that goes away take back what it asked for last. Streamlit stops its session, and drops what is not
    begun yet: what was typed a moment before was lost where the machine had much to do.
    """
    if not hasattr(SafeSessionState.on_script_will_rerun, "__wrapped__"):
        SafeSessionState.on_script_will_rerun = _undisturbed(  # ty: ignore[invalid-assignment]
            SafeSessionState.on_script_will_rerun
        )
        ScriptRunner.request_stop = _after_what_is_asked(ScriptRunner.request_stop)  # ty: ignore[invalid-assignment]


def _undisturbed(theirs: Callable[..., None]) -> Callable[..., None]:
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

    return undisturbed


def _after_what_is_asked(theirs: Callable[[ScriptRunner], None]) -> Callable[[ScriptRunner], None]:
    @wraps(theirs)
    def after_what_is_asked(self: ScriptRunner) -> None:
        with self._requests._lock:
            is_asked = self._requests._state is ScriptRequestType.RERUN
        # One that has done all it was asked for ends by itself. To its end: a draft is kept where its page is drawn.
        if not is_asked:
            theirs(self)

    return after_what_is_asked
