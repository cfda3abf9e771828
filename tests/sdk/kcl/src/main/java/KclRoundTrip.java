import java.math.BigInteger;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.kinesis.retrieval.RetrievalConfig;

/**
 * Workers share the leases of a stream that is written all the while it is split and merged; one dies and
 * another comes: every record is processed, each key's in their order. The argument `fan-out` has them use
 * SubscribeToShard.
 */
public final class KclRoundTrip {
    static final String STREAM = "orders";
    static final int KEYS = 16;
    static final int ROUNDS = 30;

    // A machine on which nine things go on takes its time for a first handshake.
    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private final KinesisAsyncClient kinesis = KinesisAsyncClient.builder()
            .httpClientBuilder(NettyNioAsyncHttpClient.builder().connectionTimeout(PATIENCE)
                    .tlsNegotiationTimeout(PATIENCE).connectionAcquisitionTimeout(PATIENCE).readTimeout(PATIENCE))
            .build();
    private final Taken taken = new Taken();
    private int round = 0;

    public static void main(String[] args) {
        int status = 1;
        try {
            new KclRoundTrip().run(args.length == 1 && args[0].equals("fan-out"));
            status = 0;
        } catch (Throwable error) {
            error.printStackTrace();
        }
        System.exit(status);  // a KCL's threads would go on
    }

    private void run(boolean fanOut) throws Exception {
        kinesis.createStream(r -> r.streamName(STREAM).shardCount(Worker.MOST + 1)).join();
        var first = new Worker("first", STREAM, fanOut, taken::take);
        put();
        taken.await("first");  // it has made the tables: two that make an index at once are too much for moto
        new Worker("second", STREAM, fanOut, taken::take);
        share("first", "second");
        String quarter = hash(2);
        kinesis.splitShard(r -> r.streamName(STREAM).shardToSplit(shard(0)).newStartingHashKey(quarter)).join();
        put();
        kinesis.mergeShards(r -> r.streamName(STREAM).shardToMerge(shard(2)).adjacentShardToMerge(shard(3))).join();
        put();
        taken.await(round * KEYS);
        first.stop();
        new Worker("third", STREAM, fanOut, taken::take);
        share("third");
        taken.complete(KEYS, round, true);
        System.out.printf("amazon-kinesis-client %s, %s: every record of %d keys, in order, by workers: %s%n",
                RetrievalConfig.KINESIS_CLIENT_LIB_USER_AGENT_VERSION, fanOut ? "fan-out" : "polling", KEYS,
                taken.shares());
    }

    private void exists() { kinesis.waiter().waitUntilStreamExists(r -> r.streamName(STREAM)).join(); }

    private static String shard(int number) { return String.format("shardId-%012d", number); }

    /** Where a key's records go, whatever it is called: every shard gets those of one or more. */
    private static String hash(int key) { return BigInteger.TWO.pow(128 - 4).multiply(BigInteger.valueOf(key)).toString(); }

    /** Writes until these workers took some of it and all was taken. No worker may have all of the open shards. */
    private void share(String... workers) throws InterruptedException {
        do {
            put();
            taken.await(round * KEYS);
        } while (!taken.shares().keySet().containsAll(List.of(workers)));
    }

    /** So many rounds of one record for each key. */
    private void put() throws InterruptedException {
        exists();
        for (int last = round + ROUNDS; round < last; ++round, Thread.sleep(10)) {
            var data = SdkBytes.fromUtf8String("" + round);
            var entries = IntStream.range(0, KEYS).mapToObj(key -> PutRecordsRequestEntry.builder()
                    .data(data).partitionKey("key-" + key).explicitHashKey(hash(key)).build()).toList();
            if (kinesis.putRecords(r -> r.streamName(STREAM).records(entries)).join().failedRecordCount() != 0) {
                throw new AssertionError("a record was not taken");
            }
        }
    }
}
