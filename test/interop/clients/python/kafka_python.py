"""kafka-python under test: one driver for 1.4.7, 2.0.2 and 3.x (see test/interop/README.md)."""

import os
import threading
import time

from kafka import KafkaConsumer, KafkaProducer, TopicPartition, __version__
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient, NewPartitions, NewTopic
from kafka.consumer.subscription_state import ConsumerRebalanceListener
from kafka.coordinator.assignors.range import RangePartitionAssignor
from serve import BOOTSTRAP, CLIENT_ID, announce_assignment, check, decode, describe, emit, headers_for, serve

MAJOR = int(__version__.split(".")[0])
COMMON = {"bootstrap_servers": BOOTSTRAP, "client_id": CLIENT_ID}


def produce(command):
    codec = command.get("codec", "none")
    producer = KafkaProducer(
        acks="all", linger_ms=5, retries=3, compression_type=None if codec == "none" else codec, **COMMON
    )
    try:
        futures = [
            producer.send(
                command["topic"],
                key=decode(record["key"]),
                value=decode(record["value"]),
                headers=headers_for(record),
                partition=record.get("partition"),
                timestamp_ms=record.get("timestamp"),
            )
            for record in command["records"]
        ]
        producer.flush(20)
        results = [future.get(20) for future in futures]
        return {"offsets": [{"partition": result.partition, "offset": result.offset} for result in results]}
    finally:
        producer.close(5)


def take(consumer, command):
    records = []
    deadline = time.time() + command.get("timeoutMs", 20000) / 1000
    while len(records) < command["count"]:
        if time.time() > deadline:
            raise RuntimeError("%d of %d records in time" % (len(records), command["count"]))
        for batch in consumer.poll(timeout_ms=200, max_records=command["count"] - len(records)).values():
            records.extend(describe(record) for record in batch)
    return {"records": records}


def consume(command):
    consumer = KafkaConsumer(enable_auto_commit=False, group_id=None, **COMMON)
    try:
        partition = TopicPartition(command["topic"], command.get("partition", 0))
        consumer.assign([partition])
        if "fromTime" in command:
            consumer.seek(partition, consumer.offsets_for_times({partition: command["fromTime"]})[partition].offset)
        elif isinstance(command.get("from"), int):
            consumer.seek(partition, command["from"])
        else:
            consumer.seek_to_beginning(partition)
        return take(consumer, command)
    finally:
        consumer.close()


def group_take(command):
    consumer = KafkaConsumer(
        command["topic"],
        group_id=command["group"],
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        **COMMON
    )
    try:
        result = take(consumer, command)
        consumer.commit()
        return result
    finally:
        consumer.close()


class Member(ConsumerRebalanceListener):
    """A member of a group: polls on a thread of its own and prints what it is given."""

    def __init__(self, command):
        session = command["sessionTimeoutMs"]
        assignor = RangePartitionAssignor
        if command.get("assignor") == "cooperative-sticky":
            from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor

            assignor = CooperativeStickyAssignor
        self.stopping = False
        self.consumer = KafkaConsumer(
            group_id=command["group"],
            session_timeout_ms=session,
            heartbeat_interval_ms=session // 6,
            max_poll_interval_ms=10000,
            auto_commit_interval_ms=100,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=200,
            partition_assignment_strategy=[assignor],
            **COMMON
        )
        self.consumer.subscribe([command["topic"]], listener=self)
        self.thread = threading.Thread(target=self.run)
        self.thread.daemon = True
        self.thread.start()

    def on_partitions_revoked(self, revoked):
        pass

    def on_partitions_assigned(self, assigned):
        announce_assignment(self.consumer.assignment())

    def run(self):
        owned = None
        while not self.stopping:
            batches = self.consumer.poll(timeout_ms=200)
            if self.consumer.assignment() != owned:
                owned = set(self.consumer.assignment())
                announce_assignment(owned)
            records = [describe(record) for batch in batches.values() for record in batch]
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
        _admin = KafkaAdminClient(**COMMON)
    return _admin


def create_topic(command):
    topic = NewTopic(
        name=command["topic"],
        num_partitions=command["partitions"],
        replication_factor=1,
        topic_configs=command.get("configs") or {},
    )
    admin().create_topics([topic])


def describe_topic(command):
    (topic,) = admin().describe_topics([command["topic"]])
    return {"partitions": len(topic["partitions"])}


def describe_configs(command):
    name = command["topic"]
    if MAJOR >= 3:
        answer = admin().describe_configs([ConfigResource(ConfigResourceType.TOPIC, name)], config_filter="all")
        return {"configs": {key: config["value"] for key, config in answer["topic"][name].items()}}
    # 1.4 answers one response, 2.0 a list of them.
    answer = admin().describe_configs([ConfigResource(ConfigResourceType.TOPIC, name)])
    (response,) = answer if isinstance(answer, list) else [answer]
    ((code, message, _, _, entries),) = response.resources
    check(code, message)
    return {"configs": {entry[0]: entry[1] for entry in entries}}


def alter_configs(command):
    resource = ConfigResource(ConfigResourceType.TOPIC, command["topic"], configs=command["configs"])
    answer = admin().alter_configs([resource])
    if MAJOR >= 3:
        outcome = answer["topic"][command["topic"]]
        if outcome != "OK":
            raise RuntimeError(outcome)
        return
    ((code, message, _, _),) = answer.resources
    check(code, message)


def add_partitions(command):
    admin().create_partitions({command["topic"]: NewPartitions(command["total"])})


def delete_records(command):
    admin().delete_records({TopicPartition(command["topic"], command["partition"]): command["before"]})


def delete_topic(command):
    admin().delete_topics([command["topic"]])


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
