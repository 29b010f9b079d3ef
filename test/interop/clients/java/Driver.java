// Java's kafka-clients under test: obeys one JSON command per line of standard input (see test/interop/README.md).
// One driver serves every release from 0.8.2 to 4.x: what came with a later release, or has left since, is in eras/,
// and lib/install.mjs compiles the folders that fit (the releases each serves are listed there).

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
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;

public final class Driver {
  static final ObjectMapper JSON = new ObjectMapper();
  private static final String BOOTSTRAP = System.getenv("BOOTSTRAP");
  private static PrintStream out;

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

  static void print(JsonNode message) throws Exception {
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
        Consumers.consume(command, topic, result);
        break;
      case "groupTake":
        Consumers.groupTake(command, topic, result);
        break;
      case "groupStart":
        Consumers.groupStart(command, topic);
        result.put("pid", ProcessHandle.current().pid());
        break;
      case "groupStop":
        Consumers.groupStop();
        break;
      default:
        Administration.perform(op, command, topic, result);
    }
  }

  private static void produce(JsonNode command, String topic, ObjectNode result) throws Exception {
    Properties settings = settings();
    settings.put("compression.type", command.path("codec").asText("none"));
    settings.put("acks", "all");
    settings.put("linger.ms", "5");
    settings.put("key.serializer", ByteArraySerializer.class.getName());
    settings.put("value.serializer", ByteArraySerializer.class.getName());
    List<Future<RecordMetadata>> sent = new ArrayList<>();
    try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(settings)) {
      for (JsonNode record : command.get("records")) {
        sent.add(producer.send(Records.message(topic, record)));
      }
      ArrayNode offsets = result.putArray("offsets");
      for (Future<RecordMetadata> future : sent) {
        RecordMetadata metadata = future.get();
        offsets.addObject().put("partition", metadata.partition()).put("offset", metadata.offset());
      }
    }
  }

  static Properties settings() {
    Properties settings = new Properties();
    settings.put("bootstrap.servers", BOOTSTRAP);
    settings.put("client.id", "interop-java");
    return settings;
  }

  static Map<String, String> strings(JsonNode object) {
    Map<String, String> result = new HashMap<>();
    object.fields().forEachRemaining(field -> result.put(field.getKey(), field.getValue().asText()));
    return result;
  }

  static Integer partition(JsonNode record) {
    return record.has("partition") ? (Integer) record.get("partition").asInt() : null;
  }

  static Long timestamp(JsonNode record) {
    return record.has("timestamp") ? (Long) record.get("timestamp").asLong() : null;
  }

  static byte[] bytes(JsonNode text) {
    return text == null || text.isNull() ? null : Base64.getDecoder().decode(text.asText());
  }

  static String text(byte[] bytes) {
    return bytes == null ? null : Base64.getEncoder().encodeToString(bytes);
  }
}
