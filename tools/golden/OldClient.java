import java.util.Collections;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * Writes and reads a topic with nothing but what the Java clients had from 0.9 to 3.9, so that record.mjs sees their
 * versions: java -cp kafka-clients-0.9.0.1.jar:slf4j-api.jar OldClient.java BOOTSTRAP
 */
public class OldClient {
    public static void main(String[] arguments) throws Exception {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", arguments[0]);
        properties.put("client.id", "old");
        properties.put("group.id", "old-group");
        properties.put("auto.offset.reset", "earliest");
        properties.put("max.poll.records", "10");
        String text = "org.apache.kafka.common.serialization.String";
        properties.put("key.serializer", text + "Serializer");
        properties.put("value.serializer", text + "Serializer");
        properties.put("key.deserializer", text + "Deserializer");
        properties.put("value.deserializer", text + "Deserializer");
        KafkaProducer<String, String> producer = new KafkaProducer<>(properties);
        for (int count = 0; count < 5; count++) {
            producer.send(new ProducerRecord<>("old-topic", "key-" + count, "value-" + count)).get();
        }
        producer.close();
        KafkaConsumer<String, String> consumer = new KafkaConsumer<>(properties);
        consumer.subscribe(Collections.singletonList("old-topic"));
        int seen = 0;
        for (int poll = 0; poll < 50 && seen < 5; poll++) {
            ConsumerRecords<String, String> records = consumer.poll(500);
            seen += records.count();
            consumer.commitSync();
        }
        consumer.commitSync();
        System.out.println("read " + seen + " records back");
        consumer.close();
    }
}
