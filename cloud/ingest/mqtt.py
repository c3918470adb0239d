"""The wire: MQTT 5 through paho, driven by one thread that owns the client. The only paho import of the hub.

Clean start, session expiry 0, QoS 1, TCP_NODELAY (without it a round trip is 88 ms, with it 0.6 ms). The broker's
word means nothing for durability: what is lost on the way is sent again by the box.
"""

from __future__ import annotations

import contextlib
import logging
import random
import select
import socket
import ssl
from collections import deque
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from cloud.clock import Clock
from cloud.errors import EncryptionError
from cloud.ingest.admission import Packet
from contract import topics
from contract.broker import Broker
from contract.envelope import State, to_json

log = logging.getLogger(__name__)
KEEPALIVE_S = 5
CONNECT_TIMEOUT_S = 5.0
FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 5.0  # boxes wait up to a minute; the hub they all wait for does not
# Larger ones are dropped by the broker: one message must not take the hub's memory.
MAX_PACKET_BYTES = 2_000_000
SILENCE = "The broker %s:%s does not answer (%s): boxes sell on, their facts wait there."
DISTRUST = (
    "The broker %s:%s and the hub do not trust each other (%s): boxes sell on, their facts wait there. "
    "Put the broker's certificate right, or broker_ca and broker_certificate in the hub's settings."
)
TLS_REFUSAL = "_ALERT_"  # in what OpenSSL says where the other end has refused (RFC 8446, 6.2)


class MqttWire:
    """Receives into a queue, publishes, reconnects. `wake` is the one method for other threads."""

    def __init__(self, broker: Broker, worker: str, boot: str, clock: Clock) -> None:
        """Raises EncryptionError where the certificates that `broker` names cannot be used."""
        self._broker = broker
        self._encryption = encryption(broker) if broker.is_encrypted else None
        self._boot = boot
        self._clock = clock
        self._received: deque[Packet] = deque()
        self._shards: frozenset[int] = frozenset()
        self._pause_s = FIRST_PAUSE_S
        self._retry_at_s = 0.0
        self.is_connected = False
        self._awake, self._waker = socket.socketpair()
        self._awake.setblocking(False)
        self._worker = worker
        self._client = self._make_client()

    def _make_client(self) -> Client:
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"twinstore-hub-{self._worker}",
            protocol=MQTTProtocolVersion.MQTTv5
            if self._broker.is_version_5
            else MQTTProtocolVersion.MQTTv311,
            reconnect_on_failure=False,
        )
        if self._broker.username:
            password = self._broker.password.get_secret_value()
            client.username_pw_set(self._broker.username, password or None)
        if self._encryption is not None:
            client.tls_set_context(self._encryption)
            client.on_log = self._on_log
        client.connect_timeout = CONNECT_TIMEOUT_S
        client.max_inflight_messages_set(1_000)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.on_subscribe = self._on_subscribe
        client.on_publish = self._on_publish
        client.on_socket_open = _without_delay
        offline = to_json(State(online=False, boot=self._boot))
        client.will_set(topics.HUB_STATE, offline, qos=1, retain=True)
        return client

    def receive(self, limit: int, timeout_s: float) -> list[Packet]:
        """Up to `limit` packets; waits at most `timeout_s` for the first, not at all for the rest."""
        if self._client.socket() is None:
            self._reconnect(timeout_s)
        self._turn(0.0 if self._received else timeout_s)
        while len(self._received) < limit and self._turn(0.0):
            pass
        return [self._received.popleft() for _ in range(min(limit, len(self._received)))]

    def publish(self, topic: str, payload: str | bytes, *, retain: bool = False) -> None:
        """Queues and sends what the socket takes; without a connection it is dropped on purpose."""
        if self.is_connected:
            self._client.publish(topic, payload, qos=1, retain=retain)

    def subscribe(self, shards: frozenset[int]) -> None:
        """Makes `shards` the shards listened to, now and after every reconnect."""
        gone, new = self._shards - shards, shards - self._shards
        self._shards = shards
        if not self.is_connected:
            return
        if gone:
            self._client.unsubscribe([topics.every_up(shard) for shard in sorted(gone)])
        self._subscribe(new)

    def wake(self) -> None:
        """Ends a wait in `receive` early. Any thread."""
        with contextlib.suppress(BlockingIOError):
            self._waker.send(b"\0")

    def close(self) -> None:
        if self.is_connected:
            offline = to_json(State(online=False, boot=self._boot, at=self._clock.now()))
            self._client.publish(topics.HUB_STATE, offline, qos=1, retain=True)
            self._client.disconnect()
            self._client.loop_write()
        self._awake.close()
        self._waker.close()

    def _turn(self, timeout_s: float) -> bool:
        """One round of reading and writing; False where nothing could be read."""
        connection = self._client.socket()
        if connection is None:
            self._wait(timeout_s)
            return False
        writers = [connection] if self._client.want_write() else []
        # An encrypted connection may hold decoded bytes that select cannot see.
        has_pending = isinstance(connection, ssl.SSLSocket) and connection.pending() > 0
        readable, writable, _ = select.select(
            [connection, self._awake], writers, [], 0.0 if has_pending else timeout_s
        )
        is_readable = has_pending or connection in readable
        if self._awake in readable:
            self._drain_wakes()
        if writable:
            self._client.loop_write()
        if is_readable:
            self._read(connection)
        self._client.loop_misc()
        return is_readable

    def _read(self, connection: Any) -> None:
        try:
            self._client.loop_read()
        except Exception as error:  # noqa: BLE001 - for bytes that are not MQTT paho raises whatever it met
            # Where the next packet begins is lost with it, and so is what the client holds: both begin again.
            log.warning("The broker sent what is not MQTT (%s): the line begins again.", error)
            connection.close()
            self.is_connected = False
            self._client = self._make_client()
            self._back_off()

    def _wait(self, timeout_s: float) -> None:
        if select.select([self._awake], [], [], timeout_s)[0]:
            self._drain_wakes()

    def _drain_wakes(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while self._awake.recv(4096):
                pass

    def _reconnect(self, timeout_s: float) -> None:
        if self._clock.monotonic() < self._retry_at_s:
            return
        words = _start_of_version_5() if self._broker.is_version_5 else {}
        try:
            self._client.connect(self._broker.host, self._broker.port, KEEPALIVE_S, **words)
        except OSError as error:
            said = DISTRUST if is_distrust(error) else SILENCE
            log.warning(said, self._broker.host, self._broker.port, error)
            self._back_off()
        self._wait(0.0 if self._client.socket() else timeout_s)

    def _back_off(self) -> None:
        """Full jitter, so that many workers do not come back in one moment."""
        pause_s = random.uniform(0, self._pause_s)  # noqa: S311 - spreads load, keeps no secret
        self._retry_at_s = self._clock.monotonic() + pause_s
        self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S)

    def _subscribe(self, shards: frozenset[int]) -> None:
        if shards:
            self._client.subscribe([(topics.every_up(shard), 1) for shard in sorted(shards)])

    def _on_connect(
        self, client: Client, userdata: Any, flags: Any, reason: Any, properties: Any
    ) -> None:
        del client, userdata, flags, properties
        if reason.is_failure:
            log.error("The broker refuses the hub: %s.", reason)
            return
        self.is_connected = True
        self._pause_s = FIRST_PAUSE_S
        online = to_json(State(online=True, boot=self._boot, at=self._clock.now()))
        self._client.subscribe(topics.HUB_STATE, 1)
        self._subscribe(self._shards)
        self.publish(topics.HUB_STATE, online, retain=True)
        log.info("Connected to the broker, %s shards.", len(self._shards))

    def _on_log(self, client: Client, userdata: Any, level: int, text: str) -> None:
        """TLS 1.3 lets a client speak before it is refused, and paho gives the reason to its log alone."""
        del client, userdata, level
        if TLS_REFUSAL in text:
            log.warning(DISTRUST, self._broker.host, self._broker.port, text)

    def _on_disconnect(
        self, client: Client, userdata: Any, flags: Any, reason: Any, properties: Any
    ) -> None:
        del client, userdata, flags, properties
        if self.is_connected:
            log.warning("The broker is gone: %s.", reason)
        self.is_connected = False
        self._back_off()

    def _on_subscribe(
        self, client: Client, userdata: Any, mid: int, reasons: list[ReasonCode], properties: Any
    ) -> None:
        del client, userdata, mid, properties
        for reason in reasons:
            if reason.is_failure:
                log.error(
                    "The broker lets the hub not listen (%s): facts of some boxes do not arrive and wait "
                    "there. Allow the hub's user to read twin1/#.",
                    reason,
                )

    def _on_publish(
        self, client: Client, userdata: Any, mid: int, reason: ReasonCode, properties: Any
    ) -> None:
        del client, userdata, mid, properties
        if reason.is_failure:
            log.error(
                "The broker lets the hub not speak (%s): boxes hear no answer and keep their facts. "
                "Allow the hub's user to write twin1/#.",
                reason,
            )

    def _on_message(self, client: Client, userdata: Any, message: MQTTMessage) -> None:
        del client, userdata
        if message.topic == topics.HUB_STATE:
            self._hear_hub_state(bytes(message.payload))
            return
        self._received.append(Packet(message.topic, bytes(message.payload)))

    def _hear_hub_state(self, payload: bytes) -> None:
        """Another worker's Will says that the hub is gone; while this one lives it is not."""
        own = to_json(State(online=True, boot=self._boot, at=self._clock.now()))
        if b'"online":false' in payload:
            self.publish(topics.HUB_STATE, own, retain=True)


def encryption(broker: Broker) -> ssl.SSLContext:
    """TLS 1.2 or newer, with the broker's certificate and its name in it checked. Raises EncryptionError."""
    try:
        for path in (broker.ca, broker.certificate, broker.key):
            if path is not None:
                path.read_bytes()  # OpenSSL does not say which one
        context = ssl.create_default_context(cafile=broker.ca)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if broker.certificate is not None:
            context.load_cert_chain(broker.certificate, broker.key, password="")
    except OSError as error:
        raise EncryptionError(detail=error) from error
    return context


def is_distrust(error: Exception) -> bool:
    """Whether the broker is there, but one of the two does not accept the other's certificate or its TLS."""
    is_cut = isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError))
    return isinstance(error, ssl.SSLError) and not is_cut


def _start_of_version_5() -> dict[str, Any]:
    """What `connect` takes with MQTT 5 alone; in 3.1.1 a clean session is paho's default."""
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.SessionExpiryInterval = 0
    properties.MaximumPacketSize = MAX_PACKET_BYTES
    return {"clean_start": True, "properties": properties}


def _without_delay(client: Client, userdata: Any, connection: Any) -> None:
    del client, userdata
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
