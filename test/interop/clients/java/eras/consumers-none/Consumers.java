// 0.8.2 has a new producer, but its consumer is the one that reads from ZooKeeper.

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

final class Consumers {
  private static final UnsupportedOperationException NONE =
      new UnsupportedOperationException("this release has no consumer that speaks to brokers alone");

  private Consumers() {}

  static void consume(JsonNode command, String topic, ObjectNode result) {
    throw NONE;
  }

  static void groupTake(JsonNode command, String topic, ObjectNode result) {
    throw NONE;
  }

  static void groupStart(JsonNode command, String topic) {
    throw NONE;
  }

  static void groupStop() {
    throw NONE;
  }
}
