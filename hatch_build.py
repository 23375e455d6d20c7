"""What the wheel carries beside the package, so that `matcher serve` works from it."""

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

BUNDLE = {
    "app_streamlit.py": "matcher/_bundle/app_streamlit.py",
    ".streamlit/config.toml": "matcher/_bundle/.streamlit/config.toml",
    "data": "matcher/_bundle/data",
}


class BundleHook(BuildHookInterface):
    """
    Put the page, its theme and the sample data into ``matcher/_bundle``, laid out as in the repository.

    A hook and not ``force-include``, because hatchling copies what is forced into editable installs too; there the
    files stand beside the package already.
    """

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the bundle to a wheel that is not editable."""
        if version == "standard":
            build_data["force_include"].update(BUNDLE)
