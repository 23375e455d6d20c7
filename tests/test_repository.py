"""What every file of the repository keeps to, whatever it holds."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# Put together here, so that this file does not name what it forbids.
REGISTRY_HOSTS = [
    ".".join(labels)
    for labels in [
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("pypi", "tuna", "tsinghua"),
        ("mirrors", "aliyun"),
        ("mirrors", "ustc"),
        ("anaconda", "org"),
        ("npmjs", "org"),
        ("npmmirror", "com"),
        ("deb", "debian", "org"),
    ]
]
# A folder counts where a path begins, not within a longer path or address.
MACHINE_PATHS = [rf"(?<![\w.~-])/{folder}/" for folder in ("work", "root", "home", "Users")]
BESIDE_THE_CLONE = [re.escape("/".join(("..", "shared")))]


def files_of_the_repository() -> list[Path]:
    """Tracked files and new ones that are not ignored."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("asks git which files belong to the repository: this is no clone, or there is no git")
    command = [git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    return [path for name in names.split("\0") if name and (path := ROOT / name).is_file()]


def lines_that_match(patterns: list[str]) -> list[str]:
    """Each line of the repository that holds one of the patterns, with its place."""
    pattern = re.compile("|".join(patterns).encode())
    return [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:120].decode(errors='replace')}"
        for path in files_of_the_repository()
        for number, line in enumerate(path.read_bytes().splitlines(), start=1)
        if pattern.search(line)
    ]


def test_no_file_names_a_package_registry() -> None:
    assert lines_that_match([re.escape(host) for host in REGISTRY_HOSTS]) == []


def test_no_file_names_a_folder_of_the_machine_it_was_written_on() -> None:
    assert lines_that_match(MACHINE_PATHS) == []


def test_no_file_needs_what_lies_beside_the_clone() -> None:
    assert lines_that_match(BESIDE_THE_CLONE) == []


@pytest.mark.parametrize(
    ("line", "is_a_path_of_a_machine"),
    [
        ("open('" + "/".join(("", "home", "li", "firms.csv")) + "')", True),
        ("/".join(("", "root", ".cache")), True),
        ("file:" + "/".join(("", "", "", "work", "firms.csv")), True),
        ("docs/work/plan.md", False),
        ("<https://example.org/home/page>", False),
    ],
)
def test_a_folder_of_the_machine_is_told_from_a_longer_path(line: str, is_a_path_of_a_machine: bool) -> None:
    assert bool(re.search("|".join(MACHINE_PATHS), line)) is is_a_path_of_a_machine


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-server.lock", "requirements-dev.lock"])
def test_every_requirement_of_a_lock_has_one_version_and_its_hashes(lock: str) -> None:
    entry = re.compile(r"[\w.-]+==[\w.]+ [^\n]*\n +--hash=sha256:")
    entries = re.split(r"\n(?=[a-z])", (ROOT / lock).read_text(encoding="utf-8"))[1:]

    assert entries
    assert [text for text in entries if not entry.match(text)] == []


def test_the_locks_agree_on_every_version_they_share() -> None:
    def versions(lock: str) -> set[str]:
        return set(re.findall(r"^[\w.-]+==[^\\\n]+", (ROOT / lock).read_text(encoding="utf-8"), flags=re.MULTILINE))

    assert versions("requirements.lock") < versions("requirements-server.lock") < versions("requirements-dev.lock")


def test_a_server_has_the_extras_that_it_may_need() -> None:
    lock = (ROOT / "requirements-server.lock").read_text(encoding="utf-8")
    assert [name for name in ("psycopg", "psycopg-binary", "authlib") if f"\n{name}==" not in lock] == []
