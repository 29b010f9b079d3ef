// Before 2.3 a change names all settings of a resource (AlterConfigs); it left with 4.0.

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.AdminClient;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.config.ConfigResource;

final class ConfigChange {
  private ConfigChange() {}

  static void set(AdminClient admin, ConfigResource resource, Map<String, String> values) throws Exception {
    List<ConfigEntry> entries = new ArrayList<>();
    values.forEach((name, value) -> entries.add(new ConfigEntry(name, value)));
    admin.alterConfigs(Map.of(resource, new Config(entries))).all().get();
  }
}
