# SPDX-License-Identifier: GPL-3.0-or-later
"""Increments a counter by GET and SET, guarded by redis-py's lock only.

usage: counter_worker.py SOCKET LOCK COUNTER TIMES SLEEP
"""
import random
import sys
import time

import redis

socket, name, counter, times, sleep = sys.argv[1:]
client = redis.Redis(unix_socket_path=socket)
for _ in range(int(times)):
    with client.lock(name, timeout=60, sleep=float(sleep)):
        value = int(client.get(counter) or 0)
        time.sleep(random.uniform(0, 0.004))
        client.set(counter, value + 1)
