"""What the transport does to a printer on the bus before the first byte: as little as it can."""

from __future__ import annotations

import errno

import pytest
import usb.core

from drivers.transport import open_transport
from hardware_sim.printers.escpos import EscposSimulator
from hardware_sim.printers.models import models
from hardware_sim.usb_backend import UsbBus, UsbIdentity
from hardware_sim.wire import JumpingTime


class ConfiguredBus(UsbBus):
    """Counts who sets the configuration, which drops what a printer is printing; 0 is none set."""

    def __init__(self, configuration: int) -> None:
        sim = EscposSimulator(models()["epson-tm-t88v"])
        super().__init__(sim, UsbIdentity(0x04B8, 0x0202), JumpingTime())
        self.configuration = configuration
        self.configured = 0

    def get_configuration(self, _handle: object) -> int:
        if not self.configuration:
            raise usb.core.USBError("no configuration is set", errno=errno.ENODATA)
        return self.configuration

    def set_configuration(self, _handle: object, value: int) -> None:
        self.configuration = value
        self.configured += 1


@pytest.mark.parametrize(("configuration", "configured"), [(1, 0), (0, 1)])
def test_a_configuration_that_is_set_is_left_alone(configuration: int, configured: int) -> None:
    bus = ConfiguredBus(configuration)
    line = open_transport(bus.url, bus.time, bus)
    assert line.write(b"\x10\x04\x01", 1.0) == 3
    assert line.read(1, 1.0) == b"\x12"
    line.close()
    assert (bus.configuration, bus.configured, bus.resets) == (1, configured, 0)
