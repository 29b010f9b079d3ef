import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.Readable;

/**
 * Decodes message bodies with Kafka's own classes, so that the golden files do not rest on our codec:
 * each line of input is "FetchRequest 12 HEX", each line of output the message as Kafka's JSON.
 */
public class KafkaDecoder {
    public static void main(String[] arguments) throws Exception {
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in));
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            String[] parts = line.split(" ", -1);
            try {
                System.out.println(decode(parts[0], Short.parseShort(parts[1]), parts[2]));
            } catch (ReflectiveOperationException e) {
                // A version from after this Kafka, or bytes that Kafka itself cannot read.
                System.out.println("unread " + e.getCause());
            }
        }
    }

    private static String decode(String name, short version, String hex)
            throws ReflectiveOperationException {
        String data = "org.apache.kafka.common.message." + name + "Data";
        ByteBuffer bytes = ByteBuffer.wrap(HexFormat.of().parseHex(hex));
        Message message = (Message) Class.forName(data)
            .getConstructor(Readable.class, short.class)
            .newInstance(new ByteBufferAccessor(bytes), version);
        Method write = Class.forName(data + "JsonConverter")
            .getMethod("write", message.getClass(), short.class, boolean.class);
        // Without the records themselves, whose size stands in their place.
        JsonNode json = (JsonNode) write.invoke(null, message, version, false);
        return bytes.remaining() + " " + json;
    }
}
