import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.time.Duration;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * Two producers and a group with Java's client, for as long as standard input stays open. Prints a line for
 * everything that the broker acknowledged: "ack PRODUCER PARTITION OFFSET SEQUENCE", "commit GROUP PARTITION OFFSET".
 */
public final class CrashLoad {
    private static final int PARTITIONS = 4;
    private static final int PAUSE_MS = 5;
    private static volatile boolean running = true;

    public static void main(String[] args) throws Exception {
        String bootstrap = System.getenv("BOOTSTRAP");
        String topic = System.getenv("TOPIC");
        CountDownLatch ended = new CountDownLatch(3);
        thread(ended, () -> produce(bootstrap, topic, "java-idempotent", true, "lz4"));
        thread(ended, () -> produce(bootstrap, topic, "java-plain", false, "gzip"));
        thread(ended, () -> consume(bootstrap, topic, "java-group"));
        new BufferedReader(new InputStreamReader(System.in)).readLine();
        running = false;
        ended.await();
        System.out.println("done");
        System.exit(0);
    }

    private static void thread(CountDownLatch ended, Runnable work) {
        new Thread(() -> {
            try {
                work.run();
            } catch (Throwable error) {
                say("error " + error);
            } finally {
                ended.countDown();
            }
        }).start();
    }

    private static synchronized void say(String line) {
        System.out.println(line);
    }

    private static void produce(String bootstrap, String topic, String name, boolean idempotent, String codec) {
        Properties config = new Properties();
        config.put("bootstrap.servers", bootstrap);
        config.put("client.id", name);
        config.put("acks", "all");
        config.put("enable.idempotence", String.valueOf(idempotent));
        config.put("max.in.flight.requests.per.connection", idempotent ? "5" : "1");
        config.put("compression.type", codec);
        config.put("linger.ms", "10");
        config.put("delivery.timeout.ms", "600000");
        config.put("request.timeout.ms", "10000");
        config.put("reconnect.backoff.max.ms", "100");
        config.put("key.serializer", "org.apache.kafka.common.serialization.StringSerializer");
        config.put("value.serializer", "org.apache.kafka.common.serialization.StringSerializer");
        int[] sequences = new int[PARTITIONS];
        KafkaProducer<String, String> producer = new KafkaProducer<>(config);
        for (int count = 0; running; count++) {
            int partition = count % PARTITIONS;
            int sequence = sequences[partition]++;
            String value = name + " " + partition + " " + sequence;
            producer.send(new ProducerRecord<>(topic, partition, null, value), (metadata, error) -> {
                if (error != null) say("error " + name + ": " + error);
                else say("ack " + name + " " + metadata.partition() + " " + metadata.offset() + " " + sequence);
            });
            pause();
        }
        producer.close();
    }

    private static void consume(String bootstrap, String topic, String group) {
        Properties config = new Properties();
        config.put("bootstrap.servers", bootstrap);
        config.put("group.id", group);
        config.put("enable.auto.commit", "false");
        config.put("auto.offset.reset", "earliest");
        config.put("session.timeout.ms", "10000");
        config.put("reconnect.backoff.max.ms", "100");
        config.put("key.deserializer", "org.apache.kafka.common.serialization.StringDeserializer");
        config.put("value.deserializer", "org.apache.kafka.common.serialization.StringDeserializer");
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(config)) {
            consumer.subscribe(Collections.singletonList(topic));
            while (running) {
                Map<TopicPartition, OffsetAndMetadata> next = new HashMap<>();
                for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(100))) {
                    next.put(new TopicPartition(record.topic(), record.partition()), new OffsetAndMetadata(record.offset() + 1));
                }
                if (next.isEmpty()) continue;
                try {
                    consumer.commitSync(next, Duration.ofSeconds(5));
                } catch (org.apache.kafka.common.KafkaException error) {
                    continue; // The broker was killed: what was not acknowledged may be committed or not.
                }
                next.forEach((at, offset) -> say("commit " + group + " " + at.partition() + " " + offset.offset()));
            }
        }
    }

    private static void pause() {
        try {
            Thread.sleep(PAUSE_MS);
        } catch (InterruptedException error) {
            throw new IllegalStateException(error);
        }
    }
}
