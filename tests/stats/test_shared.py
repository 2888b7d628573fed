"""One answer for all who ask."""

import threading
from itertools import count

import pytest

from stats.shared import Shared


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def counted(clock: Clock) -> Shared[int]:
    """Answers how often it has been asked."""
    serial = count(1)
    return Shared(lambda: next(serial), seconds=4, oldest=20, clock=clock)


def in_thread(shared: Shared) -> tuple[threading.Thread, list]:
    got: list = []
    thread = threading.Thread(target=lambda: got.append(shared.get()))
    thread.start()
    return thread, got


def test_the_question_is_asked_once_in_so_many_seconds(clock):
    shared = counted(clock)
    answers = []
    for clock.now in (0, 3.9, 4, 5, 8.1):
        answers.append(shared.get())

    assert answers == [1, 1, 2, 2, 3]


def test_what_was_forgotten_is_asked_anew(clock):
    shared = counted(clock)
    shared.get()
    shared.forget()

    assert shared.get() == 2


def test_who_comes_while_another_asks_gets_the_last_answer(clock):
    asking, may_answer, serial = threading.Event(), threading.Event(), count(1)

    def ask() -> int:
        number = next(serial)
        if number > 1:
            asking.set()
            may_answer.wait(30)
        return number

    shared = Shared(ask, seconds=4, oldest=20, clock=clock)
    shared.get()
    clock.now = 5
    thread, got = in_thread(shared)
    asking.wait(30)
    meanwhile = shared.get()
    may_answer.set()
    thread.join(30)

    assert (meanwhile, got) == (1, [2])


def test_many_who_come_at_first_ask_once(clock):
    gate, serial = threading.Event(), count(1)

    def ask() -> int:
        gate.wait(30)
        return next(serial)

    shared = Shared(ask, seconds=4, oldest=20, clock=clock)
    threads = [in_thread(shared) for _ in range(8)]
    gate.set()
    for thread, _got in threads:
        thread.join(30)

    assert [got for _thread, got in threads] == [[1]] * 8
    assert next(serial) == 2


def test_what_is_too_old_is_told_to_nobody(clock):
    asking, may_answer, serial = threading.Event(), threading.Event(), count(1)

    def ask() -> int:
        number = next(serial)
        if number > 1:
            asking.set()
            may_answer.wait(30)
        return number

    shared = Shared(ask, seconds=4, oldest=20, clock=clock)
    shared.get()
    clock.now = 21
    first = in_thread(shared)
    asking.wait(30)
    second = in_thread(shared)
    may_answer.set()
    for thread, _got in (first, second):
        thread.join(30)

    assert [first[1], second[1]] == [[2], [2]]


def test_what_goes_wrong_is_raised_and_the_next_asks_anew(clock):
    serial = count(1)

    def ask() -> int:
        if (number := next(serial)) == 1:
            raise OSError("away")
        return number

    shared = Shared(ask, seconds=4, oldest=20, clock=clock)

    with pytest.raises(OSError, match="away"):
        shared.get()
    assert shared.get() == 2
