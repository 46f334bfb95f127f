# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes cached sessions as back ends do, told by lines on standard input: KIND TIMES SESSIONS.

usage: session_writer.py SOCKET | PORT-OF-A-CLUSTER

Kinds: locked (acquire, SETEX, release), pipelined (SETEX and the release in one go), transaction
(acquire, SETEX and DEL in one MULTI), open (SETEX without a lock). Each answers "done".
"""
import random
import sys
import threading

import redis

place = sys.argv[1]
LOCK, SESSION, TTL = "chat:session_lock:", "chat:session:", 43200


def connect():
    if place.isdigit():
        return redis.RedisCluster(host="127.0.0.1", port=int(place))
    return redis.Redis(unix_socket_path=place)


def locked(client, name, body):
    with client.lock(LOCK + name, timeout=60, sleep=0.005):
        client.setex(SESSION + name, TTL, body)


def pipelined(client, name, body):
    lock = client.lock(LOCK + name, timeout=60, sleep=0.005)
    lock.acquire()
    pipe = client.pipeline(transaction=False)
    pipe.setex(SESSION + name, TTL, body)
    pipe.delete(LOCK + name)
    pipe.execute()


def transaction(client, name, body):
    pipe = client.pipeline(transaction=True)
    pipe.set(LOCK + name, "0" * 32, nx=True, px=60000)
    pipe.setex(SESSION + name, TTL, body)
    pipe.delete(LOCK + name)
    pipe.execute()


def unguarded(client, name, body):
    client.setex(SESSION + name, TTL, body)


kinds = {"locked": locked, "pipelined": pipelined, "transaction": transaction, "open": unguarded}


def work(kind, times, sessions, seed):
    client = connect()
    dice = random.Random(seed)
    for number in range(times):
        kinds[kind](client, "s%d" % dice.randrange(sessions), "x" * dice.randrange(1, 2000))


for line in sys.stdin:
    kind, times, sessions = line.split()
    threads = [threading.Thread(target=work, args=(kind, int(times) // 5, int(sessions), seed))
               for seed in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print("done", flush=True)
