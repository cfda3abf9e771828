// The README's Java snippet as a program: AWS SDK for Java v2, synchronous client, CBOR (its default).
import java.net.URI;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.model.ResourceInUseException;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;

public final class Sample {
    public static void main(String[] args) {
        // [README
        KinesisClient kinesis = KinesisClient.builder()
                .endpointOverride(URI.create("http://127.0.0.1:4567"))
                .region(Region.US_EAST_1)
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test")))
                .httpClient(UrlConnectionHttpClient.create())
                .build();
        // README]
        String stream = "java-sample";
        try {
            kinesis.createStream(r -> r.streamName(stream).shardCount(1));
        } catch (ResourceInUseException exists) {
            // An earlier run made it.
        }
        kinesis.waiter().waitUntilStreamExists(r -> r.streamName(stream));
        var put = kinesis.putRecord(r -> r.streamName(stream).partitionKey("k").data(SdkBytes.fromUtf8String("hello")));
        String iterator = kinesis.getShardIterator(r -> r.streamName(stream).shardId(put.shardId())
                .shardIteratorType(ShardIteratorType.AT_SEQUENCE_NUMBER)
                .startingSequenceNumber(put.sequenceNumber())).shardIterator();
        var got = kinesis.getRecords(r -> r.shardIterator(iterator)).records().get(0);
        if (!got.sequenceNumber().equals(put.sequenceNumber()) || !got.data().asUtf8String().equals("hello")) {
            throw new AssertionError(got.toString());
        }
        System.out.println("java: " + got.sequenceNumber() + " " + got.approximateArrivalTimestamp());
        kinesis.close();
    }
}
