import http.server
import json
import socketserver
import threading

import pytest

from edge.uplink.hub_key import PinnedHubKey

KEY = "ab" * 32


@pytest.fixture
def hub():
    """A hub that says what `about` holds; closes at the end."""

    class Handler(http.server.BaseHTTPRequestHandler):
        about = {"public_key": KEY}
        url = ""

        def do_GET(self) -> None:
            body = json.dumps(self.about).encode()
            self.send_response(200 if self.path == "/.well-known/twinstore" else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    Handler.url = f"http://127.0.0.1:{server.server_address[1]}"
    yield Handler
    server.shutdown()
    thread.join()
    server.server_close()


def test_is_pinned_at_the_first_contact_and_kept(hub, tmp_path):
    path = tmp_path / "hub.key"
    assert PinnedHubKey("", path, hub.url)() == KEY
    hub.about = {"public_key": "cd" * 32}
    assert PinnedHubKey("", path, hub.url)() == KEY
    assert path.read_text() == KEY


def test_the_settings_go_first(tmp_path):
    key = PinnedHubKey("ef" * 32, tmp_path / "hub.key", "http://127.0.0.1:1")
    assert key() == "ef" * 32


@pytest.mark.parametrize(
    ("about", "message"),
    [
        ([], "expected the hub's public key at /.well-known/twinstore, got none"),
        ({}, "expected the hub's public key at /.well-known/twinstore, got none"),
        ({"public_key": "zz"}, "expected 64 hex digits as the hub's key, got 2 characters"),
    ],
)
def test_a_hub_that_says_something_else_is_not_pinned(hub, tmp_path, about, message):
    hub.about = about
    with pytest.raises(OSError) as refused:
        PinnedHubKey("", tmp_path / "hub.key", hub.url)()
    assert str(refused.value) == message
    assert not (tmp_path / "hub.key").exists()


def test_without_a_hub_there_is_no_key_yet(tmp_path):
    with pytest.raises(OSError):
        PinnedHubKey("", tmp_path / "hub.key", "http://127.0.0.1:1")()
