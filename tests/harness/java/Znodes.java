import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Comparator;
import java.util.concurrent.CountDownLatch;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZKUtil;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;

/**
 * What Kafka's tools cannot see or do: {@code Znodes CONNECT_STRING COMMAND …}.
 *
 * {@code states} prints topic, partition, leader, leader epoch and ISR of each partition;
 * {@code create PATH [TEXT]} creates a persistent znode, and its parents;
 * {@code get PATH} prints a znode's text, {@code children PATH} the names of its children, one a line;
 * {@code set PATH TEXT} writes over it; {@code delete PATH} takes it away with all below it.
 */
public class Znodes {
    public static void main(String[] arguments) throws Exception {
        var connected = new CountDownLatch(1);
        try (var zookeeper = new ZooKeeper(arguments[0], 30_000, event -> {
            if (event.getState() == KeeperState.SyncConnected) {
                connected.countDown();
            }
        })) {
            connected.await();
            switch (arguments[1]) {
                case "states" -> printStates(zookeeper);
                case "create" -> create(zookeeper, arguments[2], arguments.length > 3 ? arguments[3] : "");
                case "get" -> System.out.println(text(zookeeper, arguments[2]));
                case "children" -> zookeeper.getChildren(arguments[2], false).stream().sorted().forEach(System.out::println);
                case "set" -> zookeeper.setData(arguments[2], arguments[3].getBytes(), -1);
                case "delete" -> ZKUtil.deleteRecursive(zookeeper, arguments[2]);
                default -> throw new IllegalArgumentException("no such command: " + arguments[1]);
            }
        }
    }

    private static void create(ZooKeeper zookeeper, String path, String text) throws Exception {
        int slash = path.lastIndexOf('/');
        if (slash > 0 && zookeeper.exists(path.substring(0, slash), false) == null) {
            create(zookeeper, path.substring(0, slash), "");
        }
        zookeeper.create(path, text.getBytes(), ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
    }

    private static String text(ZooKeeper zookeeper, String path) throws Exception {
        byte[] data = zookeeper.getData(path, false, null);
        return data == null ? "" : new String(data);
    }

    private static void printStates(ZooKeeper zookeeper) throws Exception {
        var json = new ObjectMapper();
        for (String topic : zookeeper.getChildren("/brokers/topics", false).stream().sorted().toList()) {
            String partitions = "/brokers/topics/" + topic + "/partitions";
            var numbers = zookeeper.getChildren(partitions, false);
            numbers.sort(Comparator.comparingInt(Integer::parseInt));
            for (String partition : numbers) {
                JsonNode state = json.readTree(zookeeper.getData(partitions + "/" + partition + "/state", false, null));
                String isr = state.get("isr").toString().replaceAll("[\\[\\]]", "");
                System.out.println(String.join("\t", topic, partition, state.get("leader").toString(),
                        state.get("leader_epoch").toString(), isr));
            }
        }
    }
}
