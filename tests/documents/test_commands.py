"""Each command stands in a block of the README or of a guide. That what stands there exists, `test_faults.py` sees."""

import pytest

from tests.documents.faults import BLOCK, ROOT, called, calls, every, tree

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs" / "guides").glob("*.md"))]
BLOCKS = [block for page in PAGES for block in BLOCK.findall(page.read_text(encoding="utf-8"))]
SHOWN = {called(words)[0] for block in BLOCKS for words in calls(block)}


@pytest.mark.parametrize("path", [path for path, _ in every(tree())], ids=" ".join)
def test_every_command_is_shown_in_the_readme_or_a_guide(path: tuple[str, ...]) -> None:
    assert path in SHOWN
