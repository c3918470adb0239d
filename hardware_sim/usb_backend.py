"""A USB bus for pyusb: `usb.core.find(backend=UsbBus(...))` finds the simulated printer on it.

The driver's own pyusb code runs unmodified: descriptors, strings, claiming, bulk transfers with their timeouts, short
writes, a stall, the plug pulled. Answers come from the same `Interface` that the pty and TCP hosts carry.
"""

from __future__ import annotations

import errno
import os
from array import array
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Final, NoReturn

import usb.backend
import usb.core

from hardware_sim.hosts import Host
from hardware_sim.wire import Interface, Time, Unplugged

OUT_ENDPOINT: Final = 0x03  # deliberately not 0x01 and 0x82: nobody may assume them
IN_ENDPOINT: Final = 0x84
PACKET: Final = 64
LANGUAGE_US: Final = 0x0409
SLICE_S: Final = 0.02
GET_DESCRIPTOR: Final = 0x06
STRING_DESCRIPTOR: Final = 0x03
GET_CONFIGURATION: Final = 0x08


@dataclass(frozen=True, slots=True)
class UsbIdentity:
    """What the bus says of the peripheral before anything is opened."""

    vendor: int
    product: int
    serial_number: str = ""
    maker: str = ""
    model: str = ""


class UsbBus(Host, usb.backend.IBackend):  # type: ignore[misc] # pyusb carries no types
    """One printer-class peripheral on a bus of its own. `write_limit` makes writes short."""

    def __init__(
        self, interface: Interface, identity: UsbIdentity, time: Time | None = None
    ) -> None:
        Host.__init__(self, interface, time)
        usb.backend.IBackend.__init__(self)
        self.identity = identity
        self.write_limit: int | None = None
        self.stalls_left = 0
        self.resets = 0
        self._is_plugged = True
        self._is_claimed = False
        self._configuration = 1

    @property
    def url(self) -> str:
        ids = f"usb://{self.identity.vendor:04x}:{self.identity.product:04x}"
        return f"{ids}/{self.identity.serial_number}" if self.identity.serial_number else ids

    # -- the hand at the plug ----------------------------------------------------------------------------------------

    def unplug(self) -> None:
        with self.lock:
            self._is_plugged = False
            self._release()

    def replug(self) -> None:
        with self.lock:
            self._is_plugged = True

    def _release(self) -> None:
        if self._is_claimed:
            self._is_claimed = False
            self.interface.disconnected()

    # -- what pyusb calls --------------------------------------------------------------------------------------------

    def enumerate_devices(self) -> list[object]:
        return [self.identity] if self._is_plugged else []

    def get_device_descriptor(self, _peripheral: object) -> object:
        return SimpleNamespace(
            bLength=18, bDescriptorType=1, bcdUSB=0x0200, bDeviceClass=0, bDeviceSubClass=0,
            bDeviceProtocol=0, bMaxPacketSize0=64, idVendor=self.identity.vendor,
            idProduct=self.identity.product, bcdDevice=0x0100, iManufacturer=1, iProduct=2,
            iSerialNumber=3 if self.identity.serial_number else 0, bNumConfigurations=1,
            address=1, bus=1, port_number=1, port_numbers=(1,), speed=3,
        )  # fmt: skip

    def get_configuration_descriptor(self, _peripheral: object, _index: int) -> object:
        return SimpleNamespace(
            bLength=9, bDescriptorType=2, wTotalLength=32, bNumInterfaces=1, bConfigurationValue=1,
            iConfiguration=0, bmAttributes=0xC0, bMaxPower=1, extra_descriptors=b"",
        )  # fmt: skip

    def get_interface_descriptor(
        self, _peripheral: object, interface: int, alternate: int, _configuration: int
    ) -> object:
        if interface or alternate:
            raise IndexError
        return SimpleNamespace(
            bLength=9, bDescriptorType=4, bInterfaceNumber=0, bAlternateSetting=0, bNumEndpoints=2,
            bInterfaceClass=7, bInterfaceSubClass=1, bInterfaceProtocol=2, iInterface=0,
            extra_descriptors=b"",
        )  # fmt: skip

    def get_endpoint_descriptor(
        self,
        _peripheral: object,
        endpoint: int,
        _interface: int,
        _alternate: int,
        _configuration: int,
    ) -> object:
        address = (OUT_ENDPOINT, IN_ENDPOINT)[endpoint]
        return SimpleNamespace(
            bLength=7, bDescriptorType=5, bEndpointAddress=address, bmAttributes=2, wMaxPacketSize=PACKET,
            bInterval=0, bRefresh=0, bSynchAddress=0, extra_descriptors=b"",
        )  # fmt: skip

    def open_device(self, peripheral: object) -> object:
        self._check()
        return peripheral

    def close_device(self, _handle: object) -> None:
        with self.lock:
            self._release()

    def get_configuration(self, _handle: object) -> int:
        self._check()
        return self._configuration

    def set_configuration(self, _handle: object, value: int) -> None:
        self._check()
        self._configuration = value

    def claim_interface(self, _handle: object, _interface: int) -> None:
        with self.lock:
            self._check()
            if self._is_claimed:
                _fail(errno.EBUSY)
            self._is_claimed = True
            self.interface.connected()

    def release_interface(self, _handle: object, _interface: int) -> None:
        with self.lock:
            self._release()

    def is_kernel_driver_active(self, _handle: object, _interface: int) -> bool:
        return False

    def clear_halt(self, _handle: object, _endpoint: int) -> None:
        self._check()

    def reset_device(self, _handle: object) -> None:
        self.resets += 1

    def ctrl_transfer(
        self,
        _handle: object,
        _type: int,
        request: int,
        value: int,
        _index: int,
        data: array[int],
        _timeout: int,
    ) -> int:
        """The standard requests that pyusb itself makes: strings and the active configuration."""
        self._check()
        if request == GET_CONFIGURATION:
            return _fill(data, bytes([self._configuration]))
        if request == GET_DESCRIPTOR and value >> 8 == STRING_DESCRIPTOR:
            return _fill(data, self._string(value & 0xFF))
        return _fail(errno.EPIPE)

    def bulk_write(
        self, _handle: object, _endpoint: int, _interface: int, data: array[int], timeout: int
    ) -> int:
        """Libusb's own behaviour: the bytes taken by the end of `timeout` ms, USBTimeoutError where none were."""
        self._stall()
        payload = bytes(data)[: self.write_limit]
        end_s = self.time.monotonic() + timeout / 1000
        taken = 0
        while taken < len(payload):
            more = self._exchange(payload[taken:], 0)[0]
            taken += more
            if not more and not self._waited(end_s):
                break
        return taken or _time_out()

    def bulk_read(
        self, _handle: object, _endpoint: int, _interface: int, buffer: array[int], timeout: int
    ) -> int:
        end_s = self.time.monotonic() + timeout / 1000
        while not (data := self._exchange(b"", len(buffer))[1]):
            if not self._waited(end_s):
                return _time_out()
        return _fill(buffer, data)

    # -- inside ------------------------------------------------------------------------------------------------------

    def _exchange(self, data: bytes, max_bytes: int) -> tuple[int, bytes]:
        with self.lock:
            self._check()
            try:
                self._step()
                taken = self.interface.take(data) if data else 0
                return taken, self.interface.give(max_bytes) if max_bytes else b""
            except Unplugged:
                self.unplug()
                return _fail(errno.ENODEV)

    def _waited(self, end_s: float) -> bool:
        remaining_s = end_s - self.time.monotonic()
        if remaining_s <= 0:
            return False
        self.time.sleep(min(remaining_s, SLICE_S))
        return True

    def _check(self) -> None:
        if not self._is_plugged:
            _fail(errno.ENODEV)

    def _stall(self) -> None:
        if self.stalls_left:
            self.stalls_left -= 1
            _fail(errno.EPIPE)

    def _string(self, index: int) -> bytes:
        """A USB string descriptor: length, type, UTF-16-LE; index 0 lists the languages."""
        if index == 0:
            text = LANGUAGE_US.to_bytes(2, "little")
        else:
            strings = (self.identity.maker, self.identity.model, self.identity.serial_number)
            text = strings[index - 1].encode("utf-16-le")
        return bytes([2 + len(text), STRING_DESCRIPTOR]) + text


def _fill(buffer: array[int], data: bytes) -> int:
    buffer[: len(data)] = array("B", data)
    return len(data)


def _fail(code: int) -> NoReturn:
    raise usb.core.USBError(os.strerror(code), errno=code)


def _time_out() -> NoReturn:
    raise usb.core.USBTimeoutError(os.strerror(errno.ETIMEDOUT), errno=errno.ETIMEDOUT)
