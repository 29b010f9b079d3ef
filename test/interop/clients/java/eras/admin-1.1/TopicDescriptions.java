// allTopicNames() came with 3.1, all() left with 4.0.

import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.AdminClient;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;

final class TopicDescriptions {
  private TopicDescriptions() {}

  @SuppressWarnings("unchecked")
  static TopicDescription of(AdminClient admin, String topic) throws Exception {
    Object result = admin.describeTopics(List.of(topic));
    Object future;
    try {
      future = result.getClass().getMethod("allTopicNames").invoke(result);
    } catch (NoSuchMethodException old) {
      future = result.getClass().getMethod("all").invoke(result);
    }
    return ((KafkaFuture<Map<String, TopicDescription>>) future).get().get(topic);
  }
}
