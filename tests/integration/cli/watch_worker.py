# SPDX-License-Identifier: GPL-3.0-or-later
"""Random lock operations by redis-py, and the truth about each hold.

usage: watch_worker.py SOCKET SEED OPERATIONS KEYS

Takes some locks and prints "ready". Told "go", it does the operations, waits for the short leases
to run out, takes the lock `last`, and prints the truth as one JSON document:
{"holds": [{key, token, began, ended, how, deadline}], "flushes": [time], "server": {key: [token,
deadline]}, "operations": {name: count}}. Times are seconds of the wall clock; `how` is "expired",
"flushed", "unsure" (it ended too near its deadline to tell), "left" (still there), or else what
ended the hold before its deadline; `deadline` null: never.
"""
import collections
import json
import random
import sys
import time

import redis
import redis.exceptions

socket, seed, operations, keys = sys.argv[1], *map(int, sys.argv[2:])
PREFIX = "chat:session_lock:"
MARGIN = 0.5  # nobody acts on a hold so near its deadline
GRACE = 0.05  # the server may keep a key a moment longer than we count
client = redis.Redis(unix_socket_path=socket)
rng = random.Random(seed)
holds = []  # all, in the order of their begin
held = {}  # key -> its hold
flushes = []
counts = collections.Counter()


class Hold:
    def __init__(self, key, token, deadline, lock=None):
        self.key, self.token, self.deadline, self.lock = key, token, deadline, lock
        self.began, self.ended, self.how = time.time(), None, "left"
        holds.append(self)
        held[key] = self

    def end(self, how):
        self.ended, self.how = time.time(), how
        del held[self.key]

    def cut(self, how):
        """It was ended by an act; too near its deadline nobody can tell it from an expiry."""
        near = self.deadline is not None and self.deadline - time.time() < MARGIN
        self.end("unsure" if near else how)

    def truth(self):
        return {name: getattr(self, name)
                for name in ("key", "token", "began", "ended", "how", "deadline")}


def expire():
    for hold in list(held.values()):
        if hold.deadline is not None and hold.deadline + GRACE <= time.time():
            hold.end("expired")


def is_busy(key):
    """Its hold is left alone: the lease runs out soon, or has just run out."""
    hold = held.get(key)
    return hold is not None and hold.deadline is not None and hold.deadline < time.time() + 2 * MARGIN


def take(key, lease):
    lock = client.lock(key, timeout=lease, thread_local=False)
    if lock.acquire(blocking=False):
        assert key not in held, key
        Hold(key, lock.local.token.decode(), time.time() + lease, lock)
        return True
    assert key in held or not client.exists(key), key
    return False


def acquire(key):
    take(key, rng.choice((60, 90, 120)))


def acquire_short(key):
    take(key, rng.uniform(0.05, 0.4))


def release(key):
    hold = held.get(key)
    if hold is None or hold.lock is None:
        return acquire(key)
    hold.lock.release()
    hold.cut("released")


def delete(key):
    if client.delete(key):
        held[key].cut("deleted")


def extend(key):
    hold = held.get(key)
    if hold is None or hold.lock is None or hold.deadline is None:
        return acquire(key)
    if rng.random() < 0.5:
        hold.lock.extend(30)
        hold.deadline += 30
    else:  # later, or sooner
        lease = rng.choice((40, 200))
        hold.lock.extend(lease, replace_ttl=True)
        hold.deadline = time.time() + lease


def reacquire(key):
    hold = held.get(key)
    if hold is None or hold.lock is None or hold.deadline is None:
        return acquire(key)
    hold.lock.reacquire()
    hold.deadline = time.time() + hold.lock.timeout


def cut_short(key):
    lease = rng.uniform(1.5, 2.5)
    if client.pexpire(key, int(lease * 1000)):
        held[key].deadline = time.time() + lease


def persist(key):
    if client.persist(key):
        held[key].deadline = None


def give_deadline(key):
    if client.pexpire(key, 150_000):
        held[key].deadline = time.time() + 150


def overwrite(key):
    if key in held:
        held[key].cut("overwritten")
    token = "by-hand-%d" % len(holds)
    client.set(key, token, px=60_000)
    Hold(key, token, time.time() + 60)


def hand_over(key):
    """Gone and taken by the next one in one turn of the server."""
    if key in held:
        held[key].cut("released")
    token = "next-%d" % len(holds)
    client.pipeline(transaction=False).delete(key).set(key, token, nx=True, px=60_000).execute()
    Hold(key, token, time.time() + 60)


def rename(key):
    other = PREFIX + str(rng.randrange(keys))
    if key not in held or key == other or is_busy(other):
        return acquire(key)
    client.rename(key, other)
    if other in held:
        held[other].cut("overwritten")
    old = held[key]
    old.cut("renamed")
    Hold(other, old.token, old.deadline)


CHOICES = {acquire: 30, acquire_short: 12, release: 18, delete: 6, extend: 12, reacquire: 5,
           cut_short: 2, persist: 2, give_deadline: 3, overwrite: 3, hand_over: 5, rename: 4}


def flush():
    client.flushdb()
    flushes.append(time.time())
    for hold in list(held.values()):
        hold.cut("flushed")


def nudge():
    """So little later each time that one step alone is not worth telling."""
    lock = client.lock(PREFIX + "nudged", timeout=60, thread_local=False)
    if not lock.acquire(blocking=False):
        return
    hold = Hold(lock.name, lock.local.token.decode(), time.time() + 60, lock)
    for _ in range(200):
        lock.extend(0.045)
        hold.deadline += 0.045
        time.sleep(0.001)


def work():
    names = list(CHOICES)
    weights = list(CHOICES.values())
    for number in range(operations):
        expire()
        if number in (operations // 3, operations * 3 // 4):
            flush()
            continue
        key = PREFIX + str(rng.randrange(keys))
        if is_busy(key):
            key = next((k for k in (PREFIX + str(rng.randrange(keys)) for _ in range(1000))
                        if not is_busy(k)))
        act = rng.choices(names, weights)[0]
        try:
            act(key)
        except redis.exceptions.LockError:
            assert held[key].how == "left"
            held[key].end("unsure")  # we were stopped for so long that the lease ran out
        counts[act.__name__] += 1
        if rng.random() < 0.5:
            time.sleep(rng.uniform(0, 0.004))


def settle():
    while any(h.deadline is not None and h.deadline < time.time() + 10 for h in held.values()):
        time.sleep(0.05)
        expire()
    time.sleep(0.1)


def server_state():
    state = {}
    for key in client.scan_iter(match=PREFIX + "*", count=1000):
        ttl = client.pttl(key)
        state[key.decode()] = [client.get(key).decode(), None if ttl < 0 else time.time() + ttl / 1000]
    return state


for index in range(0, keys, 4):
    acquire(PREFIX + str(index))
print("ready", flush=True)
assert sys.stdin.readline() == "go\n"
work()
settle()
nudge()
take(PREFIX + "last", 60)
print(json.dumps({"holds": [hold.truth() for hold in holds], "flushes": flushes,
                  "server": server_state(), "operations": counts}), flush=True)
