// Records of 0.9: neither timestamps nor headers.

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;

final class Records {
  private Records() {}

  static ProducerRecord<byte[], byte[]> message(String topic, JsonNode record) {
    return new ProducerRecord<>(
        topic, Driver.partition(record), Driver.bytes(record.get("key")), Driver.bytes(record.get("value")));
  }

  static ObjectNode describe(ConsumerRecord<byte[], byte[]> record) {
    ObjectNode node = Driver.JSON.createObjectNode();
    node.put("partition", record.partition());
    node.put("offset", record.offset());
    node.put("key", Driver.text(record.key()));
    node.put("value", Driver.text(record.value()));
    node.putArray("headers");
    return node;
  }

  static long offsetFor(KafkaConsumer<byte[], byte[]> consumer, TopicPartition partition, long time) {
    throw new UnsupportedOperationException("0.9 cannot search by time");
  }

  static void seekToBeginning(KafkaConsumer<byte[], byte[]> consumer, TopicPartition partition) {
    consumer.seekToBeginning(partition);
  }
}
