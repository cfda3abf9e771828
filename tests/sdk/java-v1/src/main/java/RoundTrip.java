import com.amazonaws.client.builder.AwsClientBuilder.EndpointConfiguration;
import com.amazonaws.services.kinesis.AmazonKinesis;
import com.amazonaws.services.kinesis.AmazonKinesisClientBuilder;
import com.amazonaws.services.kinesis.model.*;
import com.amazonaws.services.kinesis.model.Record;
import com.amazonaws.util.VersionInfoUtils;
import com.amazonaws.waiters.WaiterParameters;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** The round trip of tests/sdk/README.md with the AWS SDK for Java v1, which has no SubscribeToShard. */
public final class RoundTrip {
    private static final String STREAM = "round-trip";
    // [README
    private static final AmazonKinesis KINESIS = AmazonKinesisClientBuilder.standard()
            .withEndpointConfiguration(new EndpointConfiguration(
                    System.getenv("AWS_ENDPOINT_URL"), System.getenv("AWS_REGION")))
            .build();
    // README]

    public static void main(String[] args) {
        KINESIS.createStream(STREAM, 1);
        waitUntilStreamExists();
        refused(ResourceInUseException.class, () -> KINESIS.createStream(STREAM, 1));

        String parent = KINESIS.putRecord(STREAM, bytes("0"), "key-0").getShardId();
        put(1, 10);
        KINESIS.splitShard(STREAM, parent, BigInteger.TWO.pow(127).toString());
        waitUntilStreamExists();
        put(10, 20);

        var shards = KINESIS.listShards(new ListShardsRequest().withStreamName(STREAM)).getShards();
        same(3, shards.size());
        var records = new ArrayList<Record>();
        for (Shard shard : shards) {
            same(shard.getShardId().equals(parent), read(shard.getShardId(), records));
        }
        same(IntStream.range(0, 20).boxed().toList(), records.stream()
                .map(r -> Integer.parseInt(StandardCharsets.UTF_8.decode(r.getData()).toString())).sorted().toList());

        KINESIS.deleteStream(STREAM);
        KINESIS.waiters().streamNotExists().run(describe());
        refused(ResourceNotFoundException.class, () -> KINESIS.describeStream(STREAM));
        System.out.println("aws-sdk-java " + VersionInfoUtils.getVersion() + ": 20 records read");
    }

    private static void put(int first, int last) {
        var entries = IntStream.range(first, last).mapToObj(n -> new PutRecordsRequestEntry()
                .withData(bytes("" + n)).withPartitionKey("key-" + n)).toList();
        same(0, KINESIS.putRecords(new PutRecordsRequest().withStreamName(STREAM).withRecords(entries))
                .getFailedRecordCount());
    }

    /** Adds the shard's records from its first to its last so far; whether it ended. */
    private static boolean read(String shard, List<Record> records) {
        String at = KINESIS.getShardIterator(STREAM, shard, "TRIM_HORIZON").getShardIterator();
        while (at != null) {
            var answer = KINESIS.getRecords(new GetRecordsRequest().withShardIterator(at).withLimit(4));
            records.addAll(answer.getRecords());
            at = answer.getNextShardIterator();
            if (answer.getRecords().isEmpty() && answer.getMillisBehindLatest() == 0) {
                break;
            }
        }
        return at == null;
    }

    private static void waitUntilStreamExists() {
        KINESIS.waiters().streamExists().run(describe());
    }

    private static WaiterParameters<DescribeStreamRequest> describe() {
        return new WaiterParameters<>(new DescribeStreamRequest().withStreamName(STREAM));
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    private static void refused(Class<? extends AmazonKinesisException> error, Runnable call) {
        try {
            call.run();
        } catch (AmazonKinesisException thrown) {
            same(error, thrown.getClass());
            return;
        }
        throw new AssertionError("no " + error.getSimpleName());
    }

    private static void same(Object wanted, Object found) {
        if (!wanted.equals(found)) {
            throw new AssertionError("wanted " + wanted + ", found " + found);
        }
    }
}
