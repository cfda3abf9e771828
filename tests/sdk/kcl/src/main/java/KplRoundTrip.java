import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.concurrent.Future;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;
import software.amazon.kinesis.producer.KinesisProducer;
import software.amazon.kinesis.producer.KinesisProducerConfiguration;
import software.amazon.kinesis.producer.UserRecordResult;

/** A KPL puts records, aggregated and in any order; a KCL takes them apart again. */
public final class KplRoundTrip {
    static final String STREAM = "orders";
    static final int KEYS = 16;
    static final int ROUNDS = 100;

    public static void main(String[] args) {
        int status = 1;
        try {
            run();
            status = 0;
        } catch (Throwable error) {
            error.printStackTrace();
        }
        System.exit(status);  // a KCL's threads would go on
    }

    private static void run() throws Exception {
        var kinesis = KinesisClient.create();
        kinesis.createStream(r -> r.streamName(STREAM).shardCount(2));
        kinesis.waiter().waitUntilStreamExists(r -> r.streamName(STREAM));
        URI endpoint = URI.create(System.getenv("AWS_ENDPOINT_URL"));
        String authority = System.getenv("AWS_CA_BUNDLE");  // ca.pem
        // [README
        var configuration = new KinesisProducerConfiguration()
                .setKinesisEndpoint(endpoint.getHost())
                .setKinesisPort(endpoint.getPort())
                .setStsEndpoint(endpoint.getHost())
                .setStsPort(endpoint.getPort())
                .setCaCertFile(authority)
                .setRegion("us-east-1")
                .setMetricsLevel("none");
        // README]
        var producer = new KinesisProducer(configuration);
        var puts = new ArrayList<Future<UserRecordResult>>();
        for (int round = 0; round < ROUNDS; ++round) {
            for (int key = 0; key < KEYS; ++key) {
                puts.add(producer.addUserRecord(STREAM, "key-" + key,
                        ByteBuffer.wrap(("" + round).getBytes(StandardCharsets.UTF_8))));
            }
        }
        producer.flushSync();
        for (var put : puts) {
            put.get();
        }
        producer.destroy();

        int stored = stored(kinesis);
        if (stored > KEYS * ROUNDS / 2) {
            throw new AssertionError("hardly aggregated: " + stored + " records are stored");
        }
        var taken = new Taken();
        new Worker("only", STREAM, false, taken::take);
        taken.await(KEYS * ROUNDS);
        taken.complete(KEYS, ROUNDS, false);
        var jar = KinesisProducer.class.getProtectionDomain().getCodeSource().getLocation();
        System.out.printf("%s: every record, %d of them in %d, read by a KCL%n",
                Path.of(jar.getPath()).getFileName(), KEYS * ROUNDS, stored);
    }

    private static int stored(KinesisClient kinesis) {
        int count = 0;
        for (var shard : kinesis.listShards(r -> r.streamName(STREAM)).shards()) {
            String at = kinesis.getShardIterator(r -> r.streamName(STREAM).shardId(shard.shardId())
                    .shardIteratorType(ShardIteratorType.TRIM_HORIZON)).shardIterator();
            count += kinesis.getRecords(r -> r.shardIterator(at)).records().size();
        }
        return count;
    }
}
