// Records of 0.10: timestamps, but no headers.

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Collections;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;

final class Records {
  private Records() {}

  static ProducerRecord<byte[], byte[]> message(String topic, JsonNode record) {
    return new ProducerRecord<>(
        topic,
        Driver.partition(record),
        Driver.timestamp(record),
        Driver.bytes(record.get("key")),
        Driver.bytes(record.get("value")));
  }

  static ObjectNode describe(ConsumerRecord<byte[], byte[]> record) {
    ObjectNode node = Driver.JSON.createObjectNode();
    node.put("partition", record.partition());
    node.put("offset", record.offset());
    node.put("key", Driver.text(record.key()));
    node.put("value", Driver.text(record.value()));
    node.put("timestamp", record.timestamp());
    node.putArray("headers");
    return node;
  }

  static long offsetFor(KafkaConsumer<byte[], byte[]> consumer, TopicPartition partition, long time) {
    return consumer.offsetsForTimes(Collections.singletonMap(partition, time)).get(partition).offset();
  }

  static void seekToBeginning(KafkaConsumer<byte[], byte[]> consumer, TopicPartition partition) {
    consumer.seekToBeginning(Collections.singleton(partition));
  }
}
