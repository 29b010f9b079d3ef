// Releases before 0.11 administer through ZooKeeper.

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

final class Administration {
  private Administration() {}

  static void perform(String op, JsonNode command, String topic, ObjectNode result) {
    throw new UnsupportedOperationException("this release has no admin client: " + op);
  }
}
