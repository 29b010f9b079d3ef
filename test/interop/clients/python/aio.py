"""aiokafka under test (see test/interop/README.md)."""

import asyncio
import json
import os
import sys
import time
import traceback

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRebalanceListener, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic, RecordsToDelete
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from serve import BOOTSTRAP, CLIENT_ID, announce_assignment, check, decode, describe, emit, headers_for

COMMON = {"bootstrap_servers": BOOTSTRAP, "client_id": CLIENT_ID}


async def produce(command):
    codec = command.get("codec", "none")
    producer = AIOKafkaProducer(acks="all", linger_ms=5, compression_type=None if codec == "none" else codec, **COMMON)
    await producer.start()
    try:
        futures = [
            await producer.send(
                command["topic"],
                key=decode(record["key"]),
                value=decode(record["value"]),
                headers=headers_for(record),
                partition=record.get("partition"),
                timestamp_ms=record.get("timestamp"),
            )
            for record in command["records"]
        ]
        results = await asyncio.gather(*futures)
        return {"offsets": [{"partition": result.partition, "offset": result.offset} for result in results]}
    finally:
        await producer.stop()


async def take(consumer, command):
    records = []
    deadline = time.time() + command.get("timeoutMs", 20000) / 1000
    while len(records) < command["count"]:
        if time.time() > deadline:
            raise RuntimeError("%d of %d records in time" % (len(records), command["count"]))
        batches = await consumer.getmany(timeout_ms=200, max_records=command["count"] - len(records))
        for batch in batches.values():
            records.extend(describe(record) for record in batch)
    return {"records": records}


async def consume(command):
    consumer = AIOKafkaConsumer(enable_auto_commit=False, **COMMON)
    partition = TopicPartition(command["topic"], command.get("partition", 0))
    await consumer.start()
    try:
        consumer.assign([partition])
        if "fromTime" in command:
            found = await consumer.offsets_for_times({partition: command["fromTime"]})
            consumer.seek(partition, found[partition].offset)
        elif isinstance(command.get("from"), int):
            consumer.seek(partition, command["from"])
        else:
            await consumer.seek_to_beginning(partition)
        return await take(consumer, command)
    finally:
        await consumer.stop()


async def group_take(command):
    consumer = AIOKafkaConsumer(
        command["topic"],
        group_id=command["group"],
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        **COMMON,
    )
    await consumer.start()
    try:
        result = await take(consumer, command)
        await consumer.commit()
        return result
    finally:
        await consumer.stop()


class Member(ConsumerRebalanceListener):
    """A member of a group: polls in a task of its own and prints what it is given."""

    def __init__(self, command):
        session = command["sessionTimeoutMs"]
        self.stopping = False
        self.topic = command["topic"]
        self.consumer = AIOKafkaConsumer(
            group_id=command["group"],
            session_timeout_ms=session,
            heartbeat_interval_ms=session // 6,
            rebalance_timeout_ms=10000,
            auto_commit_interval_ms=100,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=200,
            partition_assignment_strategy=[RangePartitionAssignor],
            **COMMON,
        )

    async def start(self):
        self.consumer.subscribe([self.topic], listener=self)
        await self.consumer.start()
        self.task = asyncio.ensure_future(self.run())

    def on_partitions_revoked(self, revoked):
        pass

    def on_partitions_assigned(self, assigned):
        announce_assignment(assigned)

    async def run(self):
        while not self.stopping:
            batches = await self.consumer.getmany(timeout_ms=200)
            records = [describe(record) for batch in batches.values() for record in batch]
            if records:
                emit({"event": "records", "records": records})
        await self.consumer.stop()


member = None


async def group_start(command):
    global member
    member = Member(command)
    await member.start()
    return {"pid": os.getpid()}


async def group_stop(_):
    member.stopping = True
    await member.task


_admin = None


async def admin():
    global _admin
    if _admin is None:
        _admin = AIOKafkaAdminClient(**COMMON)
        await _admin.start()
    return _admin


async def create_topic(command):
    topic = NewTopic(command["topic"], command["partitions"], 1, topic_configs=command.get("configs") or {})
    response = await (await admin()).create_topics([topic])
    for _, code, *rest in response.topic_errors:
        # The client hands the code on as it came; 36 says that the topic exists.
        check(code, "the topic exists" if code == 36 else rest)


async def describe_topic(command):
    (topic,) = await (await admin()).describe_topics([command["topic"]])
    return {"partitions": len(topic["partitions"])}


async def describe_configs(command):
    resource = ConfigResource(ConfigResourceType.TOPIC, command["topic"])
    (response,) = await (await admin()).describe_configs([resource])
    ((code, message, _, _, entries),) = response.resources
    check(code, message)
    return {"configs": {entry[0]: entry[1] for entry in entries}}


async def alter_configs(command):
    resource = ConfigResource(ConfigResourceType.TOPIC, command["topic"], configs=command["configs"])
    for response in await (await admin()).alter_configs([resource]):
        for code, message, *_ in response.resources:
            check(code, message)


async def add_partitions(command):
    response = await (await admin()).create_partitions({command["topic"]: NewPartitions(command["total"])})
    for _, code, message in response.topic_errors:
        check(code, message)


async def delete_records(command):
    partition = TopicPartition(command["topic"], command["partition"])
    await (await admin()).delete_records({partition: RecordsToDelete(before_offset=command["before"])})


async def delete_topic(command):
    response = await (await admin()).delete_topics([command["topic"]])
    for _, code in response.topic_error_codes:
        check(code, "")


OPERATIONS = {
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


async def main():
    loop = asyncio.get_running_loop()
    while True:
        line = await loop.run_in_executor(None, sys.stdin.readline)
        if line == "":
            break
        command = json.loads(line)
        try:
            emit({"id": command["id"], "ok": await OPERATIONS[command["op"]](command) or {}})
        except Exception:
            emit({"id": command["id"], "error": traceback.format_exc()})
    os._exit(0)


asyncio.run(main())
