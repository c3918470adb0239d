"""Bulk endpoints of a USB peripheral through pyusb.

Rules learnt from receipt printers (USB Printer Class 1.1): endpoints come from the descriptors, never
from habit; the configuration is left alone when one is set; no reset, which would drop a half-printed receipt; a write
may take fewer bytes than given; a read asks for whole packets, because a shorter request overflows.
"""

from __future__ import annotations

import errno
from dataclasses import dataclass
from typing import Any, Final

import usb.core
import usb.util

from drivers.errors import Unavailable
from drivers.transport import Clock, reason_of

PRINTER_CLASS: Final = 7
WRITE_CHUNK: Final = 4096
READ_PACKETS: Final = 8


@dataclass(frozen=True, slots=True)
class UsbAddress:
    """vendor and product id, and the serial number ("" = the only one of its kind)."""

    vendor: int
    product: int
    serial_number: str = ""


def usb_address(url: str) -> UsbAddress:
    """Parses `usb://04b8:0202/J3X1`; ids are hexadecimal as lsusb prints them."""
    ids, _, serial_number = url.removeprefix("usb://").partition("/")
    vendor, colon, product = ids.partition(":")
    try:
        return UsbAddress(int(vendor, 16), int(product if colon else "", 16), serial_number)
    except ValueError:
        raise ValueError(f"Expected usb://vid:pid[/serial] in hexadecimal, got {url!r}.") from None


def open_usb(url: str, clock: Clock, backend: object | None) -> UsbTransport:
    address = usb_address(url)
    try:
        return _claim(url, _find(url, address, backend), clock)
    except usb.core.NoBackendError as error:
        raise Unavailable(address=url, detail="libusb is not installed") from error
    except usb.core.USBError as error:
        raise Unavailable(address=url, detail=reason_of(error)) from error


def _find(url: str, address: UsbAddress, backend: object | None) -> Any:
    found = usb.core.find(
        idVendor=address.vendor,
        idProduct=address.product,
        backend=backend,
        custom_match=lambda it: (
            not address.serial_number or _serial_of(it) == address.serial_number
        ),
    )
    if found is None:
        raise Unavailable(address=url, detail="no such peripheral on the bus")
    return found


def _serial_of(peripheral: Any) -> str:
    return (
        usb.util.get_string(peripheral, peripheral.iSerialNumber)
        if peripheral.iSerialNumber
        else ""
    )


def _claim(url: str, peripheral: Any, clock: Clock) -> UsbTransport:
    try:
        configuration = peripheral.get_active_configuration()
    except usb.core.USBError:
        peripheral.set_configuration()
        configuration = peripheral.get_active_configuration()
    interface = _choose(list(configuration))
    number = interface.bInterfaceNumber
    if _has_kernel_driver(peripheral, number):  # usblp takes printers as soon as they appear
        peripheral.detach_kernel_driver(number)
    usb.util.claim_interface(peripheral, number)
    return UsbTransport(url, peripheral, interface, clock)


def _has_kernel_driver(peripheral: Any, number: int) -> bool:
    try:
        return bool(peripheral.is_kernel_driver_active(number))
    except NotImplementedError:  # backends of systems without such drivers
        return False


def _choose(interfaces: list[Any]) -> Any:
    """The printer-class interface, else the first one that has a bulk OUT endpoint."""
    usable = [it for it in interfaces if _endpoint(it, usb.util.ENDPOINT_OUT) is not None]
    if not usable:
        raise usb.core.USBError("no interface with a bulk OUT endpoint", errno=errno.ENODEV)
    return next((it for it in usable if it.bInterfaceClass == PRINTER_CLASS), usable[0])


def _endpoint(interface: Any, direction: int) -> Any | None:
    return usb.util.find_descriptor(
        interface,
        custom_match=lambda it: (
            usb.util.endpoint_direction(it.bEndpointAddress) == direction
            and usb.util.endpoint_type(it.bmAttributes) == usb.util.ENDPOINT_TYPE_BULK
        ),
    )


class UsbTransport:
    """One claimed interface. What a read brought beyond `max_bytes` waits for the next one."""

    def __init__(self, address: str, peripheral: Any, interface: Any, clock: Clock) -> None:
        self.address = address
        self._peripheral = peripheral
        self._interface = interface
        self._clock = clock
        self._out: Any = _endpoint(interface, usb.util.ENDPOINT_OUT)
        self._in: Any | None = _endpoint(interface, usb.util.ENDPOINT_IN)
        self._received = bytearray()

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        end_s = self._clock.monotonic() + timeout_s
        while not self._received:
            self._received += self._read_packets(end_s - self._clock.monotonic())
            if self._clock.monotonic() >= end_s:
                break
        data = bytes(self._received[:max_bytes])
        del self._received[:max_bytes]
        return data

    def _read_packets(self, timeout_s: float) -> bytes:
        if self._in is None:
            raise Unavailable(
                address=self.address, detail="this printer cannot answer (no IN endpoint)"
            )
        try:
            return bytes(
                self._in.read(self._in.wMaxPacketSize * READ_PACKETS, timeout=_ms(timeout_s))
            )
        except usb.core.USBTimeoutError:
            return b""
        except usb.core.USBError as error:
            return self._recover(error, self._in)

    def write(self, data: bytes, deadline_s: float) -> int:
        end_s = self._clock.monotonic() + deadline_s
        taken = 0
        while taken < len(data):
            taken += self._write_some(
                data[taken : taken + WRITE_CHUNK], end_s - self._clock.monotonic()
            )
            if self._clock.monotonic() >= end_s:
                break
        return taken

    def _write_some(self, data: bytes, timeout_s: float) -> int:
        try:
            return int(self._out.write(data, timeout=_ms(timeout_s)))
        except (
            usb.core.USBTimeoutError
        ):  # NAK until the end: the buffer is full and nothing was taken
            return 0
        except usb.core.USBError as error:
            return len(self._recover(error, self._out))

    def _recover(self, error: usb.core.USBError, endpoint: Any) -> bytes:
        """Clears a stalled endpoint; everything else means that the peripheral is gone."""
        if error.errno != errno.EPIPE:
            raise Unavailable(address=self.address, detail=reason_of(error)) from error
        try:
            self._peripheral.clear_halt(endpoint.bEndpointAddress)
        except usb.core.USBError as second:
            raise Unavailable(address=self.address, detail=reason_of(second)) from second
        return b""

    def close(self) -> None:
        usb.util.dispose_resources(self._peripheral)


def _ms(timeout_s: float) -> int:
    """At least 1: libusb reads 0 as "for ever"."""
    return max(1, int(timeout_s * 1000))
