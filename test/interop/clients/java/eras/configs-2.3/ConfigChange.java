// From 2.3 on a change names only the settings that it means (IncrementalAlterConfigs).

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.AdminClient;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.config.ConfigResource;

final class ConfigChange {
  private ConfigChange() {}

  static void set(AdminClient admin, ConfigResource resource, Map<String, String> values) throws Exception {
    List<AlterConfigOp> changes = new ArrayList<>();
    values.forEach(
        (name, value) -> changes.add(new AlterConfigOp(new ConfigEntry(name, value), AlterConfigOp.OpType.SET)));
    admin.incrementalAlterConfigs(Map.of(resource, changes)).all().get();
  }
}
