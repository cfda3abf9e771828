import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.core.util.VersionInfo;
import software.amazon.awssdk.services.kinesis.model.*;
import software.amazon.awssdk.services.kinesis.model.Record;

/** The round trip of tests/sdk/README.md with the AWS SDK for Java v2, whichever of its clients makes the calls. */
abstract class RoundTrip {
    static final String STREAM = "round-trip";

    /** What was read of a shard, and whether it ended. */
    record Read(List<Record> records, boolean ended) {
        int[] numbers() {
            return records.stream().mapToInt(r -> Integer.parseInt(r.data().asUtf8String())).sorted().toArray();
        }
    }

    abstract void createStream(CreateStreamRequest request);
    abstract void waitUntilStreamExists();
    abstract PutRecordResponse putRecord(PutRecordRequest request);
    abstract PutRecordsResponse putRecords(PutRecordsRequest request);
    abstract void splitShard(SplitShardRequest request);
    abstract ListShardsResponse listShards(ListShardsRequest request);
    abstract GetShardIteratorResponse getShardIterator(GetShardIteratorRequest request);
    abstract GetRecordsResponse getRecords(GetRecordsRequest request);
    abstract StreamDescriptionSummary describe();
    abstract void deleteStream(DeleteStreamRequest request);
    abstract void waitUntilStreamNotExists();

    /** Reads the same shards by fan-out and says so, where the client can. */
    abstract String fanOut(Map<String, Read> got) throws Exception;

    void run() throws Exception {
        var create = CreateStreamRequest.builder().streamName(STREAM).shardCount(1).build();
        createStream(create);
        waitUntilStreamExists();
        refused(ResourceInUseException.class, () -> createStream(create));

        String parent = putRecord(PutRecordRequest.builder().streamName(STREAM).partitionKey("key-0")
                .data(SdkBytes.fromUtf8String("0")).build()).shardId();
        put(1, 10);
        splitShard(SplitShardRequest.builder().streamName(STREAM).shardToSplit(parent)
                .newStartingHashKey(BigInteger.TWO.pow(127).toString()).build());
        waitUntilStreamExists();
        put(10, 20);

        var got = new HashMap<String, Read>();
        var all = new ArrayList<Record>();
        for (Shard shard : listShards(ListShardsRequest.builder().streamName(STREAM).build()).shards()) {
            Read read = read(shard.shardId());
            same(shard.shardId().equals(parent), read.ended());
            got.put(shard.shardId(), read);
            all.addAll(read.records());
        }
        same(3, got.size());
        same(IntStream.range(0, 20).boxed().toList(), IntStream.of(new Read(all, true).numbers()).boxed().toList());
        String pushed = fanOut(got);

        deleteStream(DeleteStreamRequest.builder().streamName(STREAM).enforceConsumerDeletion(true).build());
        waitUntilStreamNotExists();
        refused(ResourceNotFoundException.class, this::describe);
        System.out.println("aws-sdk-java " + VersionInfo.SDK_VERSION + ": 20 records read" + pushed);
    }

    private void put(int first, int last) {
        var entries = IntStream.range(first, last).mapToObj(n -> PutRecordsRequestEntry.builder()
                .data(SdkBytes.fromUtf8String("" + n)).partitionKey("key-" + n).build()).toList();
        same(0, putRecords(PutRecordsRequest.builder().streamName(STREAM).records(entries).build()).failedRecordCount());
    }

    /** The shard's records from its first to its last so far. */
    private Read read(String shard) {
        var records = new ArrayList<Record>();
        String at = getShardIterator(GetShardIteratorRequest.builder().streamName(STREAM).shardId(shard)
                .shardIteratorType(ShardIteratorType.TRIM_HORIZON).build()).shardIterator();
        while (at != null) {
            var answer = getRecords(GetRecordsRequest.builder().shardIterator(at).limit(4).build());
            records.addAll(answer.records());
            at = answer.nextShardIterator();
            if (answer.records().isEmpty() && answer.millisBehindLatest() == 0) {
                break;
            }
        }
        return new Read(records, at == null);
    }

    private static void refused(Class<? extends KinesisException> error, Runnable call) {
        try {
            call.run();
        } catch (KinesisException thrown) {
            same(error, thrown.getClass());
            return;
        }
        throw new AssertionError("no " + error.getSimpleName());
    }

    static void same(Object wanted, Object found) {
        if (!wanted.equals(found)) {
            throw new AssertionError("wanted " + wanted + ", found " + found);
        }
    }
}
