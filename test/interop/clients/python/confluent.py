"""confluent-kafka (librdkafka) under test (see test/interop/README.md)."""

import os
import threading
import time
import uuid

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
    ResourceType,
)
from serve import BOOTSTRAP, CLIENT_ID, announce_assignment, decode, emit, encode, headers_for, serve

COMMON = {"bootstrap.servers": BOOTSTRAP, "client.id": CLIENT_ID}


def describe_message(message):
    if message.error() is not None:
        raise KafkaException(message.error())
    return {
        "partition": message.partition(),
        "offset": message.offset(),
        "timestamp": message.timestamp()[1],
        "key": encode(message.key()),
        "value": encode(message.value()),
        "headers": [[name, encode(value)] for name, value in message.headers() or []],
    }


def produce(command):
    producer = Producer({**COMMON, "acks": "all", "linger.ms": 5, "compression.codec": command.get("codec", "none")})
    failures = []
    for record in command["records"]:
        placing = {name: record[name] for name in ("partition", "timestamp") if name in record}
        producer.produce(
            command["topic"],
            key=decode(record["key"]),
            value=decode(record["value"]),
            headers=headers_for(record),
            on_delivery=lambda error, _: failures.append(error) if error is not None else None,
            **placing
        )
        producer.poll(0)
    left = producer.flush(20)
    if failures or left > 0:
        raise RuntimeError("%d not delivered, %s" % (left, failures[:3]))


def take(consumer, command):
    messages = []
    deadline = time.time() + command.get("timeoutMs", 20000) / 1000
    while len(messages) < command["count"]:
        if time.time() > deadline:
            raise RuntimeError("%d of %d records in time" % (len(messages), command["count"]))
        messages.extend(consumer.consume(command["count"] - len(messages), 0.2))
    return {"records": [describe_message(message) for message in messages]}, messages


def consume(command):
    consumer = Consumer({**COMMON, "group.id": "consume-%s" % uuid.uuid4(), "enable.auto.commit": False})
    try:
        partition = TopicPartition(command["topic"], command.get("partition", 0))
        if "fromTime" in command:
            partition.offset = command["fromTime"]
            (partition,) = consumer.offsets_for_times([partition], 10)
        elif isinstance(command.get("from"), int):
            partition.offset = command["from"]
        else:
            partition.offset = -2
        consumer.assign([partition])
        return take(consumer, command)[0]
    finally:
        consumer.close()


def group_take(command):
    consumer = Consumer(
        {**COMMON, "group.id": command["group"], "enable.auto.commit": False, "auto.offset.reset": "earliest"}
    )
    try:
        consumer.subscribe([command["topic"]])
        result, messages = take(consumer, command)
        last = {(m.topic(), m.partition()): m.offset() for m in messages}
        offsets = [TopicPartition(topic, partition, offset + 1) for (topic, partition), offset in last.items()]
        consumer.commit(offsets=offsets, asynchronous=False)
        return result
    finally:
        consumer.close()


class Member:
    """A member of a group: polls on a thread of its own and prints what it is given."""

    def __init__(self, command):
        session = command["sessionTimeoutMs"]
        self.stopping = False
        self.consumer = Consumer(
            {
                **COMMON,
                "group.id": command["group"],
                "session.timeout.ms": session,
                "heartbeat.interval.ms": session // 6,
                "max.poll.interval.ms": 10000,
                "auto.commit.interval.ms": 100,
                "auto.offset.reset": "earliest",
                "fetch.wait.max.ms": 200,
                "partition.assignment.strategy": command.get("assignor", "range"),
            }
        )
        self.consumer.subscribe([command["topic"]])
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        owned = None
        while not self.stopping:
            messages = self.consumer.consume(500, 0.1)
            assignment = {(p.topic, p.partition): p for p in self.consumer.assignment()}
            if set(assignment) != owned:
                owned = set(assignment)
                announce_assignment(assignment.values())
            records = [describe_message(message) for message in messages if message.error() is None]
            if records:
                emit({"event": "records", "records": records})
        self.consumer.close()


member = None


def group_start(command):
    global member
    member = Member(command)
    return {"pid": os.getpid()}


def group_stop(_):
    member.stopping = True
    member.thread.join()


_admin = None


def admin():
    global _admin
    if _admin is None:
        _admin = AdminClient(COMMON)
    return _admin


def done(futures):
    """Waits for the outcome of an admin command; raises what the broker refused."""
    (future,) = futures.values()
    return future.result(20)


def resource(command, **more):
    return ConfigResource(ResourceType.TOPIC, command["topic"], **more)


def create_topic(command):
    done(
        admin().create_topics(
            [NewTopic(command["topic"], command["partitions"], 1, config=command.get("configs") or {})]
        )
    )


def describe_topic(command):
    topic = admin().list_topics(command["topic"], 10).topics[command["topic"]]
    return {"partitions": len(topic.partitions)}


def describe_configs(command):
    entries = done(admin().describe_configs([resource(command)]))
    return {"configs": {name: entry.value for name, entry in entries.items()}}


def alter_configs(command):
    changes = [
        ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
        for name, value in command["configs"].items()
    ]
    done(admin().incremental_alter_configs([resource(command, incremental_configs=changes)]))


def add_partitions(command):
    done(admin().create_partitions([NewPartitions(command["topic"], command["total"])]))


def delete_records(command):
    done(admin().delete_records([TopicPartition(command["topic"], command["partition"], command["before"])]))


def delete_topic(command):
    done(admin().delete_topics([command["topic"]]))


serve(
    {
        "produce": produce,
        "consume": consume,
        "groupTake": group_take,
        "groupStart": group_start,
        "groupStop": group_stop,
        "createTopic": create_topic,
        "describeTopic": describe_topic,
        "describeConfigs": describe_configs,
        "alterConfigs": alter_configs,
        "addPartitions": add_partitions,
        "deleteRecords": delete_records,
        "deleteTopic": delete_topic,
    }
)
