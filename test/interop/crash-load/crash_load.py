"""Two producers with librdkafka, for as long as standard input stays open. Prints "ack PRODUCER PARTITION OFFSET SEQUENCE"."""

import os
import sys
import threading
import time

from confluent_kafka import Producer

PARTITIONS = 4
PAUSE_SECONDS = 0.005
running = True
printing = threading.Lock()


def say(line):
    with printing:
        print(line, flush=True)


def produce(name, config):
    producer = Producer(
        {
            "bootstrap.servers": os.environ["BOOTSTRAP"],
            "client.id": name,
            "linger.ms": 10,
            "message.timeout.ms": 600000,
            "reconnect.backoff.ms": 10,
            "reconnect.backoff.max.ms": 100,
            **config,
        }
    )

    def acknowledged(sequence):
        def told(error, message):
            if error is not None:
                say(f"error {name}: {error}")
            else:
                say(f"ack {name} {message.partition()} {message.offset()} {sequence}")

        return told

    sequences = [0] * PARTITIONS
    count = 0
    while running:
        partition = count % PARTITIONS
        sequence = sequences[partition]
        sequences[partition] += 1
        count += 1
        value = f"{name} {partition} {sequence}"
        producer.produce(os.environ["TOPIC"], value=value, partition=partition, on_delivery=acknowledged(sequence))
        producer.poll(0)
        time.sleep(PAUSE_SECONDS)
    producer.flush()


threads = [
    threading.Thread(
        target=produce,
        args=("librdkafka-idempotent", {"enable.idempotence": True, "compression.codec": "zstd"}),
    ),
    threading.Thread(
        target=produce,
        args=(
            "librdkafka-plain",
            {"acks": 1, "max.in.flight.requests.per.connection": 1, "compression.codec": "snappy"},
        ),
    ),
]
for thread in threads:
    thread.start()
sys.stdin.readline()
running = False
for thread in threads:
    thread.join()
say("done")
