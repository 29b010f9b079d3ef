// The admin client, as from 1.1 on.

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.AdminClient;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;

final class Administration {
  private static AdminClient admin;

  private Administration() {}

  static void perform(String op, JsonNode command, String topic, ObjectNode result) throws Exception {
    if (admin == null) admin = AdminClient.create(Driver.settings());
    switch (op) {
      case "createTopic": {
        NewTopic created = new NewTopic(topic, command.get("partitions").asInt(), (short) 1);
        created.configs(Driver.strings(command.path("configs")));
        admin.createTopics(List.of(created)).all().get();
        break;
      }
      case "describeTopic":
        result.put(
            "partitions",
            TopicDescriptions.of(admin, topic).partitions().size());
        break;
      case "describeConfigs": {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        Config config = admin.describeConfigs(List.of(resource)).all().get().get(resource);
        ObjectNode configs = result.putObject("configs");
        for (ConfigEntry entry : config.entries()) configs.put(entry.name(), entry.value());
        break;
      }
      case "alterConfigs":
        ConfigChange.set(admin, new ConfigResource(ConfigResource.Type.TOPIC, topic), Driver.strings(command.get("configs")));
        break;
      case "addPartitions":
        admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(command.get("total").asInt()))).all().get();
        break;
      case "deleteRecords":
        admin
            .deleteRecords(
                Map.of(
                    new TopicPartition(topic, command.get("partition").asInt()),
                    RecordsToDelete.beforeOffset(command.get("before").asLong())))
            .all()
            .get();
        break;
      case "deleteTopic":
        admin.deleteTopics(List.of(topic)).all().get();
        break;
      default:
        throw new IllegalArgumentException("no operation " + op);
    }
  }
}
