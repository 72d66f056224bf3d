import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import kafka.security.authorizer.AclAuthorizer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import org.apache.kafka.common.utils.SecurityUtils;
import org.apache.kafka.metadata.authorizer.StandardAcl;
import org.apache.kafka.metadata.authorizer.StandardAuthorizer;
import org.apache.kafka.security.authorizer.AclEntry;
import org.apache.kafka.server.authorizer.Action;
import org.apache.kafka.server.authorizer.AuthorizableRequestContext;
import org.apache.kafka.server.authorizer.AuthorizationResult;
import org.apache.kafka.server.authorizer.Authorizer;
import scala.jdk.javaapi.CollectionConverters;

/**
 * What Kafka's own authorizers decide: {@code Decisions zookeeper|kraft FILE}.
 *
 * The lines of the file, separated by tabs, with Kafka's numbers for types, operations and permissions:
 * {@code authorizer SUPER_USERS ALLOW_EVERYONE} begins a new one, {@code acl TYPE PATTERN NAME PRINCIPAL HOST OPERATION
 * PERMISSION} gives it an ACL, {@code ask PRINCIPAL HOST OPERATION TYPE NAME} has it decide. Prints {@code allowed} or
 * {@code denied} for each question.
 */
public class Decisions {
    /** Makes an authorizer that holds these ACLs. */
    private interface Mode {
        Authorizer authorizer(String superUsers, boolean allowEveryone, List<AclBinding> acls) throws Exception;
    }

    public static void main(String[] arguments) throws Exception {
        Mode mode = arguments[0].equals("zookeeper") ? new ZooKeeperMode() : new KraftMode();
        var out = new StringBuilder();
        String[] settings = null;
        Authorizer authorizer = null;
        var acls = new ArrayList<AclBinding>();
        for (String line : Files.readAllLines(Path.of(arguments[1]))) {
            String[] words = line.split("\t", -1);
            switch (words[0]) {
                case "authorizer" -> {
                    settings = words;
                    authorizer = null;
                    acls.clear();
                }
                case "acl" -> acls.add(acl(words));
                case "ask" -> {
                    if (authorizer == null) {
                        authorizer = mode.authorizer(settings[1], Boolean.parseBoolean(settings[2]), acls);
                    }
                    out.append(ask(authorizer, words) ? "allowed\n" : "denied\n");
                }
                default -> throw new IllegalArgumentException(line);
            }
        }
        System.out.print(out);
    }

    private static AclBinding acl(String[] words) {
        var pattern = new ResourcePattern(ResourceType.fromCode(Byte.parseByte(words[1])), words[3],
                PatternType.fromCode(Byte.parseByte(words[2])));
        var entry = new AccessControlEntry(words[4], words[5], AclOperation.fromCode(Byte.parseByte(words[6])),
                AclPermissionType.fromCode(Byte.parseByte(words[7])));
        return new AclBinding(pattern, entry);
    }

    private static boolean ask(Authorizer authorizer, String[] words) throws Exception {
        var resource = new ResourcePattern(ResourceType.fromCode(Byte.parseByte(words[4])), words[5], PatternType.LITERAL);
        var action = new Action(AclOperation.fromCode(Byte.parseByte(words[3])), resource, 1, false, false);
        var asker = new Asker(SecurityUtils.parseKafkaPrincipal(words[1]), InetAddress.getByName(words[2]));
        return authorizer.authorize(asker, List.of(action)).get(0) == AuthorizationResult.ALLOWED;
    }

    private static Map<String, String> settings(String superUsers, boolean allowEveryone) {
        return Map.of("super.users", superUsers, "allow.everyone.if.no.acl.found", Boolean.toString(allowEveryone));
    }

    private record Asker(KafkaPrincipal principal, InetAddress clientAddress) implements AuthorizableRequestContext {
        @Override
        public String listenerName() {
            return "PLAINTEXT";
        }

        @Override
        public SecurityProtocol securityProtocol() {
            return SecurityProtocol.PLAINTEXT;
        }

        @Override
        public int requestType() {
            return 0;
        }

        @Override
        public int requestVersion() {
            return 0;
        }

        @Override
        public String clientId() {
            return "decisions";
        }

        @Override
        public int correlationId() {
            return 0;
        }
    }

    private static final class KraftMode implements Mode {
        @Override
        public Authorizer authorizer(String superUsers, boolean allowEveryone, List<AclBinding> acls) throws Exception {
            var authorizer = new StandardAuthorizer();
            measure(authorizer);
            authorizer.configure(settings(superUsers, allowEveryone));
            authorizer.completeInitialLoad();
            for (AclBinding acl : new HashSet<>(acls)) {
                authorizer.addAcl(Uuid.randomUuid(), StandardAcl.fromAclBinding(acl));
            }
            return authorizer;
        }

        /** From 4.1 on it counts what it decides and cannot do without the counters. */
        private static void measure(StandardAuthorizer authorizer) throws Exception {
            for (var method : authorizer.getClass().getMethods()) {
                if (method.getName().equals("withPluginMetrics")) {
                    var metrics = Class.forName("org.apache.kafka.common.metrics.internals.PluginMetricsImpl");
                    method.invoke(authorizer, metrics.getConstructor(Metrics.class, Map.class)
                            .newInstance(new Metrics(), Map.of()));
                }
            }
        }
    }

    /** Its settings and ACLs are put where it would put them itself after asking ZooKeeper. */
    private static final class ZooKeeperMode implements Mode {
        @Override
        public Authorizer authorizer(String superUsers, boolean allowEveryone, List<AclBinding> acls) throws Exception {
            var authorizer = new AclAuthorizer();
            Set<KafkaPrincipal> principals = new HashSet<>();
            for (String principal : superUsers.split(";")) {
                principals.add(SecurityUtils.parseKafkaPrincipal(principal));
            }
            set(authorizer, "superUsers", immutable(principals));
            set(authorizer, "shouldAllowEveryoneIfNoAclIsFound", allowEveryone);
            var byPattern = new HashMap<ResourcePattern, Set<AclEntry>>();
            for (AclBinding acl : acls) {
                byPattern.computeIfAbsent(acl.pattern(), pattern -> new HashSet<>()).add(new AclEntry(acl.entry()));
            }
            byPattern.forEach((pattern, entries) ->
                    authorizer.updateCache(pattern, new AclAuthorizer.VersionedAcls(immutable(entries), 1)));
            return authorizer;
        }

        private static <T> scala.collection.immutable.Set<T> immutable(Set<T> set) {
            return CollectionConverters.asScala(set).toSet();
        }

        private static void set(AclAuthorizer authorizer, String field, Object value) throws Exception {
            var found = AclAuthorizer.class.getDeclaredField(field);
            found.setAccessible(true);
            found.set(authorizer, value);
        }
    }
}
