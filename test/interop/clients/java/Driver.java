// Java's kafka-clients under test: obeys one JSON command per line of standard input (see test/interop/README.md).
// The source uses only what 3.5 and 4.x share, so that one file serves every release.

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

public final class Driver {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String BOOTSTRAP = System.getenv("BOOTSTRAP");
  private static PrintStream out;
  private static Admin admin;
  private static Member member;

  public static void main(String[] args) throws Exception {
    out = new PrintStream(new java.io.FileOutputStream(java.io.FileDescriptor.out), false, "UTF-8");
    System.setOut(System.err);
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      JsonNode command = JSON.readTree(line);
      ObjectNode answer = JSON.createObjectNode();
      answer.set("id", command.get("id"));
      try {
        ObjectNode result = JSON.createObjectNode();
        perform(command.get("op").asText(), command, result);
        answer.set("ok", result);
      } catch (Exception error) {
        StringWriter text = new StringWriter();
        error.printStackTrace(new PrintWriter(text));
        answer.put("error", text.toString());
      }
      print(answer);
    }
    Runtime.getRuntime().halt(0);
  }

  private static void print(JsonNode message) throws Exception {
    String line = JSON.writeValueAsString(message);
    synchronized (out) {
      out.println(line);
      out.flush();
    }
  }

  private static void perform(String op, JsonNode command, ObjectNode result) throws Exception {
    String topic = command.path("topic").asText();
    switch (op) {
      case "produce":
        produce(command, topic, result);
        break;
      case "consume":
        consume(command, topic, result);
        break;
      case "groupTake":
        groupTake(command, topic, result);
        break;
      case "groupStart":
        member = new Member(command, topic);
        member.thread.start();
        result.put("pid", ProcessHandle.current().pid());
        break;
      case "groupStop":
        member.stopping = true;
        member.consumer.wakeup();
        member.thread.join();
        break;
      case "createTopic": {
        NewTopic created = new NewTopic(topic, command.get("partitions").asInt(), (short) 1);
        created.configs(strings(command.path("configs")));
        admin().createTopics(List.of(created)).all().get();
        break;
      }
      case "describeTopic":
        result.put(
            "partitions",
            admin().describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions().size());
        break;
      case "describeConfigs": {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        Config config = admin().describeConfigs(List.of(resource)).all().get().get(resource);
        ObjectNode configs = result.putObject("configs");
        for (ConfigEntry entry : config.entries()) configs.put(entry.name(), entry.value());
        break;
      }
      case "alterConfigs": {
        List<AlterConfigOp> changes = new ArrayList<>();
        strings(command.get("configs"))
            .forEach((name, value) ->
                changes.add(new AlterConfigOp(new ConfigEntry(name, value), AlterConfigOp.OpType.SET)));
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        admin().incrementalAlterConfigs(Map.of(resource, changes)).all().get();
        break;
      }
      case "addPartitions":
        admin().createPartitions(Map.of(topic, NewPartitions.increaseTo(command.get("total").asInt()))).all().get();
        break;
      case "deleteRecords":
        admin()
            .deleteRecords(
                Map.of(
                    new TopicPartition(topic, command.get("partition").asInt()),
                    RecordsToDelete.beforeOffset(command.get("before").asLong())))
            .all()
            .get();
        break;
      case "deleteTopic":
        admin().deleteTopics(List.of(topic)).all().get();
        break;
      default:
        throw new IllegalArgumentException("no operation " + op);
    }
  }

  private static void produce(JsonNode command, String topic, ObjectNode result) throws Exception {
    Properties settings = settings();
    settings.put("compression.type", command.path("codec").asText("none"));
    settings.put("linger.ms", "5");
    settings.put("key.serializer", ByteArraySerializer.class.getName());
    settings.put("value.serializer", ByteArraySerializer.class.getName());
    List<Future<RecordMetadata>> sent = new ArrayList<>();
    try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(settings)) {
      for (JsonNode record : command.get("records")) {
        ProducerRecord<byte[], byte[]> message =
            new ProducerRecord<>(
                topic,
                record.has("partition") ? (Integer) record.get("partition").asInt() : null,
                record.has("timestamp") ? (Long) record.get("timestamp").asLong() : null,
                bytes(record.get("key")),
                bytes(record.get("value")));
        for (JsonNode header : record.path("headers")) {
          message.headers().add(header.get(0).asText(), bytes(header.get(1)));
        }
        sent.add(producer.send(message));
      }
      ArrayNode offsets = result.putArray("offsets");
      for (Future<RecordMetadata> future : sent) {
        RecordMetadata metadata = future.get();
        offsets.addObject().put("partition", metadata.partition()).put("offset", metadata.offset());
      }
    }
  }

  private static void consume(JsonNode command, String topic, ObjectNode result) throws Exception {
    Properties settings = consumerSettings("consume-" + UUID.randomUUID());
    settings.put("enable.auto.commit", "false");
    int count = command.get("count").asInt();
    try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(settings)) {
      TopicPartition partition = new TopicPartition(topic, command.path("partition").asInt(0));
      consumer.assign(List.of(partition));
      if (command.has("fromTime")) {
        long offset = consumer.offsetsForTimes(Map.of(partition, command.get("fromTime").asLong())).get(partition).offset();
        consumer.seek(partition, offset);
      } else if (command.path("from").isNumber()) {
        consumer.seek(partition, command.get("from").asLong());
      } else {
        consumer.seekToBeginning(List.of(partition));
      }
      take(consumer, count, command, result);
    }
  }

  private static void groupTake(JsonNode command, String topic, ObjectNode result) throws Exception {
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
      KafkaConsumer<byte[], byte[]> consumer, int count, JsonNode command, ObjectNode result) {
    ArrayNode records = result.putArray("records");
    Map<TopicPartition, OffsetAndMetadata> next = new HashMap<>();
    long deadline = System.currentTimeMillis() + command.path("timeoutMs").asLong(20_000);
    while (records.size() < count) {
      if (System.currentTimeMillis() > deadline) {
        throw new IllegalStateException(records.size() + " of " + count + " records in time");
      }
      for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
        if (records.size() == count) break;
        records.add(describe(record));
        next.put(new TopicPartition(record.topic(), record.partition()), new OffsetAndMetadata(record.offset() + 1));
      }
    }
    return next;
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
          ConsumerRecords<byte[], byte[]> records = consumer.poll(Duration.ofMillis(200));
          if (records.isEmpty()) continue;
          ObjectNode event = JSON.createObjectNode().put("event", "records");
          ArrayNode list = event.putArray("records");
          for (ConsumerRecord<byte[], byte[]> record : records) list.add(describe(record));
          print(event);
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
      ObjectNode event = JSON.createObjectNode().put("event", "assigned");
      ArrayNode partitions = event.putArray("partitions");
      for (TopicPartition partition : consumer.assignment()) partitions.add(partition.toString());
      try {
        print(event);
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

  private static Properties settings() {
    Properties settings = new Properties();
    settings.put("bootstrap.servers", BOOTSTRAP);
    settings.put("client.id", "interop-java");
    return settings;
  }

  private static Properties consumerSettings(String group) {
    Properties settings = settings();
    settings.put("group.id", group);
    settings.put("key.deserializer", ByteArrayDeserializer.class.getName());
    settings.put("value.deserializer", ByteArrayDeserializer.class.getName());
    return settings;
  }

  private static Admin admin() {
    if (admin == null) admin = Admin.create(settings());
    return admin;
  }

  private static Map<String, String> strings(JsonNode object) {
    Map<String, String> result = new HashMap<>();
    object.fields().forEachRemaining(field -> result.put(field.getKey(), field.getValue().asText()));
    return result;
  }

  private static byte[] bytes(JsonNode text) {
    return text == null || text.isNull() ? null : Base64.getDecoder().decode(text.asText());
  }

  private static String text(byte[] bytes) {
    return bytes == null ? null : Base64.getEncoder().encodeToString(bytes);
  }

  private static ObjectNode describe(ConsumerRecord<byte[], byte[]> record) {
    ObjectNode node = JSON.createObjectNode();
    node.put("partition", record.partition());
    node.put("offset", record.offset());
    node.put("timestamp", record.timestamp());
    node.put("key", text(record.key()));
    node.put("value", text(record.value()));
    ArrayNode headers = node.putArray("headers");
    for (Header header : record.headers()) headers.addArray().add(header.key()).add(text(header.value()));
    return node;
  }
}
