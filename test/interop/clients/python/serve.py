"""The other end of lib/driver.mjs, for drivers written in Python: one JSON command a line, one JSON answer a line."""

import base64
import json
import os
import sys
import threading
import traceback

BOOTSTRAP = os.environ["BOOTSTRAP"]
CLIENT_ID = "interop-python"

_lock = threading.Lock()
# Whatever a library prints must not mix with the answers.
_out = os.fdopen(os.dup(1), "w", encoding="utf-8")
os.dup2(2, 1)


def emit(message):
    with _lock:
        _out.write(json.dumps(message) + "\n")
        _out.flush()


def encode(data):
    return None if data is None else base64.b64encode(bytes(data)).decode("ascii")


def decode(text):
    return None if text is None else base64.b64decode(text)


def headers_for(record):
    """The headers of a command's record as (name, bytes) pairs."""
    return [(name, decode(value)) for name, value in record.get("headers") or []]


def describe(record):
    """A consumed record of kafka-python or aiokafka, which name its parts alike."""
    return {
        "partition": record.partition,
        "offset": record.offset,
        "timestamp": record.timestamp,
        "key": encode(record.key),
        "value": encode(record.value),
        "headers": [[name, encode(value)] for name, value in record.headers or []],
    }


def announce_assignment(assignment):
    emit({"event": "assigned", "partitions": sorted("%s-%d" % (p.topic, p.partition) for p in assignment)})


def serve(operations):
    """Obeys commands until the input ends; `operations` maps a command's name to a function of it."""

    for line in sys.stdin:
        command = json.loads(line)
        try:
            emit({"id": command["id"], "ok": operations[command["op"]](command) or {}})
        except Exception:
            emit({"id": command["id"], "error": traceback.format_exc()})
    # Threads of a client that do not end by themselves are no reason to stay.
    os._exit(0)


def check(code, message):
    """Raises for the error code of one element of an answer."""
    if code != 0:
        raise RuntimeError("error %s: %s" % (code, message))
