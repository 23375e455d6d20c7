"""The files of docs/deployment: what they start exists, and they say what the guide says."""

import base64
import configparser
import re
import shlex
import shutil
import subprocess
import textwrap
import tomllib
from pathlib import Path

import pytest
from sqlalchemy import make_url

from matcher.cli.shared import WRONG_INPUT
from matcher.files.bureau import BUREAU
from matcher.files.stationery import TEMPLATES
from matcher.services.server import ServerSettings, is_near
from matcher.services.tokens import new_token

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "deployment"
UNITS = sorted(path for path in FOLDER.iterdir() if path.suffix in (".service", ".timer"))


class Unit(configparser.RawConfigParser):
    """A unit of systemd: names keep their capitals, and may occur again."""

    def optionxform(self, optionstr: str) -> str:
        return optionstr


def unit(path: Path) -> Unit:
    read = Unit(strict=False)
    read.read(path, encoding="utf-8")
    return read


def test_the_service_is_kept_from_all_that_it_does_not_need() -> None:
    service = unit(FOLDER / "matcher.service")["Service"]
    assert service["ExecStart"] == "/opt/matcher/bin/matcher serve"
    assert service["User"] == "matcher"
    assert (service["Restart"], service["RestartPreventExitStatus"]) == ("on-failure", str(WRONG_INPUT))
    assert (service["NoNewPrivileges"], service["ProtectSystem"], service["UMask"]) == ("true", "strict", "0077")


def test_the_backup_may_write_where_sqlite_has_to_and_be_made_twice_a_day() -> None:
    backup = (FOLDER / "matcher-backup.service").read_text(encoding="utf-8")
    folders = unit(FOLDER / "matcher-backup.service")["Service"]["ReadWritePaths"].split()
    assert folders == ["/var/backups/matcher", "/var/lib/matcher"]
    assert f"MATCHER_HOME={folders[1]}\n" in (FOLDER / "matcher.env").read_text(encoding="utf-8")
    assert f'database backup --replace "{folders[0]}/$(date' in backup


def test_every_name_in_the_environment_is_one_that_is_read() -> None:
    names = set(re.findall(r"^(?:# )?([A-Z_]+)=", (FOLDER / "matcher.env").read_text(encoding="utf-8"), re.MULTILINE))
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "matcher").rglob("*.py"))
    assert names == {"MATCHER_HOME", "MATCHER_DATABASE_URL", "MATCHER_SECRET"}
    assert {name for name in names if f'"{name}"' not in code} == set()


def test_the_server_settings_are_read() -> None:
    read = ServerSettings.model_validate(tomllib.loads((FOLDER / "server.toml").read_text(encoding="utf-8")))
    assert (read.is_secure, read.proxy) == (True, "127.0.0.1")


def test_the_proxy_passes_on_what_the_service_asks_for() -> None:
    proxy = (FOLDER / "nginx.conf").read_text(encoding="utf-8")
    for line in ("Host $host", "Upgrade $http_upgrade", "X-Forwarded-For $proxy_add_x_forwarded_for"):
        assert f"proxy_set_header {line};" in proxy
    assert "ip_hash;" in proxy
    assert str(ServerSettings().port) in proxy


def test_every_file_is_named_in_the_guide() -> None:
    guide = (ROOT / "docs" / "guides" / "deployment.md").read_text(encoding="utf-8")
    assert [path.name for path in FOLDER.iterdir() if path.name not in guide] == []


def test_what_the_guide_puts_in_its_place_is_named_from_the_clone() -> None:
    guide = (ROOT / "docs" / "guides" / "deployment.md").read_text(encoding="utf-8")
    lines = re.findall(r"^ +(?:cp|install -m .*? -g matcher) (.*) /(?:etc|var)/", guide, re.MULTILINE)
    named = [ROOT / word for line in lines for word in line.split()]
    assert sorted(named) == sorted(FOLDER.iterdir())


def test_a_server_is_installed_from_its_lock_and_from_nothing_else() -> None:
    guide = (ROOT / "docs" / "guides" / "deployment.md").read_text(encoding="utf-8")
    installed = {line.split(" install ")[1] for line in guide.splitlines() if "/pip install " in line}
    of_lock = {words for words in installed if words == "--require-hashes -r requirements-server.lock"}
    assert of_lock
    assert {words.split()[0] for words in installed - of_lock} == {"--no-deps"}


def test_several_servers_are_reached_by_the_proxy_and_know_it() -> None:
    guide = (ROOT / "docs" / "guides" / "deployment.md").read_text(encoding="utf-8").partition("## Several servers")[2]
    stated = re.findall(r"```toml\n(.*?)```", guide, re.DOTALL)
    read = ServerSettings.model_validate(tomllib.loads(textwrap.dedent(stated[0])))
    proxy = (FOLDER / "nginx.conf").read_text(encoding="utf-8")
    assert f"# server {read.address}:{read.port};" in proxy
    assert f"# server {read.proxy}:{read.port};" in proxy  # nginx comes from where the first server is
    assert not is_near(read.address)
    assert not is_near(str(read.proxy))
    example = (FOLDER / "server.toml").read_text(encoding="utf-8")
    assert f'address = "{read.address}"' in example
    assert f'proxy = "{read.proxy}"' in example
    assert [name for name in ("`secret`", f"`{BUREAU}`", f"`{TEMPLATES}/`", "`server.toml`") if name not in guide] == []


def test_a_shell_reads_the_environment_as_systemd_does() -> None:
    text = (FOLDER / "matcher.env").read_text(encoding="utf-8")
    guide = (ROOT / "docs" / "guides" / "deployment.md").read_text(encoding="utf-8")
    remote = re.findall(r'MATCHER_DATABASE_URL="(.*@db.*)"', text)
    assert [f'"{address}"' in guide for address in remote] == [True]
    for line in re.findall(r"^(?:# )?(MATCHER_DATABASE_URL=.*)$", text, re.MULTILINE):
        words = shlex.split(line)  # a stranger to quotation marks would end a command at "&"
        assert len(words) == 1
        assert "&" not in line or line.endswith('"')
        assert make_url(words[0].partition("=")[2]).username == "matcher"


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_systemd_finds_no_fault_in_a_unit(path: Path, tmp_path: Path) -> None:
    known = unit(path)
    assert known.sections()[0] == "Unit"
    tool = shutil.which("systemd-analyze")
    if tool is None:  # its words are checked where it is; that it has the right parts, everywhere
        return
    for each in UNITS:
        text = each.read_text(encoding="utf-8")
        (tmp_path / each.name).write_text(text.replace("/opt/matcher/bin/matcher", "/bin/true"), encoding="utf-8")
    told = subprocess.run([tool, "verify", str(tmp_path / path.name)], capture_output=True, text=True, check=False)
    assert [line for line in told.stderr.splitlines() if path.name in line] == []


def test_the_security_guide_says_how_many_bits_a_token_has() -> None:
    guide = (ROOT / "docs" / "guides" / "security.md").read_text(encoding="utf-8")
    bits = 8 * len(base64.urlsafe_b64decode(new_token() + "=="))
    assert re.findall(r"(?:token of|link has) (\d+) random bits", guide) == [str(bits), str(bits)]
