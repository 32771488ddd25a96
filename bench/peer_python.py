#!/usr/bin/env python3
"""Python's multiprocessing: round trips and streams over a Pipe, a Queue, start and join of a function that does
nothing."""

import multiprocessing
import sys
import time

SMALL = 64
MIDDLE = 4 << 10
LARGE = 64 << 10
WARM_UP = 200


def nothing():
    pass


def echo(end, count):
    for _ in range(count):
        end.send_bytes(end.recv_bytes())


def sink(end, count):
    for _ in range(2):
        for _ in range(count):
            end.recv_bytes()
        end.send_bytes(b".")


def with_partner(part, count):
    """A partner at the other end of a pipe."""
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    process = context.Process(target=part, args=(theirs, count))
    process.start()
    theirs.close()
    return ours, process


def trips(end, message, count):
    for _ in range(count):
        end.send_bytes(message)
        end.recv_bytes()


def round_trip(count):
    end, process = with_partner(echo, count + WARM_UP)
    message = bytes(SMALL)
    trips(end, message, WARM_UP)
    begin = time.perf_counter()
    trips(end, message, count)
    taken = time.perf_counter() - begin
    process.join()
    return taken / count * 1e6


def stream(size, count):
    """Messages a second; the first of two rounds is to warm up."""
    end, process = with_partner(sink, count)
    message = bytes(size)
    for _ in range(2):
        begin = time.perf_counter()
        for _ in range(count):
            end.send_bytes(message)
        end.recv_bytes()
        taken = time.perf_counter() - begin
    process.join()
    return count / taken


def start_join(mode, count):
    context = multiprocessing.get_context(mode)
    begin = time.perf_counter()
    for _ in range(count):
        process = context.Process(target=nothing)
        process.start()
        process.join()
    return (time.perf_counter() - begin) / count * 1e6


def put_all(queue, message, count):
    for _ in range(count):
        queue.put(message)


def queue_items(package, size, count):
    """Items a second from one process to another through a Queue."""
    context = package.get_context("fork")
    queue = context.Queue(1000)
    process = context.Process(target=put_all, args=(queue, bytes(size), count))
    begin = time.perf_counter()
    process.start()
    for _ in range(count):
        queue.get()
    taken = time.perf_counter() - begin
    process.join()
    return count / taken


def billiard_items(count):
    try:
        import billiard
    except ImportError:
        sys.exit(77)
    return queue_items(billiard, SMALL, count) / 1e3


FIGURES = {
    "round_trip_64": round_trip,
    "stream_64": lambda count: stream(SMALL, count) / 1e3,
    "stream_64k": lambda count: stream(LARGE, count) * LARGE / 1e6,
    "queue_64_1x1": lambda count: queue_items(multiprocessing, SMALL, count) / 1e3,
    "queue_4k_1x1": lambda count: queue_items(multiprocessing, MIDDLE, count) / 1e3,
    "queue_64k_1x1": lambda count: queue_items(multiprocessing, LARGE, count) * LARGE / 1e6,
    "billiard_queue_64_1x1": billiard_items,
    "start_join_fork": lambda count: start_join("fork", count),
    "start_join_spawn": lambda count: start_join("spawn", count),
}

if __name__ == "__main__":
    print(FIGURES[sys.argv[1]](int(sys.argv[2])))
