"""A cluster of real processes gives what one machine gives, to the byte, even where a worker is killed."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import pytest
from distributed import Client
from filelock import FileLock, Timeout

from matcher.domain.errors import SettingsError, StorageError
from matcher.partitions import Earlier, KeptCounts, Partitions, rank_part, run_parts
from matcher.partitions.running import PartFunction
from matcher.pipeline import rank_texts
from matcher.text import begin_epoch
from tests.city import city_in, run
from tests.partitions.held import HELD, held_part, pid_file
from tests.partitions.test_parts import SETTINGS, assert_same
from tests.strategies import Sample

ROOT = Path(__file__).parents[2]
SIZE = 25


class Cluster:
    """A scheduler and workers on loopback, each a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.running = folder, list[subprocess.Popen[bytes]]()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            where = free.getsockname()
        self.address = f"tcp://127.0.0.1:{where[1]}"
        self.start("scheduler", "--host", self.address, "--no-dashboard")
        until(lambda: answers(where))

    def start(self, *words: str, path: Path = ROOT) -> subprocess.Popen[bytes]:
        log = self.folder / f"{words[0]}-{len(self.running)}.log"
        environment = {**os.environ, "PYTHONPATH": str(path)}
        command = [sys.executable, "-m", "dask", *words]
        with log.open("wb") as said:
            self.running.append(subprocess.Popen(command, cwd=self.folder, env=environment, stdout=said, stderr=said))
        return self.running[-1]

    def with_workers(self, n: int, path: Path = ROOT) -> "Cluster":
        for _ in range(n):
            self.start("worker", self.address, "--nthreads", "1", "--no-nanny", "--no-dashboard", path=path)
        with Client(self.address, timeout=60) as client:
            client.wait_for_workers(n, timeout=60)
        return self

    def stop(self) -> None:
        for process in reversed(self.running):
            process.kill()
            process.wait()


@pytest.fixture
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    found = Cluster(tmp_path_factory.mktemp("cluster"))
    yield found
    found.stop()


@pytest.fixture(scope="module")
def at_work(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster of two workers, for tests that leave it as it is: one alone leaves the parts to whoever asks."""
    found = Cluster(tmp_path_factory.mktemp("at-work"))
    yield found.with_workers(2)
    found.stop()


def answers(where: tuple[str, int]) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(where, timeout=1):
        return True
    return False


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_worker_killed_in_the_middle_of_a_part_loses_and_doubles_nothing(
    cluster: Cluster, sample: Sample, tmp_path: Path
) -> None:
    cluster.with_workers(2)
    workers = {process.pid: process for process in cluster.running[1:]}
    killed, given = [], []

    def kill() -> None:
        until(pid_file(tmp_path).exists)
        pid = int(pid_file(tmp_path).read_text())
        os.kill(pid, signal.SIGKILL)
        killed.append(workers[pid].wait())

    def run(function: PartFunction, folder: Path, numbers: Sequence[int]) -> Iterator[int]:
        assert function is rank_part
        for number in run_parts(held_part, folder, numbers, scheduler=cluster.address):
            given.append(number)
            yield number

    killer = threading.Thread(target=kill, daemon=True)
    killer.start()
    partitions = Partitions(tmp_path, run, size=SIZE)
    found = partitions.rank(sample.experts, sample.needs, SETTINGS, ratings=sample.ratings)
    killer.join(60)

    assert killed == [-signal.SIGKILL]
    with Client(cluster.address) as client:
        assert len(client.scheduler_info()["workers"]) == 1
    n_parts = -(-len(sample.needs) // SIZE)
    assert n_parts > 2 * HELD
    assert sorted(given) == list(range(n_parts))
    assert partitions.done() == set(given)
    assert_same(found, rank_texts(sample.experts, sample.needs, SETTINGS, ratings=sample.ratings))


def test_a_process_killed_on_this_machine_is_told_and_the_next_run_goes_on(sample: Sample, tmp_path: Path) -> None:
    def kill() -> None:
        until(pid_file(tmp_path).exists)
        os.kill(int(pid_file(tmp_path).read_text()), signal.SIGKILL)

    def run(function: PartFunction, folder: Path, numbers: Sequence[int]) -> Iterator[int]:
        assert function is rank_part
        return run_parts(held_part, folder, numbers, jobs=2)

    killer = threading.Thread(target=kill, daemon=True)
    killer.start()
    given = (sample.experts, sample.needs, SETTINGS)
    with pytest.raises(StorageError, match="--jobs"):
        Partitions(tmp_path, run, size=SIZE).rank(*given)
    killer.join(60)
    assert HELD not in Partitions(tmp_path).done()
    assert_same(Partitions(tmp_path, size=SIZE).rank(*given), rank_texts(*given))


def test_processes_end_when_whoever_started_them_is_killed(tmp_path: Path) -> None:
    words = (
        "import sys; from pathlib import Path; from matcher.partitions import run_parts; "
        "from tests.partitions.held import standing_part; "
        "list(run_parts(standing_part, Path(sys.argv[1]), [0, 1], jobs=2))"
    )
    started = subprocess.Popen([sys.executable, "-c", words, str(tmp_path)], cwd=ROOT, stderr=subprocess.DEVNULL)
    until(lambda: len(list(tmp_path.glob("*.begun"))) == 2)
    for number in (0, 1):
        with pytest.raises(Timeout):
            FileLock(tmp_path / f"{number}.lock", timeout=0).acquire()
    started.kill()
    started.wait()
    for number in (0, 1):
        FileLock(tmp_path / f"{number}.lock", timeout=60).acquire()


def test_the_command_gives_the_same_files_on_a_cluster(at_work: Cluster, tmp_path: Path) -> None:
    city = city_in(tmp_path)
    settings = tmp_path / "settings.toml"
    settings.write_text("[ranking]\nfull_market_pairs = 0\nshortlist = 3\n", encoding="utf-8")
    for name, more in (("here", ["--jobs", "1"]), ("there", ["--scheduler", at_work.address])):
        words = ["--settings", settings, "--parquet", "--out", tmp_path / name, *more]
        assert run("assign", city.experts, city.firms, *words) == 0
    names = {path.name for path in (tmp_path / "here").iterdir()}
    assert "placements.parquet" in names
    assert names == {path.name for path in (tmp_path / "there").iterdir()}
    for name in names - {"timing.json"}:
        assert (tmp_path / "here" / name).read_bytes() == (tmp_path / "there" / name).read_bytes(), name


def test_workers_keep_the_counts_of_their_needs_for_the_next_run(
    at_work: Cluster, sample: Sample, tmp_path: Path
) -> None:
    epoch = begin_epoch("2026.npz", [expert.profile for expert in sample.experts], SETTINGS.text)
    earlier = Earlier(KeptCounts(tmp_path / "counts"), tmp_path / "ranking.joblib")
    partitions = Partitions(
        tmp_path / "parts", partial(run_parts, scheduler=at_work.address), size=100, earlier=earlier
    )
    given = sample.experts, sample.needs, SETTINGS
    found = partitions.rank(*given, ratings=sample.ratings, epoch=epoch)

    assert_same(found, rank_texts(*given, ratings=sample.ratings, epoch=epoch))
    # One file of the profiles, and one of the needs of each part.
    assert len(list((tmp_path / "counts").iterdir())) == 1 + len(partitions.done())


def test_a_scheduler_that_does_not_answer_or_has_no_workers_is_told(cluster: Cluster, tmp_path: Path) -> None:
    for address, said in (
        ("tcp://127.0.0.1:1", "tcp://127.0.0.1:1 "),
        ("127.0.0.1", "127.0.0.1 "),
        ("http://127.0.0.1:1", "http:"),
        (cluster.address, "dask worker"),
    ):
        with pytest.raises(SettingsError, match=said):
            list(run_parts(rank_part, tmp_path, [0], scheduler=address))


@pytest.mark.parametrize("said", [b"", b"SSH-2.0-OpenSSH_9.2", b"HTTP/1.1 400 Bad Request", bytes(64)], ids=range(4))
def test_what_is_no_scheduler_is_told_whatever_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: bytes
) -> None:
    monkeypatch.setattr("matcher.partitions.running._ANSWERS_S", 1)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def speak() -> None:
            with contextlib.ExitStack() as stack, contextlib.suppress(OSError):  # until the server is closed
                while True:
                    stack.enter_context(server.accept()[0]).sendall(said)

        speaker = threading.Thread(target=speak, daemon=True)
        speaker.start()
        address = f"127.0.0.1:{server.getsockname()[1]}"
        for scheme in ("tcp", "tls"):  # without certificates
            with pytest.raises(SettingsError, match=f"{scheme}://{address}"):
                list(run_parts(rank_part, tmp_path, [0], scheduler=f"{scheme}://{address}"))
        server.shutdown(socket.SHUT_RDWR)  # a closed one goes on to accept
        speaker.join()


def test_a_worker_of_another_version_is_told_before_anything_is_done(
    at_work: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("matcher.partitions.running.__version__", "0.0.1")
    with pytest.raises(SettingsError, match=r"matcher 0\.0\.1"):
        list(run_parts(rank_part, tmp_path, [0], scheduler=at_work.address))


def test_a_worker_without_this_package_is_told(cluster: Cluster, tmp_path: Path) -> None:
    (tmp_path / "matcher").mkdir()
    (tmp_path / "matcher" / "__init__.py").touch()
    cluster.with_workers(1, tmp_path)
    with pytest.raises(SettingsError, match=r"matcher\.partitions"):
        list(run_parts(rank_part, tmp_path, [0], scheduler=cluster.address))


def test_a_fault_of_a_worker_comes_back_in_words(at_work: Cluster, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="--out"):
        list(run_parts(rank_part, tmp_path / "nowhere", [0, 1], scheduler=at_work.address))
