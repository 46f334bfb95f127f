# SPDX-License-Identifier: GPL-3.0-or-later
"""One client of redis-py's lock, told what to do by JSON lines on standard input.

usage: lock_peer.py SOCKET LOCK TIMEOUT

Answers are JSON lines: the result, or {"error": the exception's class}.
"""
import json
import sys
import uuid

import redis
import redis.exceptions

socket, name, timeout = sys.argv[1:]
client = redis.Redis(unix_socket_path=socket)
lock = client.lock(name, timeout=float(timeout))


def acquire(wait=None):
    taken = lock.acquire(blocking=wait is not None, blocking_timeout=wait)
    return {"taken": taken, "token": lock.local.token.decode() if taken else None}


def read_token(token):
    parsed = uuid.UUID(hex=token)
    unix = (parsed.time - 0x01B21DD213814000) / 1e7
    return {"version": parsed.version, "variant": parsed.variant, "time": unix,
            "node": "%012x" % parsed.node, "hex": parsed.hex}


commands = {
    "acquire": acquire,
    "release": lock.release,
    "extend": lambda by, replace=False: lock.extend(by, replace_ttl=replace),
    "reacquire": lock.reacquire,
    "owned": lock.owned,
    "locked": lock.locked,
    "node": lambda: "%012x" % uuid.getnode(),
    "read_token": read_token,
}

for line in sys.stdin:
    command, *arguments = json.loads(line)
    try:
        answer = commands[command](*arguments)
    except redis.exceptions.LockError as error:
        answer = {"error": type(error).__name__}
    print(json.dumps({"answer": answer}), flush=True)
