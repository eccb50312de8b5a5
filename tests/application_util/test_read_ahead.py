from __future__ import annotations

import threading
import time

import pytest

from application_util.parallel.read_ahead import read_ahead


def test_all_items_come_in_order():
    assert list(read_ahead(lambda key: key * key, range(50), ahead=3)) == [key * key for key in range(50)]


def test_no_items():
    assert list(read_ahead(str, [])) == []


def test_reading_happens_beside_the_caller_and_not_further_ahead_than_said():
    read = []

    def note(key):
        read.append((key, threading.current_thread()))
        return key

    items = read_ahead(note, range(100), ahead=4)
    assert next(items) == 0
    deadline = time.monotonic() + 10
    while len(read) < 5 and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.05)
    assert [key for key, _ in read] == [0, 1, 2, 3, 4]
    assert threading.current_thread() not in {thread for _, thread in read}
    items.close()


def test_an_error_is_raised_when_the_turn_of_its_item_comes():
    def fail_at_five(key):
        if key == 5:
            raise ValueError("five")
        return key

    got = []
    with pytest.raises(ValueError, match="five"):
        for item in read_ahead(fail_at_five, range(10)):
            got.append(item)
    assert got == [0, 1, 2, 3, 4]


def test_closing_ends_the_thread():
    before = threading.active_count()
    items = read_ahead(str, range(100))
    next(items)
    items.close()
    assert threading.active_count() == before
