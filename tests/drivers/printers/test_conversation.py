import pytest

from drivers.errors import Timeout
from drivers.printers.conversation import Conversation
from hardware_sim.wire import JumpingTime


class Narrow:
    """A line that takes so many bytes and says nothing."""

    address = "/dev/printer"

    def __init__(self, time: JumpingTime, takes: int) -> None:
        self._time = time
        self._takes = takes

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        self._time.sleep(timeout_s)
        return b""

    def write(self, data: bytes, deadline_s: float) -> int:
        return min(self._takes, len(data))

    def close(self) -> None: ...


@pytest.mark.parametrize(("takes", "is_torn"), [(0, False), (1, True), (3, False), (5, True)])
def test_a_question_cut_off_leaves_half_a_command_behind(takes: int, is_torn: bool):
    time = JumpingTime()
    talk = Conversation(Narrow(time, takes), time)
    talk.is_torn = False

    with pytest.raises(Timeout) as caught:
        talk.ask_status(1.0)

    assert str(caught.value) == "No answer from /dev/printer within 1 s."
    assert talk.is_torn is is_torn


def test_waiting_ends_at_its_time():
    time = JumpingTime(50.0)
    talk = Conversation(Narrow(time, 99), time)

    assert talk.wait_until(lambda: False, 3.0) is False
    assert time.now_s == 53.0
