import java.io.FileReader;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Kafka's own clients as the witness of what a cluster holds: {@code Witness CLIENT_PROPERTIES COMMAND …}.
 *
 * Every line that it prints is sorted and free of anything that differs between two runs over the same data.
 */
public class Witness {
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Comparator<TopicPartition> ORDER =
            Comparator.comparing(TopicPartition::topic).thenComparingInt(TopicPartition::partition);

    private final Properties properties = new Properties();

    public static void main(String[] arguments) throws Exception {
        var witness = new Witness();
        try (var file = new FileReader(arguments[0])) {
            witness.properties.load(file);
        }
        witness.run(arguments[1], List.of(arguments).subList(2, arguments.length));
    }

    private void run(String command, List<String> words) throws Exception {
        switch (command) {
            // create NAME PARTITIONS REPLICATION [KEY=VALUE …]
            case "create" -> create(newTopic(words.get(0), number(words, 1), number(words, 2)), words.subList(3, words.size()));
            // assign NAME 1,2;2,3 [KEY=VALUE …]: each partition's replicas
            case "assign" -> create(new NewTopic(words.get(0), assignment(words.get(1))), words.subList(2, words.size()));
            // produce TOPIC RECORDS VALUE_BYTES DISTINCT_KEYS: so many records to each partition
            case "produce" -> produce(words.get(0), number(words, 1), number(words, 2), number(words, 3));
            // transactions TOPIC RECORDS: a committed and an aborted transaction over all partitions
            case "transactions" -> transactions(words.get(0), number(words, 1));
            // consume GROUP TOPIC RECORDS: reads so many as a member of the group and commits half of each partition
            case "consume" -> consume(words.get(0), words.get(1), number(words, 2));
            // remaining GROUP TOPIC: what lies behind the group's offsets, read without joining the group
            case "remaining" -> remaining(words.get(0), words.get(1));
            // resume GROUP TOPIC: the same, read as a member that starts where the group left off
            case "resume" -> resume(words.get(0), words.get(1));
            // contents: every record of every topic
            case "contents" -> contents(words);
            // partitions: id of each topic, leader epoch and end offset of each partition
            case "partitions" -> partitions();
            // await BROKERS SECONDS leaders|isr [TOPIC-PARTITION …]: until all but the named have a leader or a whole ISR
            case "await" -> await(number(words, 0), number(words, 1), words.get(2), words.subList(3, words.size()));
            // ping: authenticates and asks for the brokers
            case "ping" -> ping();
            default -> throw new IllegalArgumentException("no such command: " + command);
        }
    }

    private static int number(List<String> words, int index) {
        return Integer.parseInt(words.get(index));
    }

    private static NewTopic newTopic(String name, int partitions, int replication) {
        return new NewTopic(name, Optional.of(partitions), Optional.of((short) replication));
    }

    private static Map<Integer, List<Integer>> assignment(String text) {
        var assignment = new HashMap<Integer, List<Integer>>();
        for (String replicas : text.split(";")) {
            assignment.put(assignment.size(), List.of(replicas.split(",")).stream().map(Integer::valueOf).toList());
        }
        return assignment;
    }

    private void create(NewTopic topic, List<String> configs) throws Exception {
        topic.configs(configs.stream().map(config -> config.split("=", 2)).collect(Collectors.toMap(c -> c[0], c -> c[1])));
        try (Admin admin = Admin.create(properties)) {
            admin.createTopics(List.of(topic)).all().get();
        }
    }

    private KafkaProducer<byte[], byte[]> producer(String transactionalId) {
        var settings = new Properties();
        settings.putAll(properties);
        settings.put("acks", "all");
        settings.put("linger.ms", "20");
        if (transactionalId != null) {
            settings.put("transactional.id", transactionalId);
        }
        return new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
    }

    private void produce(String topic, int records, int valueBytes, int distinctKeys) {
        try (var producer = producer(null)) {
            send(producer, topic, "record", records, valueBytes, distinctKeys);
        }
    }

    private static void send(KafkaProducer<byte[], byte[]> producer, String topic, String what, int records, int valueBytes,
                             int distinctKeys) {
        int partitions = producer.partitionsFor(topic).size();
        for (int i = 0; i < records; i++) {
            for (int partition = 0; partition < partitions; partition++) {
                String key = topic + "-" + partition + "-" + i % distinctKeys;
                StringBuilder value = new StringBuilder(what + " " + i + " of " + key);
                while (value.length() < valueBytes) {
                    value.append('.');
                }
                producer.send(new ProducerRecord<>(topic, partition, bytes(key), bytes(value.toString())));
            }
        }
        producer.flush();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private void transactions(String topic, int records) {
        try (var producer = producer("writer-of-" + topic)) {
            producer.initTransactions();
            producer.beginTransaction();
            send(producer, topic, "committed", records, 100, records);
            producer.commitTransaction();
            producer.beginTransaction();
            send(producer, topic, "aborted", records, 100, records);
            producer.abortTransaction();
        }
    }

    private KafkaConsumer<byte[], byte[]> consumer(String group) {
        var settings = new Properties();
        settings.putAll(properties);
        settings.put("isolation.level", "read_committed");
        settings.put("auto.offset.reset", "earliest");
        settings.put("enable.auto.commit", "false");
        settings.put("max.poll.records", "50");
        if (group != null) {
            settings.put("group.id", group);
        }
        return new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    private void consume(String group, String topic, int records) {
        try (var consumer = consumer(group)) {
            consumer.subscribe(List.of(topic));
            for (int seen = 0; seen < records; ) {
                seen += consumer.poll(POLL).count();
            }
            consumer.commitSync(consumer.assignment().stream().collect(Collectors.toMap(
                    partition -> partition, partition -> new OffsetAndMetadata(consumer.position(partition) / 2))));
        }
    }

    private void remaining(String group, String topic) throws Exception {
        try (Admin admin = Admin.create(properties); var consumer = consumer(null)) {
            var committed = admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get();
            consumer.assign(partitionsOf(consumer, List.of(topic)));
            consumer.seekToBeginning(consumer.assignment());
            committed.forEach((partition, offset) -> consumer.seek(partition, offset.offset()));
            print(readToEnd(consumer));
        }
    }

    private void resume(String group, String topic) {
        try (var consumer = consumer(group)) {
            consumer.subscribe(List.of(topic));
            var partitions = partitionsOf(consumer, List.of(topic));
            // Joining takes several polls; what they return must be counted too.
            var digests = new TreeMap<TopicPartition, Digest>(ORDER);
            while (!consumer.assignment().containsAll(partitions)) {
                consumer.poll(POLL).forEach(record -> digest(digests, record));
            }
            readToEnd(consumer, digests);
            consumer.commitSync();
            print(digests);
        }
    }

    private void contents(List<String> except) throws Exception {
        try (var consumer = consumer(null)) {
            var topics = consumer.listTopics().keySet().stream()
                    .filter(topic -> !topic.startsWith("__") && !except.contains(topic)).toList();
            consumer.assign(partitionsOf(consumer, topics));
            consumer.seekToBeginning(consumer.assignment());
            print(readToEnd(consumer));
        }
    }

    private static List<TopicPartition> partitionsOf(KafkaConsumer<byte[], byte[]> consumer, Collection<String> topics) {
        return topics.stream().flatMap(topic -> consumer.partitionsFor(topic).stream())
                .map(info -> new TopicPartition(info.topic(), info.partition())).toList();
    }

    /** The records of one partition, counted and hashed with their offsets and timestamps. */
    private static final class Digest {
        private final MessageDigest sha;
        private long records;
        private long firstOffset = -1;
        private long lastOffset;

        Digest() {
            try {
                sha = MessageDigest.getInstance("SHA-256");
            } catch (java.security.NoSuchAlgorithmException e) {
                throw new IllegalStateException(e);
            }
        }

        void add(ConsumerRecord<byte[], byte[]> record) {
            firstOffset = firstOffset < 0 ? record.offset() : firstOffset;
            lastOffset = record.offset();
            records++;
            sha.update(bytes(record.offset() + " " + record.timestamp() + " "));
            sha.update(record.key());
            sha.update(record.value());
        }

        @Override
        public String toString() {
            String hash = HexFormat.of().formatHex(sha.digest()).substring(0, 16);
            return String.format("%d records, offsets %d to %d, sha %s", records, firstOffset, lastOffset, hash);
        }
    }

    private static void digest(Map<TopicPartition, Digest> digests, ConsumerRecord<byte[], byte[]> record) {
        digests.computeIfAbsent(new TopicPartition(record.topic(), record.partition()), p -> new Digest()).add(record);
    }

    private static TreeMap<TopicPartition, Digest> readToEnd(KafkaConsumer<byte[], byte[]> consumer) {
        var digests = new TreeMap<TopicPartition, Digest>(ORDER);
        readToEnd(consumer, digests);
        return digests;
    }

    private static void readToEnd(KafkaConsumer<byte[], byte[]> consumer, Map<TopicPartition, Digest> digests) {
        Map<TopicPartition, Long> end = consumer.endOffsets(consumer.assignment());
        while (end.entrySet().stream().anyMatch(entry -> consumer.position(entry.getKey()) < entry.getValue())) {
            consumer.poll(POLL).forEach(record -> digest(digests, record));
        }
    }

    private static void print(Map<TopicPartition, Digest> digests) {
        digests.forEach((partition, digest) -> System.out.println(partition + ": " + digest));
    }

    private static Map<String, TopicDescription> describe(Admin admin) throws ExecutionException, InterruptedException {
        var names = admin.listTopics(new ListTopicsOptions().listInternal(true)).names().get();
        return new TreeMap<>(admin.describeTopics(names).allTopicNames().get());
    }

    private void partitions() throws Exception {
        try (Admin admin = Admin.create(properties)) {
            var topics = describe(admin);
            var latest = new HashMap<TopicPartition, OffsetSpec>();
            topics.values().forEach(topic -> topic.partitions().forEach(
                    partition -> latest.put(new TopicPartition(topic.name(), partition.partition()), OffsetSpec.latest())));
            var ends = new TreeMap<>(ORDER);
            ends.putAll(admin.listOffsets(latest).all().get().entrySet().stream().collect(Collectors.toMap(
                    Map.Entry::getKey, e -> e.getValue().leaderEpoch().orElse(-1) + "\t" + e.getValue().offset())));
            ends.forEach((partition, end) -> System.out.println(String.join("\t", partition.topic(),
                    String.valueOf(partition.partition()), topics.get(partition.topic()).topicId().toString(), end.toString())));
        }
    }

    private void await(int brokers, int seconds, String what, List<String> except) throws Exception {
        long start = System.nanoTime();
        try (Admin admin = Admin.create(properties)) {
            for (String missing = "brokers"; !missing.isEmpty(); Thread.sleep(100)) {
                long millis = (System.nanoTime() - start) / 1_000_000;
                if (millis > seconds * 1000L) {
                    throw new IllegalStateException("after " + seconds + " s still without " + what + ": " + missing);
                }
                missing = missing(admin, brokers, what, except);
                if (missing.isEmpty()) {
                    System.out.println(millis);
                }
            }
        }
    }

    /** What is not yet as awaited; empty when all is. */
    private static String missing(Admin admin, int brokers, String what, List<String> except) throws Exception {
        try {
            int alive = admin.describeCluster().nodes().get().size();
            if (alive < brokers) {
                return "only " + alive + " brokers";
            }
            return describe(admin).values().stream().flatMap(topic -> topic.partitions().stream()
                    .filter(partition -> !except.contains(topic.name() + "-" + partition.partition()))
                    .filter(partition -> !isReady(partition, what))
                    .map(partition -> topic.name() + "-" + partition)).collect(Collectors.joining(" "));
        } catch (ExecutionException e) {
            // Brokers come up one by one: an answer that fails now may succeed in a moment.
            return e.toString();
        }
    }

    private static boolean isReady(TopicPartitionInfo partition, String what) {
        return partition.leader() != null && partition.leader().id() >= 0
                && (what.equals("leaders") || partition.isr().size() == partition.replicas().size());
    }

    private void ping() throws Exception {
        try (Admin admin = Admin.create(properties)) {
            System.out.println(admin.describeCluster().nodes().get().size());
        }
    }
}
