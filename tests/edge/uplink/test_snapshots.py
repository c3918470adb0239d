"""A snapshot over real HTTP: resumed, verified, and refused whole where anything is wrong with it."""

import hashlib
import http.server
import socketserver
import sqlite3
import threading
import zlib
from collections.abc import Iterator

import pytest

from contract.feeds import SnapshotReference, canonical
from edge.keys import load_or_make, verify
from edge.uplink import snapshots
from edge.uplink.feeds import SnapshotFetcher
from edge.uplink.snapshots import CorruptSnapshotError, SnapshotUnavailableError

ROWS = [(f"A{n}", n, canonical({"sku": f"A{n}"})) for n in range(1, 400)]


class Hub:
    """Serves one file; cuts the first answers short, or says something else."""

    def __init__(self) -> None:
        self.payload = b""
        self.cut_after: list[int] = []
        self.status = 0
        self.has_ranges = True
        self.asked: list[str] = []
        hub = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                hub.answer(self)

            def log_message(self, *_: object) -> None:
                pass

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()

    def answer(self, request: http.server.BaseHTTPRequestHandler) -> None:
        wanted = request.headers.get("Range", "bytes=0-")
        self.asked.append(wanted)
        first = int(wanted.removeprefix("bytes=").removesuffix("-")) if self.has_ranges else 0
        body = self.payload[first:]
        request.send_response(self.status or (206 if self.has_ranges else 200))
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body[: self.cut_after.pop(0)] if self.cut_after else body)

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def hub() -> Iterator[Hub]:
    hub = Hub()
    yield hub
    hub.close()


@pytest.fixture
def key(tmp_path):
    return load_or_make(tmp_path / "hub" / "key")


@pytest.fixture
def make(tmp_path, hub, key):
    """Builds, packs and signs a snapshot as a hub would, and serves it."""

    def build(feed="catalogue", version=7, meta_version=None, spoil=None) -> SnapshotReference:
        path = tmp_path / "built.sqlite3"
        path.unlink(missing_ok=True)
        database = sqlite3.connect(path)
        database.execute("CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT)")
        database.execute("CREATE TABLE row (key TEXT PRIMARY KEY, version INTEGER, body TEXT)")
        meta = {"feed": feed, "version": str(meta_version or version), "format": "1"}
        database.executemany("INSERT INTO meta VALUES (?, ?)", list(meta.items()))
        database.executemany("INSERT INTO row VALUES (?, ?, ?)", ROWS)
        database.commit()
        database.close()
        plain = path.read_bytes()
        hub.payload = spoil(plain) if spoil else zlib.compress(plain)
        return signed(key, feed, version, hub.payload)

    return build


def signed(key, feed, version, payload, **more) -> SnapshotReference:
    reference = SnapshotReference(
        feed=feed,
        version=version,
        path="/snapshots/x",
        size_bytes=len(payload),
        sha256=hashlib.sha256(payload).hexdigest(),
        signature="",
        **more,
    )
    signature = key.sign(reference.signed_text()).hex()
    return reference.model_copy(update={"signature": signature})


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "snapshots"


@pytest.fixture
def fetch(hub, folder, key):
    return SnapshotFetcher(hub.url, folder, lambda: key.public, verify)


def test_arrives_whole_and_nothing_else_is_left(make, fetch, folder):
    staged = fetch(make())
    assert list(snapshots.rows(staged)) == ROWS
    assert list(folder.iterdir()) == [staged]


def test_is_resumed_where_the_line_was_cut(make, fetch, hub):
    reference = make()
    hub.cut_after = [1000, 500]
    for _ in range(2):
        with pytest.raises(SnapshotUnavailableError):
            fetch(reference)
    assert list(snapshots.rows(fetch(reference))) == ROWS
    assert hub.asked == ["bytes=0-", "bytes=1000-", "bytes=1500-"]


def test_a_hub_without_ranges_sends_all_again(make, fetch, hub):
    reference = make()
    hub.has_ranges = False
    hub.cut_after = [1000]
    with pytest.raises(SnapshotUnavailableError):
        fetch(reference)
    assert list(snapshots.rows(fetch(reference))) == ROWS


def test_the_message_of_a_cut_line(make, fetch, hub):
    reference = make()
    hub.cut_after = [1000]
    with pytest.raises(SnapshotUnavailableError) as refused:
        fetch(reference)
    assert str(refused.value).startswith("The catalogue snapshot 7 did not arrive: ")
    assert str(refused.value).endswith("The rest is fetched at the next attempt.")


def test_an_answer_that_is_no_file_begins_afresh(make, fetch, hub, folder):
    reference = make()
    hub.cut_after = [1000]
    with pytest.raises(SnapshotUnavailableError):
        fetch(reference)
    hub.status = 404
    with pytest.raises(SnapshotUnavailableError, match="the hub answered 404"):
        fetch(reference)
    assert list(folder.iterdir()) == []


def test_one_flipped_bit_is_refused_and_thrown_away(make, fetch, hub, folder):
    reference = make()
    spoilt = bytearray(hub.payload)
    spoilt[len(spoilt) // 2] ^= 1
    hub.payload = bytes(spoilt)
    with pytest.raises(CorruptSnapshotError) as refused:
        fetch(reference)
    digest = hashlib.sha256(hub.payload).hexdigest()
    assert str(refused.value) == (
        "The catalogue snapshot 7 is damaged and was not used: "
        f"expected SHA-256 {reference.sha256[:12]}…, got {digest[:12]}…. "
        "The shop sells on from the one before; it is fetched again later."
    )
    assert list(folder.iterdir()) == []


def test_another_key_is_refused(make, hub, folder, tmp_path):
    other = load_or_make(tmp_path / "other" / "key")
    fetch = SnapshotFetcher(hub.url, folder, lambda: other.public, verify)
    with pytest.raises(CorruptSnapshotError, match="its signature is not the hub's"):
        fetch(make())
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 8}, "its signature is not the hub's"),
        ({"feed": "prices"}, "its signature is not the hub's"),
        ({"signature": "no hex"}, "its signature is not the hub's"),
        ({"format": 2}, "expected format 1, got 2"),
    ],
)
def test_a_reference_that_was_changed_is_refused(make, fetch, change, message):
    with pytest.raises(CorruptSnapshotError, match=message):
        fetch(make().model_copy(update=change))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda plain: b"no zlib at all", "incorrect header check"),
        (lambda plain: zlib.compress(plain)[:-20], "expected a whole zlib stream"),
        (lambda plain: zlib.compress(b"no database" * 500), "file is not a database"),
        (lambda plain: zlib.compress(plain[: len(plain) // 2]), "malformed"),
    ],
)
def test_signed_nonsense_is_refused_too(make, fetch, folder, spoil, message):
    with pytest.raises(CorruptSnapshotError, match=message):
        fetch(make(spoil=spoil))
    assert list(folder.iterdir()) == []


def test_another_version_inside_is_refused(make, fetch):
    with pytest.raises(
        CorruptSnapshotError, match=r"expected \{'feed': 'catalogue', 'version': '7'\}"
    ):
        fetch(make(meta_version=6))


def test_a_bomb_is_refused(make, fetch, mocker):
    mocker.patch.object(snapshots, "MAX_INFLATED_BYTES", 10_000)
    with pytest.raises(CorruptSnapshotError, match="expected at most 10000 bytes inflated"):
        fetch(make())


def test_an_older_download_is_forgotten(make, fetch, hub, folder):
    old = make(version=6)
    hub.cut_after = [1000]
    with pytest.raises(SnapshotUnavailableError):
        fetch(old)
    staged = fetch(make(version=7))
    assert list(folder.iterdir()) == [staged]


def test_a_hub_whose_key_is_not_known_is_asked_again_later(make, hub, folder):
    def unknown() -> str:
        raise OSError("no route")

    fetch = SnapshotFetcher(hub.url, folder, unknown, verify)
    with pytest.raises(SnapshotUnavailableError, match="the hub's key is not known: no route"):
        fetch(make())
