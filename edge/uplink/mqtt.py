"""The box's only MQTT client (MQTT 5.0, OASIS 2019), and the only import of paho in the box.

paho has one owner thread here: it connects, reads, writes and reconnects; a queue goes in, callbacks that only
enqueue go out. Each connection gets a fresh client, so that nothing of an earlier one is ever sent again: what must
arrive is in the outbox, not in paho's memory. The broker is a wire: clean start, session expiry 0.

Known bad behaviour that this file works around: 44 ms a packet without TCP_NODELAY on our side (paho issue 874);
`publish` while offline queues in memory; an exception in a callback ends paho's own thread silently.
"""

from __future__ import annotations

import logging
import queue
import random
import select
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from typing import Any, Final, Protocol

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from contract.broker import Broker
from contract.envelope import MAX_MESSAGE_BYTES, State, to_json
from contract.topics import HUB_STATE, Address, Up, every_down, parse, up
from edge.clock import Clock
from edge.uplink.wire import LineStatus, Outgoing

log = logging.getLogger(__name__)

KEEPALIVE_S: Final = 10
GOODBYE_S: Final = 0.5
CONNECT_TIMEOUT_S: Final = 5.0
STABLE_S: Final = 5.0  # a connection that lived shorter counts as one more failed attempt
ALARM_HOLD_S: Final = 120.0
IDLE_S: Final = 1.0  # paho's keep-alive needs a look this often
MAX_QUEUED: Final = 512
MAX_IN_FLIGHT: Final = 100  # above the widest window (64) plus pulls and state
MAX_PACKET_BYTES: Final = (
    4 * MAX_MESSAGE_BYTES
)  # what a broker may send at all; above the contract it is refused
FAILED: Final = 0x80  # reason codes from here on are refusals (MQTT 5.0, 2.4)
TAKEN_OVER: Final = 0x8E
# mosquitto 2.0.11 closes a connection that is taken over without saying 0x8E; two boxes with one id are then seen
# only by connections that are accepted and soon closed, over and over.
SHORT_LIVED_LIMIT: Final = 3
TLS_REFUSAL: Final = (
    "_ALERT_"  # in what OpenSSL says where the other end has refused (RFC 8446, 6.2)
)

# What paho 2.2 lets out for bytes that are not MQTT, besides its own MQTTException (a subclass of Exception).
_GARBLED: Final = (ValueError, IndexError, KeyError, struct.error, TypeError)


class Listener(Protocol):
    """Called in the line's own thread: must enqueue and return."""

    def connected(self) -> None: ...
    def disconnected(self) -> None: ...
    def received(self, address: Address, payload: bytes) -> None: ...
    def hub_state(self, payload: bytes) -> None: ...


def full_jitter_s(attempt: int, limit_s: float, uniform: Callable[[float, float], float]) -> float:
    """How long to wait before attempt number `attempt` (0 = the first repeat): anything up to 1, 2, 4 … s.

    The whole interval is drawn, so that a thousand boxes behind a broker that comes back do not arrive together.
    """
    return uniform(0.0, min(limit_s, 2.0 ** min(attempt, 16)))


class Line:
    """Keeps one connection to the broker. `send` may be called from any thread."""

    def __init__(
        self,
        broker: Broker,
        edge_id: str,
        boot: str,
        clock: Clock,
        listener: Listener,
        reconnect_limit_s: float = 60.0,
    ) -> None:
        self.status = LineStatus()
        self._broker = broker
        self._edge_id = edge_id
        self._boot = boot
        self._clock = clock
        self._listener = listener
        self._reconnect_limit_s = reconnect_limit_s
        self._outgoing: queue.Queue[Outgoing] = queue.Queue(MAX_QUEUED)
        self._stopping = threading.Event()
        self._online_since_s = 0.0
        self._wake_reader, self._wake_writer = socket.socketpair()
        self._wake_reader.setblocking(False)
        self._wake_writer.setblocking(False)
        self._thread = threading.Thread(target=self._run, name="line", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout_s: float = 2.0) -> None:
        """Says goodbye where the line is up; the Will says it where it is not."""
        self._stopping.set()
        self._wake()
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        self._wake_reader.close()
        self._wake_writer.close()

    def send(self, outgoing: Outgoing) -> bool:
        """False where the line is down or its queue is full: the caller sends again from what it keeps."""
        if not self.status.is_online:
            return False
        try:
            self._outgoing.put_nowait(outgoing)
        except queue.Full:
            self.status.counters["queue_full"] += 1
            return False
        self._wake()
        return True

    def _wake(self) -> None:
        try:
            self._wake_writer.send(b"\0")
        except (BlockingIOError, OSError):
            return  # a full pipe wakes just as well; a closed one has nobody left to wake

    def _run(self) -> None:
        attempt = short_lived = 0
        while not self._stopping.is_set():
            started_s = self._clock.monotonic()
            was_accepted = self._connect_and_serve()
            is_stable = self._clock.monotonic() - started_s >= STABLE_S
            attempt = 0 if is_stable else attempt + 1
            short_lived = short_lived + 1 if was_accepted and not is_stable else 0
            if short_lived >= SHORT_LIVED_LIMIT:
                self._alarm("keeps_being_closed", "another box may use this edge id")
            wait_s = full_jitter_s(attempt, self._reconnect_limit_s, random.uniform)
            self._stopping.wait(wait_s)

    def _connect_and_serve(self) -> bool:
        """Whether the broker had accepted us before the connection ended."""
        self.status.counters["attempts"] += 1
        client = self._connect()
        if client is None:
            return False
        try:
            self._serve(client)
        except Exception as error:  # noqa: BLE001 - said below
            # paho raises its own bare Exception subclasses for bytes that are not MQTT. Whatever it is, this
            # thread is the box's only way out and must live: count it, drop the connection, come back later.
            self._dropped(client, error)
        return self._went_offline()

    def _connect(self) -> Client | None:
        try:
            client = self._make_client()
        except OSError as error:
            self._alarm("untrusted", str(error))  # a certificate that cannot be read
            return None
        host, port = self._broker.host, self._broker.port
        words = _start_of_version_5() if self._broker.is_version_5 else {}
        try:
            client.connect(host, port, keepalive=KEEPALIVE_S, **words)
        except (OSError, ValueError) as error:
            if is_distrust(error):
                self._alarm("untrusted", str(error))
            self.status.detail = str(error)
            log.debug("No line to %s:%s: %s", host, port, error)
            return None
        return client

    def _serve(self, client: Client) -> None:
        while (wire := client.socket()) is not None:
            if self._stopping.is_set():
                self._say_goodbye(client)
                return
            writable = [wire] if client.want_write() else []
            # An encrypted socket may hold decoded bytes that select cannot see.
            has_pending = isinstance(wire, ssl.SSLSocket) and wire.pending() > 0
            ready, _, _ = select.select(
                [wire, self._wake_reader], writable, [], 0.0 if has_pending else IDLE_S
            )
            if wire in ready or has_pending:
                client.loop_read()
            if self._wake_reader in ready:
                self._wake_reader.recv(4096)
            self._publish_queued(client)
            self._calm_down()
            if client.want_write():
                client.loop_write()
            client.loop_misc()

    def _calm_down(self) -> None:
        """Two boxes with one id take each other's connection over every few seconds: the alarm outlives those."""
        if self.status.alarm and self._clock.monotonic() - self._online_since_s > ALARM_HOLD_S:
            self.status.alarm = ""

    def _publish_queued(self, client: Client) -> None:
        while self.status.is_online:
            try:
                outgoing = self._outgoing.get_nowait()
            except queue.Empty:
                return
            info = client.publish(
                outgoing.topic, outgoing.payload, outgoing.qos, outgoing.is_retained
            )
            if info.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
                self.status.counters["publish_failed"] += 1

    def _dropped(self, client: Client, error: Exception) -> None:
        kind = "malformed" if isinstance(error, _GARBLED) else "line_error"
        self.status.counters[kind] += 1
        self.status.detail = f"{type(error).__name__}: {error}"
        log.warning("The line was dropped: %s", self.status.detail)
        if (wire := client.socket()) is not None:
            wire.close()

    def _say_goodbye(self, client: Client) -> None:
        """A clean DISCONNECT keeps the Will from being sent, so the state is said first."""
        client.publish(*self._presence(is_online=False))
        client.disconnect()
        while client.want_write() and (wire := client.socket()) is not None:
            if not select.select([], [wire], [], GOODBYE_S)[1]:
                return  # nobody reads at the other end; its Will says the rest
            client.loop_write()

    def _presence(self, *, is_online: bool) -> tuple[str, str, int, bool]:
        state = State(online=is_online, boot=self._boot, at=self._clock.now())
        return up(self._edge_id, Up.STATE), to_json(state), 1, True

    def _went_offline(self) -> bool:
        was_online, self.status.is_online = self.status.is_online, False
        while not self._outgoing.empty():
            self._outgoing.get_nowait()
        if was_online:
            self._listener.disconnected()
        return was_online

    # --- paho's callbacks, in the line's thread ---

    def _make_client(self) -> Client:
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._edge_id,
            protocol=MQTTProtocolVersion.MQTTv5
            if self._broker.is_version_5
            else MQTTProtocolVersion.MQTTv311,
            reconnect_on_failure=False,
        )
        client.connect_timeout = CONNECT_TIMEOUT_S
        client.max_inflight_messages = MAX_IN_FLIGHT
        if self._broker.username:
            password = self._broker.password.get_secret_value()
            client.username_pw_set(self._broker.username, password or None)
        if self._broker.is_encrypted:
            client.tls_set_context(encryption(self._broker))
            client.on_log = self._on_log
        will = State(online=False, boot=self._boot)
        client.will_set(up(self._edge_id, Up.STATE), to_json(will), qos=1, retain=True)
        client.on_socket_open = _without_delay
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_publish = self._on_publish
        client.on_message = self._on_message
        return client

    def _on_connect(
        self,
        client: Client,
        _userdata: object,
        _flags: ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.value >= FAILED:
            self._alarm("connect_refused", str(reason))
            return
        client.subscribe([(every_down(self._edge_id), 1), (HUB_STATE, 1)])
        client.publish(*self._presence(is_online=True))
        self.status.counters["connects"] += 1
        self.status.detail = "online"
        self.status.is_online = True
        self._online_since_s = self._clock.monotonic()
        self._listener.connected()

    def _on_log(self, _client: Client, _userdata: object, _level: int, text: str) -> None:
        """TLS 1.3 lets a client speak before it is refused, and paho gives the reason to its log alone."""
        if TLS_REFUSAL in text:
            self._alarm("untrusted", text)

    def _on_disconnect(
        self,
        _client: Client,
        _userdata: object,
        _flags: DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        self.status.detail = str(reason)
        if reason.value == TAKEN_OVER:
            self._alarm("taken_over", "another box uses this edge id")

    def _on_subscribe(
        self,
        _client: Client,
        _userdata: object,
        _mid: int,
        reasons: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        for reason in reasons:
            if reason.value >= FAILED:
                self._alarm("subscribe_refused", str(reason))

    def _on_publish(
        self,
        _client: Client,
        _userdata: object,
        _mid: int,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.value >= FAILED:
            self._alarm("publish_refused", str(reason))

    def _on_message(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        if len(message.payload) > MAX_MESSAGE_BYTES:
            self._refuse("oversized", f"{len(message.payload)} bytes on {message.topic}")
            return
        if message.topic == HUB_STATE:
            self._listener.hub_state(bytes(message.payload))
            return
        try:
            address = parse(message.topic)
        except ValueError as error:
            self._refuse("malformed", str(error))
            return
        self._listener.received(address, bytes(message.payload))

    def _refuse(self, kind: str, detail: str) -> None:
        self.status.counters[kind] += 1
        log.warning("Refused a message (%s): %s", kind, detail)

    def _alarm(self, kind: str, detail: str) -> None:
        self.status.counters[kind] += 1
        self.status.alarm = kind
        self.status.detail = detail
        log.warning("Alarm on the line (%s): %s", kind, detail)


def encryption(broker: Broker) -> ssl.SSLContext:
    """TLS 1.2 or newer, with the broker's certificate and its name in it checked.

    Raises OSError, with the name of a file that cannot be read; what such a file holds is an ssl.SSLError.
    """
    for path in (broker.ca, broker.certificate, broker.key):
        if path is not None:
            path.read_bytes()  # OpenSSL does not say which one
    context = ssl.create_default_context(cafile=broker.ca)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if broker.certificate is not None:
        context.load_cert_chain(broker.certificate, broker.key, password="")
    return context


def is_distrust(error: Exception) -> bool:
    """Whether the other end is there, but one of the two does not accept the other's certificate or its TLS."""
    is_cut = isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError))
    return isinstance(error, ssl.SSLError) and not is_cut


def _start_of_version_5() -> dict[str, Any]:
    """What `connect` takes with MQTT 5 alone; in 3.1.1 a clean session is paho's default."""
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.SessionExpiryInterval = 0
    properties.MaximumPacketSize = MAX_PACKET_BYTES
    return {"clean_start": True, "properties": properties}


def _without_delay(_client: Client, _userdata: object, wire: Any) -> None:
    wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
