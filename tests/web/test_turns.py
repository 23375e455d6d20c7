"""What a page asks for is done, though the page goes away at once."""

import asyncio
from collections.abc import Iterator

import pytest
from streamlit.runtime.fragment import MemoryFragmentStorage
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import RerunData, ScriptRunner
from streamlit.runtime.scriptrunner_utils.script_requests import ScriptRequestType
from streamlit.runtime.state import SessionState
from streamlit.runtime.state.safe_session_state import SafeSessionState

from matcher.web.turns import take_turns


@pytest.fixture
def runner(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptRunner]:
    for kind, name in ((ScriptRunner, "request_stop"), (SafeSessionState, "on_script_will_rerun")):
        monkeypatch.setattr(kind, name, getattr(kind, name))  # what is put in its place is undone
    take_turns()
    loop = asyncio.new_event_loop()
    yield ScriptRunner(
        session_id="one",
        main_script_path="app_streamlit.py",
        session_state=SessionState(),
        uploaded_file_mgr=MemoryUploadedFileManager("/upload"),
        script_cache=None,  # ty: ignore[invalid-argument-type]
        initial_rerun_data=RerunData(),
        user_info={},
        fragment_storage=MemoryFragmentStorage(),
        pages_manager=PagesManager("app_streamlit.py"),
        event_loop=loop,
    )
    loop.close()


def test_what_is_asked_for_is_done_though_the_page_goes_away_before_it_is_begun(runner: ScriptRunner) -> None:
    runner.request_stop()

    assert runner._requests.on_scriptrunner_ready().type is ScriptRequestType.RERUN
    assert runner._requests.on_scriptrunner_ready().type is ScriptRequestType.STOP  # and ends by itself


def test_what_is_drawn_for_a_page_that_goes_away_is_left_halfway(runner: ScriptRunner) -> None:
    runner._requests.on_scriptrunner_ready()

    runner.request_stop()

    told = runner._requests.on_scriptrunner_yield()
    assert told is not None
    assert told.type is ScriptRequestType.STOP
