"""Child processes that never outlive their parent. Linux, as all that serves HwCall is."""

import contextlib
import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from typing import Any

PR_SET_PDEATHSIG = 1


def die_with_parent(sent: signal.Signals = signal.SIGTERM) -> Callable[[], None]:
    """A ``preexec_fn`` after which the kernel sends the child this signal when its parent is gone, however it went."""
    # Loaded here: between fork and exec a child should do as little as it can.
    prctl = ctypes.CDLL(None).prctl
    parent = os.getpid()

    def ask() -> None:
        prctl(PR_SET_PDEATHSIG, sent.value)
        # The parent may have died before the kernel was asked.
        if os.getppid() != parent:
            os._exit(1)

    return ask


class Child:
    """One program in a session of its own, so that a terminal's Ctrl-C reaches only the parent, who passes it on."""

    def __init__(self, command: Sequence[str], **options: Any) -> None:
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=die_with_parent(),
            **options,
        )

    @property
    def running(self) -> bool:
        # Looked at without reaping: until end() the number stays ours, and nobody else's group can carry it.
        state = os.WEXITED | os.WNOHANG | os.WNOWAIT
        return self.process.returncode is None and os.waitid(os.P_PID, self.process.pid, state) is None

    def ask_to_stop(self) -> None:
        if self.running:
            os.kill(self.process.pid, signal.SIGTERM)

    def end(self) -> None:
        """End the child at once, and whatever it left behind in its session."""
        if self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def stop(children: Sequence[Child], *, patience: float, hurried: Callable[[], bool] = lambda: False) -> None:
    """Ask all to stop, wait for as long as patience (seconds) lasts and nobody is in a hurry, then end what is left."""
    for child in children:
        child.ask_to_stop()
    deadline = time.monotonic() + patience
    while any(child.running for child in children) and time.monotonic() < deadline and not hurried():
        time.sleep(0.05)
    for child in children:
        child.end()
