import re
import socket
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import urlsplit

import pytest
from hypothesis import settings
from sqlalchemy import Engine, create_engine, text

from tests.house import databases, engines
from tests.house.golden import compare
from tests.house.listening import statements
from tests.house.network import NetworkBlockedError
from tests.house.telegram_server import telegram_server
from tests.house.twilio_server import twilio_server
from trajectory.database import Database


class TestNetwork:
    @pytest.mark.parametrize(
        "reach",
        [
            lambda: socket.create_connection(("192.0.2.1", 80), timeout=1),
            lambda: socket.create_connection(("2001:db8::1", 80), timeout=1),
            lambda: socket.create_connection(("example.com", 80), timeout=1),
            lambda: socket.gethostbyname("example.com"),
            lambda: socket.socket(type=socket.SOCK_DGRAM).sendto(b"", ("192.0.2.1", 53)),
        ],
        ids=["ipv4", "ipv6", "name", "look-up", "datagram"],
    )
    @pytest.mark.filterwarnings("ignore::ResourceWarning")
    def test_nothing_leaves_the_machine(
        self, reach: Callable[[], object], refused_connections: list[str]
    ) -> None:
        with pytest.raises(NetworkBlockedError):
            reach()
        assert refused_connections
        refused_connections.clear()

    def test_loopback_and_unix_sockets_are_free(self, tmp_path: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            socket.create_connection(("localhost", server.getsockname()[1]), timeout=5).close()
        with (
            closing(socket.socket(socket.AF_UNIX)) as server,
            closing(socket.socket(socket.AF_UNIX)) as client,
        ):
            server.bind(str(tmp_path / "s"))
            server.listen()
            client.connect(str(tmp_path / "s"))


class TestDatabases:
    def test_answers(self, database_url: str) -> None:
        engine = create_engine(database_url)
        with engine.begin() as connection:
            assert connection.scalar(text("SELECT 1")) == 1
        engine.dispose()

    @pytest.mark.parametrize("turn", [1, 2])
    def test_is_empty_for_every_test(self, database_url: str, turn: int) -> None:
        engine = create_engine(database_url)
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE left_behind (n integer)"))
        engine.dispose()

    def test_two_kinds(self, database_url: str, request: pytest.FixtureRequest) -> None:
        assert database_url.startswith(request.node.callspec.params["database_url"])


@dataclass(eq=False)
class _Test:
    """What pytest knows of a test before it runs."""

    function: str
    kind: str = ""
    variant: str = ""
    mark: str = ""

    @property
    def nodeid(self) -> str:
        return f"{self.function}[{'-'.join(filter(None, (self.kind, self.variant)))}]"

    @property
    def callspec(self) -> SimpleNamespace:
        return SimpleNamespace(params={"migrated_database_url": self.kind} if self.kind else {})

    def get_closest_marker(self, name: str) -> object:
        return self.mark == name or None


def _left(*tests: _Test) -> list[str]:
    left = databases.out_of_turn(cast("list[pytest.Item]", tests))
    return sorted(item.nodeid for item in left)


class TestByTurns:
    def test_the_variants_of_a_test_go_to_one_kind_and_to_the_other(self) -> None:
        name = "tests/bot/test_codes.py::test_a_code"
        tests = [_Test(name, kind, each) for each in "abcd" for kind in databases.KINDS]
        left = _left(*tests)
        assert [each[-2] for each in sorted(left, key=lambda each: each[-2])] == [*"abcd"]
        assert sum("sqlite" in each for each in left) == 2

    def test_tests_of_one_variant_are_not_all_on_the_same_kind(self) -> None:
        names = [f"tests/bot/test_codes.py::test_{n}" for n in range(64)]
        left = _left(*(_Test(name, kind) for name in names for kind in databases.KINDS))
        assert len(left) == 64
        assert 20 < sum("sqlite" in each for each in left) < 44

    @pytest.mark.parametrize(
        "tests",
        [
            [_Test("tests/bot/test_a.py::test_a", kind, mark="both_databases")
             for kind in databases.KINDS],
            [_Test("tests/trajectory/test_a.py::test_a", kind) for kind in databases.KINDS],
            [_Test("tests/bot/test_a.py::test_a", "postgresql")],
            [_Test("tests/bot/test_a.py::test_a")],
        ],
        ids=["marked", "of the store", "only on one", "without a database"],
    )  # fmt: skip
    def test_nothing_else_is_left_out(self, tests: list[_Test]) -> None:
        assert _left(*tests) == []


class TestLentEngines:
    def test_one_that_is_closed_goes_on_to_the_next(self, postgres_migrated: str) -> None:
        first = _lent(postgres_migrated)
        _ask(first)
        first.dispose()
        again = _lent(postgres_migrated)
        assert again is first
        again.dispose()

    def test_what_a_forked_process_forgets_is_not_lent(self, postgres_migrated: str) -> None:
        engine = _lent(postgres_migrated)
        _ask(engine)
        parents = engine.pool
        engine.dispose(close=False)
        other = _lent(postgres_migrated)
        assert other is not engine
        other.dispose()
        parents.dispose()

    def test_of_a_database_that_is_not_lent_nothing_is_kept(self) -> None:
        engines.end("postgresql://localhost/nobodys")

    def test_nobody_listens_on(self, postgres_migrated: str) -> None:
        database = Database(postgres_migrated)
        with suppress(RuntimeError), statements(database) as found:
            with database.read() as connection:
                connection.execute(text("SELECT 1"))
            raise RuntimeError
        with database.write() as connection:
            connection.execute(text("SELECT 2"))
        database.close()
        assert found == ["SELECT 1"]


def _lent(url: str) -> Engine:
    return Database(url).writer_engine()


def _ask(engine: Engine) -> None:
    with engine.begin() as connection:
        assert connection.scalar(text("SELECT 1")) == 1


class TestGolden:
    def test_same_text_passes(self, tmp_path: Path) -> None:
        (tmp_path / "a.txt").write_text("Tak: 4 dage. 3/5 …\n")
        compare(tmp_path / "a.txt", "Tak: 4 dage. 3/5 …\n", update=False)

    def test_another_text_fails_and_shows_where(self, tmp_path: Path) -> None:
        (tmp_path / "a.txt").write_text("one\ntwo\n")
        with pytest.raises(pytest.fail.Exception, match=r"(?s)-two\n\+three.*--update"):
            compare(tmp_path / "a.txt", "one\nthree\n", update=False)
        assert (tmp_path / "a.txt").read_text() == "one\ntwo\n"

    def test_line_ends_count(self, tmp_path: Path) -> None:
        (tmp_path / "a.txt").write_text("one\n")
        with pytest.raises(pytest.fail.Exception, match="line ends"):
            compare(tmp_path / "a.txt", "one", update=False)

    def test_missing_file_fails(self, tmp_path: Path) -> None:
        with pytest.raises(pytest.fail.Exception, match="does not exist"):
            compare(tmp_path / "a.txt", "one\n", update=False)

    def test_update_writes(self, tmp_path: Path) -> None:
        compare(tmp_path / "new" / "a.txt", "one\r\n", update=True)
        assert (tmp_path / "new" / "a.txt").read_bytes() == b"one\r\n"


class TestLocks:
    ROOT = Path(__file__).parent.parent

    def pins(self, name: str) -> set[str]:
        lines = (self.ROOT / name).read_text().splitlines()
        return {line.rstrip(" \\") for line in lines if line[:1].isalnum()}

    def test_development_has_the_versions_that_run(self) -> None:
        assert self.pins("requirements.lock") <= self.pins("requirements-dev.lock")

    @pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
    def test_hashes_and_no_addresses(self, name: str) -> None:
        lock = (self.ROOT / name).read_text()
        assert not re.search(r"https?:|file:|--(find-links|(extra-)?index-url)", lock)
        assert all("==" in pin for pin in self.pins(name))
        assert lock.count("--hash=sha256:") >= len(self.pins(name))


@pytest.mark.parametrize("provider", [telegram_server, twilio_server])
def test_half_a_request_never_came(provider: Callable[[], Any]) -> None:
    head = b"POST /bot/sendMessage HTTP/1.1\r\nContent-Length: 100\r\n\r\n"
    with provider() as server:
        with socket.create_connection(("127.0.0.1", urlsplit(server.url).port)) as caller:
            caller.sendall(head + b"chat_id=4711")
            caller.shutdown(socket.SHUT_WR)
            assert caller.recv(100) == b""
        assert server.calls == []


@pytest.mark.parametrize("provider", [telegram_server, twilio_server])
def test_what_the_dead_have_asked_for_is_done_before_they_count_as_gone(
    provider: Callable[[], Any],
) -> None:
    """Forty callers at once, each of whom is gone before the provider has looked."""
    lines = "POST /bot7/getMe HTTP/1.1", "Content-Length: 0", "", ""
    with provider() as server:
        place = ("127.0.0.1", urlsplit(server.url).port)
        with socket.create_connection(place):
            assert server.server.callers() == 1
            for _ in range(40):
                with socket.create_connection(place) as caller:
                    caller.sendall("\r\n".join(lines).encode())
            server.server.wait_for_callers(1)
            assert len(server.calls) == 40


def test_hypothesis_repeats_itself() -> None:
    assert settings.default is not None
    assert settings.default.derandomize


def test_the_zone_of_the_machine_is_ours() -> None:
    assert "NST" in time.tzname


def test_a_browser_is_a_program(chromium: str) -> None:
    assert Path(chromium).is_file()
