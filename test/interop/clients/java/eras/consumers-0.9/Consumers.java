// Consuming and groups, as from 0.9 on.

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.UUID;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

final class Consumers {
  private static Member member;

  private Consumers() {}

  static void groupStart(JsonNode command, String topic) {
    member = new Member(command, topic);
    member.thread.start();
  }

  static void groupStop() throws InterruptedException {
    member.stopping = true;
    member.consumer.wakeup();
    member.thread.join();
  }

  static void consume(JsonNode command, String topic, ObjectNode result) throws Exception {
    Properties settings = consumerSettings("consume-" + UUID.randomUUID());
    settings.put("enable.auto.commit", "false");
    int count = command.get("count").asInt();
    try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(settings)) {
      TopicPartition partition = new TopicPartition(topic, command.path("partition").asInt(0));
      consumer.assign(List.of(partition));
      if (command.has("fromTime")) {
        consumer.seek(partition, Records.offsetFor(consumer, partition, command.get("fromTime").asLong()));
      } else if (command.path("from").isNumber()) {
        consumer.seek(partition, command.get("from").asLong());
      } else {
        Records.seekToBeginning(consumer, partition);
      }
      take(consumer, count, command, result);
    }
  }

  static void groupTake(JsonNode command, String topic, ObjectNode result) throws Exception {
    Properties settings = consumerSettings(command.get("group").asText());
    settings.put("enable.auto.commit", "false");
    settings.put("auto.offset.reset", "earliest");
    try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(settings)) {
      consumer.subscribe(List.of(topic));
      consumer.commitSync(take(consumer, command.get("count").asInt(), command, result));
    }
  }

  /** Polls until `count` records have come; answers the offsets to commit for exactly those. */
  private static Map<TopicPartition, OffsetAndMetadata> take(
      KafkaConsumer<byte[], byte[]> consumer, int count, JsonNode command, ObjectNode result) throws Exception {
    ArrayNode records = result.putArray("records");
    Map<TopicPartition, OffsetAndMetadata> next = new HashMap<>();
    long deadline = System.currentTimeMillis() + command.path("timeoutMs").asLong(20_000);
    while (records.size() < count) {
      if (System.currentTimeMillis() > deadline) {
        throw new IllegalStateException(records.size() + " of " + count + " records in time");
      }
      for (ConsumerRecord<byte[], byte[]> record : poll(consumer)) {
        if (records.size() == count) break;
        records.add(Records.describe(record));
        next.put(new TopicPartition(record.topic(), record.partition()), new OffsetAndMetadata(record.offset() + 1));
      }
    }
    return next;
  }

  private static final Method POLL = pollMethod();
  private static final Object POLL_TIME = POLL.getParameterTypes()[0] == long.class ? 200L : Duration.ofMillis(200);

  /** poll(Duration) came with 2.0, poll(long) left with 4.0. */
  private static Method pollMethod() {
    try {
      return KafkaConsumer.class.getMethod("poll", Duration.class);
    } catch (NoSuchMethodException old) {
      try {
        return KafkaConsumer.class.getMethod("poll", long.class);
      } catch (NoSuchMethodException neither) {
        throw new IllegalStateException(neither);
      }
    }
  }

  @SuppressWarnings("unchecked")
  private static ConsumerRecords<byte[], byte[]> poll(KafkaConsumer<byte[], byte[]> consumer) throws Exception {
    try {
      return (ConsumerRecords<byte[], byte[]>) POLL.invoke(consumer, POLL_TIME);
    } catch (InvocationTargetException wrapped) {
      if (wrapped.getCause() instanceof Exception) throw (Exception) wrapped.getCause();
      throw wrapped;
    }
  }

  /** A member of a group: polls on a thread of its own and prints what it is given. */
  private static final class Member implements ConsumerRebalanceListener {
    final KafkaConsumer<byte[], byte[]> consumer;
    final Thread thread = new Thread(this::run, "member");
    volatile boolean stopping;

    Member(JsonNode command, String topic) {
      int sessionTimeoutMs = command.get("sessionTimeoutMs").asInt();
      Properties settings = consumerSettings(command.get("group").asText());
      settings.put("session.timeout.ms", Integer.toString(sessionTimeoutMs));
      settings.put("heartbeat.interval.ms", Integer.toString(sessionTimeoutMs / 6));
      settings.put("max.poll.interval.ms", "10000");
      settings.put("enable.auto.commit", "true");
      settings.put("auto.commit.interval.ms", "100");
      settings.put("auto.offset.reset", "earliest");
      settings.put("fetch.max.wait.ms", "200");
      boolean cooperative = command.path("assignor").asText("range").equals("cooperative-sticky");
      settings.put(
          "partition.assignment.strategy",
          "org.apache.kafka.clients.consumer." + (cooperative ? "CooperativeStickyAssignor" : "RangeAssignor"));
      consumer = new KafkaConsumer<>(settings);
      consumer.subscribe(List.of(topic), this);
    }

    private void run() {
      try {
        while (!stopping) {
          ConsumerRecords<byte[], byte[]> records = poll(consumer);
          if (records.isEmpty()) continue;
          ObjectNode event = Driver.JSON.createObjectNode().put("event", "records");
          ArrayNode list = event.putArray("records");
          for (ConsumerRecord<byte[], byte[]> record : records) list.add(Records.describe(record));
          Driver.print(event);
        }
      } catch (org.apache.kafka.common.errors.WakeupException stop) {
        // groupStop woke the poll.
      } catch (Exception error) {
        error.printStackTrace();
      } finally {
        consumer.close();
      }
    }

    private void assigned() {
      ObjectNode event = Driver.JSON.createObjectNode().put("event", "assigned");
      ArrayNode partitions = event.putArray("partitions");
      for (TopicPartition partition : consumer.assignment()) partitions.add(partition.toString());
      try {
        Driver.print(event);
      } catch (Exception error) {
        error.printStackTrace();
      }
    }

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> added) {
      assigned();
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> removed) {}
  }

  private static Properties consumerSettings(String group) {
    Properties settings = Driver.settings();
    settings.put("group.id", group);
    settings.put("key.deserializer", ByteArrayDeserializer.class.getName());
    settings.put("value.deserializer", ByteArrayDeserializer.class.getName());
    return settings;
  }
}
