import java.util.Map;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.model.*;

/** By the synchronous client with its default transport; it has no SubscribeToShard. */
public final class SyncRoundTrip extends RoundTrip {
    // [README
    private final KinesisClient kinesis = KinesisClient.create();
    // README]

    public static void main(String[] args) throws Exception {
        new SyncRoundTrip().run();
    }

    @Override void createStream(CreateStreamRequest request) { kinesis.createStream(request); }
    @Override void waitUntilStreamExists() { kinesis.waiter().waitUntilStreamExists(r -> r.streamName(STREAM)); }
    @Override PutRecordResponse putRecord(PutRecordRequest request) { return kinesis.putRecord(request); }
    @Override PutRecordsResponse putRecords(PutRecordsRequest request) { return kinesis.putRecords(request); }
    @Override void splitShard(SplitShardRequest request) { kinesis.splitShard(request); }
    @Override ListShardsResponse listShards(ListShardsRequest request) { return kinesis.listShards(request); }
    @Override GetShardIteratorResponse getShardIterator(GetShardIteratorRequest request) {
        return kinesis.getShardIterator(request);
    }
    @Override GetRecordsResponse getRecords(GetRecordsRequest request) { return kinesis.getRecords(request); }
    @Override StreamDescriptionSummary describe() {
        return kinesis.describeStreamSummary(r -> r.streamName(STREAM)).streamDescriptionSummary();
    }
    @Override void deleteStream(DeleteStreamRequest request) { kinesis.deleteStream(request); }
    @Override void waitUntilStreamNotExists() {
        kinesis.waiter().waitUntilStreamNotExists(r -> r.streamName(STREAM));
    }
    @Override String fanOut(Map<String, Read> got) { return ""; }
}
