// Records of 0.8.2: neither timestamps nor headers, and no consumer.

import com.fasterxml.jackson.databind.JsonNode;
import org.apache.kafka.clients.producer.ProducerRecord;

final class Records {
  private Records() {}

  static ProducerRecord<byte[], byte[]> message(String topic, JsonNode record) {
    return new ProducerRecord<>(
        topic, Driver.partition(record), Driver.bytes(record.get("key")), Driver.bytes(record.get("value")));
  }
}
