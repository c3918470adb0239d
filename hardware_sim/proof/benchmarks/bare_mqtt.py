"""The limit of `bench uplink`: one message a fact, QoS 1, paho at both ends, the same broker.

Run as a process it is the receiving end: PORT COUNT; it says "ready", and "done" when COUNT messages have come.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from typing import Any

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

TOPIC = "bare/facts"
HOST = "127.0.0.1"
IN_FLIGHT = 200
WITHIN_S = 120.0


def rate(port: int, bodies: Sequence[str], count: int) -> float:
    """Messages a second, from the first publish here to the last arrival in another process."""
    with subprocess.Popen(
        [sys.executable, "-P", "-m", __name__, str(port), str(count)],
        stdout=subprocess.PIPE,
        text=True,
    ) as receiver:
        assert receiver.stdout is not None
        receiver.stdout.readline()
        started_s = time.perf_counter()
        _publish(port, bodies, count)
        if receiver.stdout.readline().strip() != "done":
            raise RuntimeError(f"Expected {count:,} messages within {WITHIN_S:g} s, got fewer.")
        return count / (time.perf_counter() - started_s)


def client(name: str) -> Client:
    """Its on_socket_open sets TCP_NODELAY: without it a QoS 1 round trip waits 40 ms for a delayed ack."""
    client = Client(CallbackAPIVersion.VERSION2, name, protocol=MQTTProtocolVersion.MQTTv5)
    client.max_inflight_messages_set(IN_FLIGHT)
    client.max_queued_messages_set(0)
    client.on_socket_open = _no_delay
    return client


def _no_delay(_client: Client, _userdata: object, connection: Any) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _publish(port: int, bodies: Sequence[str], count: int) -> None:
    ours = client("bare-sender")
    room = threading.Semaphore(4 * IN_FLIGHT)
    connected = threading.Event()
    ours.on_connect = lambda *_: connected.set()
    ours.on_publish = lambda *_: room.release()
    ours.connect(HOST, port)
    ours.loop_start()
    connected.wait(WITHIN_S)
    for number in range(count):
        room.acquire()
        ours.publish(TOPIC, bodies[number % len(bodies)], qos=1)
    for _ in range(4 * IN_FLIGHT):
        room.acquire()
    ours.loop_stop()
    ours.disconnect()


def receive(port: int, count: int) -> None:
    done, waiting = threading.Event(), iter(range(count - 1))
    ours = client("bare-receiver")

    def arrived(*_: object) -> None:
        if next(waiting, None) is None:
            done.set()

    ours.on_connect = lambda client, *_: client.subscribe(TOPIC, 1)
    ours.on_subscribe = lambda *_: _say("ready")
    ours.on_message = arrived
    ours.connect(HOST, port)
    ours.loop_start()
    _say("done" if done.wait(WITHIN_S) else "late")
    ours.loop_stop()


def _say(word: str) -> None:
    sys.stdout.write(word + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    receive(int(sys.argv[1]), int(sys.argv[2]))
