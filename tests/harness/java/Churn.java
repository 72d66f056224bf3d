import java.io.FileReader;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.CreateDelegationTokenOptions;
import org.apache.kafka.clients.admin.ExpireDelegationTokenOptions;
import org.apache.kafka.clients.admin.NewPartitionReassignment;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RenewDelegationTokenOptions;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialDeletion;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.DelegationTokenNotFoundException;
import org.apache.kafka.common.quota.ClientQuotaAlteration;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.security.token.delegation.DelegationToken;

/**
 * Changes everything that a cluster's metadata holds, one change after the other:
 * {@code Churn CLIENT_PROPERTIES MILLISECONDS SEED BROKER,BROKER… [faults]}.
 *
 * With {@code faults}, a change whose outcome is not known, because nodes die, is told as {@code uncertain TOPIC}, and the next
 * is made; else it ends the run. Prints each change that was acknowledged. The seed decides which changes come in which order, not how many. Only
 * what it made itself is changed, under names that begin with "churn"; no name of a topic is used twice, so that two
 * runs need two seeds. No entity but a user loses its last quota, since Kafka's own dual write loses such a change.
 */
public class Churn {
    private static final long PAUSE_MILLIS = 30;
    private static final List<String> TOPIC_CONFIGS = List.of("retention.ms", "max.message.bytes", "segment.ms");
    private static final List<String> BROKER_CONFIGS = List.of("log.retention.ms", "message.max.bytes");
    private static final List<String> QUOTAS = List.of("producer_byte_rate", "consumer_byte_rate", "request_percentage");

    private final Admin admin;
    private final Random random;
    private final List<Integer> brokers;
    private final String prefix;

    /** Partitions of each topic. */
    private final TreeMap<String, Integer> topics = new TreeMap<>();
    private int topicsCreated;
    /** The topic that is being created or deleted. */
    private String touched = "";
    private final List<AclBinding> acls = new ArrayList<>();
    private final List<String> users = new ArrayList<>();
    private final Map<ClientQuotaEntity, Set<String>> quotas = new HashMap<>();
    private final List<DelegationToken> tokens = new ArrayList<>();

    private Churn(Admin admin, long seed, List<Integer> brokers) {
        this.admin = admin;
        this.prefix = "churn-" + seed + "-";
        this.random = new Random(seed);
        this.brokers = brokers;
    }

    public static void main(String[] arguments) throws Exception {
        var properties = new Properties();
        try (var file = new FileReader(arguments[0])) {
            properties.load(file);
        }
        long end = System.nanoTime() + Long.parseLong(arguments[1]) * 1_000_000;
        try (Admin admin = Admin.create(properties)) {
            var churn = new Churn(admin, Long.parseLong(arguments[2]), Stream.of(arguments[3].split(",")).map(Integer::valueOf).toList());
            var changes = churn.changes();
            while (System.nanoTime() < end) {
                String change;
                try {
                    change = churn.pick(changes).call();
                } catch (ExecutionException outcome) {
                    if (arguments.length < 5) {
                        throw outcome;
                    }
                    change = "uncertain " + churn.touched + " " + outcome.getMessage();
                }
                churn.touched = "";
                if (change != null) {
                    System.out.println(change);
                    Thread.sleep(PAUSE_MILLIS);
                }
            }
        }
    }

    /** Each returns what it changed, or null if there is nothing to change. */
    private List<Callable<String>> changes() {
        return List.of(this::createTopic, this::deleteTopic, this::addPartition, this::reassign, this::topicConfig,
                this::brokerConfig, this::setQuota, this::removeQuota, this::setUser, this::removeUser, this::addAcl,
                this::removeAcl, this::createToken, this::renewToken, this::expireToken);
    }

    private <T> T pick(Collection<T> from) {
        return List.copyOf(from).get(random.nextInt(from.size()));
    }

    private List<Integer> replicas() {
        var replicas = new ArrayList<Integer>();
        int first = random.nextInt(brokers.size());
        for (int i = 0; i < 1 + random.nextInt(brokers.size()); i++) {
            replicas.add(brokers.get((first + i) % brokers.size()));
        }
        return replicas;
    }

    private String createTopic() throws Exception {
        if (topics.size() > 10) {
            return null;
        }
        String name = prefix + topicsCreated++;
        int partitions = 1 + random.nextInt(4);
        var topic = new NewTopic(name, Optional.of(partitions), Optional.of((short) (1 + random.nextInt(brokers.size()))));
        if (random.nextBoolean()) {
            topic.configs(Map.of(pick(TOPIC_CONFIGS), String.valueOf(100_000 + random.nextInt(1_000_000))));
        }
        touched = name;
        admin.createTopics(List.of(topic)).all().get();
        topics.put(name, partitions);
        return "create " + topic;
    }

    private String deleteTopic() throws Exception {
        if (topics.size() < 4) {
            return null;
        }
        String name = pick(topics.keySet());
        touched = name;
        admin.deleteTopics(List.of(name)).all().get();
        topics.remove(name);
        return "delete topic " + name;
    }

    private String addPartition() throws Exception {
        if (topics.isEmpty()) {
            return null;
        }
        String name = pick(topics.keySet());
        int partitions = topics.merge(name, 1, Integer::sum);
        admin.createPartitions(Map.of(name, NewPartitions.increaseTo(partitions))).all().get();
        return "topic " + name + ": " + partitions + " partitions";
    }

    private String reassign() throws Exception {
        if (topics.isEmpty()) {
            return null;
        }
        String name = pick(topics.keySet());
        var partition = new TopicPartition(name, random.nextInt(topics.get(name)));
        var replicas = replicas();
        admin.alterPartitionReassignments(Map.of(partition, Optional.of(new NewPartitionReassignment(replicas)))).all().get();
        return "reassign " + partition + " to " + replicas;
    }

    private String topicConfig() throws Exception {
        return topics.isEmpty() ? null : config(new ConfigResource(ConfigResource.Type.TOPIC, pick(topics.keySet())), TOPIC_CONFIGS);
    }

    private String brokerConfig() throws Exception {
        // The empty name stands for the defaults of all brokers.
        int at = random.nextInt(brokers.size() + 1);
        String broker = at == 0 ? "" : String.valueOf(brokers.get(at - 1));
        return config(new ConfigResource(ConfigResource.Type.BROKER, broker), BROKER_CONFIGS);
    }

    private String config(ConfigResource resource, List<String> keys) throws Exception {
        var type = random.nextInt(3) == 0 ? AlterConfigOp.OpType.DELETE : AlterConfigOp.OpType.SET;
        var operation = new AlterConfigOp(new ConfigEntry(pick(keys), String.valueOf(1_000_000 + random.nextInt(1_000_000))), type);
        admin.incrementalAlterConfigs(Map.of(resource, List.of(operation))).all().get();
        return type + " " + operation.configEntry().name() + " of " + resource;
    }

    private ClientQuotaEntity entity() {
        String user = random.nextInt(4) == 0 ? null : "churn user " + random.nextInt(3);
        String client = random.nextInt(4) == 0 ? null : "churn/client " + random.nextInt(3);
        var entity = new HashMap<String, String>();
        switch (random.nextInt(4)) {
            case 0 -> entity.put(ClientQuotaEntity.USER, "churn user " + random.nextInt(3));
            case 1 -> entity.put(ClientQuotaEntity.CLIENT_ID, "churn/client " + random.nextInt(3));
            case 2 -> entity.put(ClientQuotaEntity.IP, "127.0.1." + random.nextInt(3));
            default -> {
                entity.put(ClientQuotaEntity.USER, user);
                entity.put(ClientQuotaEntity.CLIENT_ID, client);
            }
        }
        return new ClientQuotaEntity(entity);
    }

    private String setQuota() throws Exception {
        var entity = entity();
        boolean ip = entity.entries().containsKey(ClientQuotaEntity.IP);
        String key = ip ? "connection_creation_rate" : pick(QUOTAS);
        double value = key.equals("request_percentage") ? random.nextInt(1000) / 4.0 : 1 + random.nextInt(1_000_000);
        alter(entity, key, value);
        quotas.computeIfAbsent(entity, e -> new HashSet<>()).add(key);
        return "quota " + entity + ": " + key + "=" + value;
    }

    private String removeQuota() throws Exception {
        var removable = quotas.keySet().stream().filter(this::mayLoseAQuota).sorted((a, b) -> a.toString().compareTo(b.toString())).toList();
        if (removable.isEmpty()) {
            return null;
        }
        var entity = pick(removable);
        String key = quotas.get(entity).stream().sorted().findFirst().orElseThrow();
        alter(entity, key, null);
        quotas.get(entity).remove(key);
        return "quota " + entity + ": no " + key;
    }

    private boolean mayLoseAQuota(ClientQuotaEntity entity) {
        boolean userAlone = entity.entries().keySet().equals(Set.of(ClientQuotaEntity.USER));
        return quotas.get(entity).size() > (userAlone ? 0 : 1);
    }

    private void alter(ClientQuotaEntity entity, String key, Double value) throws Exception {
        var operation = new ClientQuotaAlteration.Op(key, value);
        admin.alterClientQuotas(List.of(new ClientQuotaAlteration(entity, List.of(operation)))).all().get();
    }

    private String setUser() throws Exception {
        String user = "churn user " + random.nextInt(5);
        int iterations = 4096 + random.nextInt(1000);
        var info = new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, iterations);
        admin.alterUserScramCredentials(List.of(new UserScramCredentialUpsertion(user, info, "made-up"))).all().get();
        if (!users.contains(user)) {
            users.add(user);
        }
        return "user " + user + ": " + iterations + " iterations";
    }

    private String removeUser() throws Exception {
        if (users.isEmpty()) {
            return null;
        }
        String user = pick(users);
        admin.alterUserScramCredentials(List.of(new UserScramCredentialDeletion(user, ScramMechanism.SCRAM_SHA_256))).all().get();
        users.remove(user);
        return "no user " + user;
    }

    private String addAcl() throws Exception {
        var type = pick(List.of(ResourceType.TOPIC, ResourceType.GROUP, ResourceType.TRANSACTIONAL_ID));
        var pattern = new ResourcePattern(type, "churn-" + random.nextInt(4), pick(List.of(PatternType.LITERAL, PatternType.PREFIXED)));
        var permission = pick(List.of(AclPermissionType.ALLOW, AclPermissionType.DENY));
        var entry = new AccessControlEntry("User:churn " + random.nextInt(4), pick(List.of("*", "10.0.0.7")), AclOperation.DESCRIBE, permission);
        var acl = new AclBinding(pattern, entry);
        admin.createAcls(List.of(acl)).all().get();
        if (!acls.contains(acl)) {
            acls.add(acl);
        }
        return "add " + acl;
    }

    private String removeAcl() throws Exception {
        if (acls.isEmpty()) {
            return null;
        }
        var acl = pick(acls);
        admin.deleteAcls(List.of(acl.toFilter())).all().get();
        acls.remove(acl);
        return "remove " + acl;
    }

    private String createToken() throws Exception {
        if (tokens.size() > 5) {
            return null;
        }
        var token = admin.createDelegationToken(new CreateDelegationTokenOptions()).delegationToken().get();
        tokens.add(token);
        return "create token " + token.tokenInfo().tokenId();
    }

    private String renewToken() throws Exception {
        if (tokens.isEmpty()) {
            return null;
        }
        var token = pick(tokens);
        long period = 3_600_000 + random.nextInt(3_600_000);
        var options = new RenewDelegationTokenOptions().renewTimePeriodMs(period);
        untilKnown(() -> admin.renewDelegationToken(token.hmac(), options).expiryTimestamp().get());
        return "renew token " + token.tokenInfo().tokenId();
    }

    private String expireToken() throws Exception {
        if (tokens.isEmpty()) {
            return null;
        }
        var token = pick(tokens);
        var options = new ExpireDelegationTokenOptions().expiryTimePeriodMs(-1);
        untilKnown(() -> admin.expireDelegationToken(token.hmac(), options).expiryTimestamp().get());
        tokens.remove(token);
        return "expire token " + token.tokenInfo().tokenId();
    }

    /** A controller knows a token only a moment after it acknowledged its creation. */
    private static void untilKnown(Callable<Long> request) throws Exception {
        for (int attempt = 1; ; attempt++) {
            try {
                request.call();
                return;
            } catch (ExecutionException e) {
                if (!(e.getCause() instanceof DelegationTokenNotFoundException) || attempt == 50) {
                    throw e;
                }
                Thread.sleep(PAUSE_MILLIS);
            }
        }
    }
}
