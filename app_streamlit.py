"""
The door of the page server: builds the app. What is shown is in `matcher.pages`, who may see it in `matcher.web`.

Works with ``streamlit run app_streamlit.py``, ``python app_streamlit.py`` and ``AppTest.from_file``; ``matcher serve``
starts it too.
"""

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

if get_script_run_ctx(suppress_warning=True) is not None:
    from matcher.pages.frame import show

    show()
else:
    from matcher.web.app import doors

    app = st.App(__file__, **doors(__file__, is_bound=__name__ != "__main__"))
    if __name__ == "__main__":
        from matcher.web.serving import run

        run(app)
