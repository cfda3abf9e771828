import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.*;
import software.amazon.awssdk.services.kinesis.model.Record;

/** By the asynchronous client with its default transport: Netty, HTTP/2. */
public final class AsyncRoundTrip extends RoundTrip {
    // [README
    private final KinesisAsyncClient kinesis = KinesisAsyncClient.create();
    // README]

    public static void main(String[] args) throws Exception {
        new AsyncRoundTrip().run();
    }

    @Override void createStream(CreateStreamRequest request) { answer(kinesis.createStream(request)); }
    @Override void waitUntilStreamExists() { answer(kinesis.waiter().waitUntilStreamExists(r -> r.streamName(STREAM))); }
    @Override PutRecordResponse putRecord(PutRecordRequest request) { return answer(kinesis.putRecord(request)); }
    @Override PutRecordsResponse putRecords(PutRecordsRequest request) { return answer(kinesis.putRecords(request)); }
    @Override void splitShard(SplitShardRequest request) { answer(kinesis.splitShard(request)); }
    @Override ListShardsResponse listShards(ListShardsRequest request) { return answer(kinesis.listShards(request)); }
    @Override GetShardIteratorResponse getShardIterator(GetShardIteratorRequest request) {
        return answer(kinesis.getShardIterator(request));
    }
    @Override GetRecordsResponse getRecords(GetRecordsRequest request) { return answer(kinesis.getRecords(request)); }
    @Override StreamDescriptionSummary describe() {
        return answer(kinesis.describeStreamSummary(r -> r.streamName(STREAM))).streamDescriptionSummary();
    }
    @Override void deleteStream(DeleteStreamRequest request) { answer(kinesis.deleteStream(request)); }
    @Override void waitUntilStreamNotExists() {
        answer(kinesis.waiter().waitUntilStreamNotExists(r -> r.streamName(STREAM)));
    }

    @Override String fanOut(Map<String, Read> got) throws Exception {
        String consumer = answer(kinesis.registerStreamConsumer(r -> r.streamARN(describe().streamARN())
                .consumerName("c"))).consumer().consumerARN();
        for (var shard : got.entrySet()) {
            Read pushed = subscribe(consumer, shard.getKey(), shard.getValue());
            same(shard.getValue().ended(), pushed.ended());
            same(Arrays.toString(shard.getValue().numbers()), Arrays.toString(pushed.numbers()));
        }
        return " and pushed";
    }

    /** The shard's records by fan-out: to its end, or as many of an open one as reading gave. */
    private Read subscribe(String consumer, String shard, Read wanted) throws Exception {
        var got = new CompletableFuture<Read>();
        var handler = SubscribeToShardResponseHandler.builder()
                .onError(got::completeExceptionally)
                .onEventStream(events -> events.filter(SubscribeToShardEvent.class).subscribe(new Taker(wanted, got)))
                .build();
        kinesis.subscribeToShard(r -> r.consumerARN(consumer).shardId(shard)
                .startingPosition(p -> p.type(ShardIteratorType.TRIM_HORIZON)), handler);
        return got.get(30, TimeUnit.SECONDS);
    }

    private static final class Taker implements Subscriber<SubscribeToShardEvent> {
        private final Read wanted;
        private final CompletableFuture<Read> got;
        private final List<Record> records = new ArrayList<>();
        private Subscription subscription;

        Taker(Read wanted, CompletableFuture<Read> got) {
            this.wanted = wanted;
            this.got = got;
        }

        @Override public void onSubscribe(Subscription given) {
            subscription = given;
            subscription.request(Long.MAX_VALUE);
        }

        @Override public void onNext(SubscribeToShardEvent event) {
            records.addAll(event.records());
            if (event.hasChildShards() && !event.childShards().isEmpty()) {
                got.complete(new Read(records, true));
            } else if (records.size() == wanted.records().size() && !wanted.ended()) {
                subscription.cancel();
                got.complete(new Read(records, false));
            }
        }

        @Override public void onError(Throwable error) { got.completeExceptionally(error); }
        @Override public void onComplete() { got.completeExceptionally(new AssertionError("the subscription ended")); }
    }

    private static <T> T answer(CompletableFuture<T> call) {
        try {
            return call.join();
        } catch (CompletionException failed) {
            throw failed.getCause() instanceof RuntimeException cause ? cause : failed;
        }
    }
}
