# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the locks' state from the lines of `watch --json` alone, and compares it with the truth.

usage: watch_replay.py EVENTS TRUTH

EVENTS is what `watch --json` printed, TRUTH what watch_worker.py did. Prints what differs and ends
with 1, or prints a summary.
"""
import collections
import datetime
import json
import sys

BEGINS = ("snapshot", "acquired", "renewed", "replaced", "taken_over")
ENDS = ("released", "expired", "flushed", "force_released", "replaced", "taken_over")
# Of a deadline: far more than a slow read makes it off, far less than any act moves it.
DEADLINE_DOUBT = 2.0

with open(sys.argv[1], encoding="utf-8") as file:
    events = [json.loads(line) for line in file]
with open(sys.argv[2], encoding="utf-8") as file:
    truth = json.load(file)
faults = []


def seconds(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


# What the stream says ------------------------------------------------------------------------

state = {}  # key -> [token, deadline]
ends = []  # (key, token, word)
words = collections.Counter()
for number, event in enumerate(events, 1):
    word, key = event["event"], event.get("lock_key")
    words[word] += 1
    if word in ("feed", "synced"):
        continue
    ended = event["previous_token"] if word in ("replaced", "taken_over") else event["token"]
    if word in ENDS:
        ends.append((key, ended, word))
    if word not in ("snapshot", "acquired") and state.get(key, [None])[0] != ended:
        faults.append("line %d: %s of %s, which the stream has not begun" % (number, word, key))
    if word == "acquired" and key in state:
        faults.append("line %d: %s is acquired while it is held" % (number, key))
    if word in BEGINS:
        ttl = event["ttl_ms"]
        state[key] = [event["token"], None if ttl is None else seconds(event["at"]) + ttl / 1000]
    else:
        state.pop(key, None)

# It ends in the server's state -----------------------------------------------------------------

server = truth["server"]
for key in sorted(state.keys() | server.keys()):
    told, real = state.get(key), server.get(key)
    if told is None or real is None or told[0] != real[0]:
        faults.append("%s: the stream ends with %s, the server has %s" % (key, told, real))
    elif (told[1] is None) != (real[1] is None) or (
            told[1] is not None and abs(told[1] - real[1]) > DEADLINE_DOUBT):
        faults.append("%s: the stream ends with the deadline %s, the server has %s"
                      % (key, told[1], real[1]))

# No end is called what it was not ----------------------------------------------------------------

holds = collections.defaultdict(list)  # a rename may bring a token back to its key
for hold in truth["holds"]:
    holds[hold["key"], hold["token"]].append(hold)


def allowed(hold):
    how = hold["how"]
    if how == "unsure":
        return set(ENDS)
    if how == "left":
        return set()
    # What was gone shortly before a flush may be taken for a part of it.
    words = {"flushed"} if any(t >= hold["began"] for t in truth["flushes"]) else set()
    if how == "expired":
        # Where two changes came in one look, nobody can tell whether there was a gap.
        return words | {"expired", "replaced"}
    return words | {"released", "replaced"}


for key, token, word in ends:
    found = holds.get((key, token))
    if not found:
        faults.append("%s: %s was never held by %s" % (key, word, token))
    elif not any(word in allowed(hold) for hold in found):
        faults.append("%s: the hold of %s is told as %s, and was %s"
                      % (key, token, word, [hold["how"] for hold in found]))

# And it was no idle run ----------------------------------------------------------------------------

real = collections.Counter(hold["how"] for hold in truth["holds"])
for word in ("snapshot", "acquired", "renewed", "released", "expired", "replaced", "flushed"):
    if words[word] == 0:
        faults.append("no line says %s" % word)
if real["unsure"] > len(truth["holds"]) / 20:
    faults.append("too many holds ended too near their deadline to tell: %d" % real["unsure"])
if words["expired"] < real["expired"] * 0.5:
    faults.append("%d holds expired, %d are told so" % (real["expired"], words["expired"]))
seen = len(ends) / max(1, sum(real.values()) - real["left"])
if seen < 0.5:
    faults.append("only %d %% of the ends were told" % (100 * seen))

print("\n".join(faults[:40]))
print("%d faults; lines %s; holds %s; operations %s"
      % (len(faults), dict(words), dict(real), truth["operations"]))
sys.exit(1 if faults else 0)
