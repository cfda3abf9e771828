import static software.amazon.kinesis.common.InitialPositionInStream.TRIM_HORIZON;

import java.util.function.BiConsumer;
import java.util.function.Consumer;
import software.amazon.awssdk.services.cloudwatch.CloudWatchAsyncClient;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.kinesis.common.ConfigsBuilder;
import software.amazon.kinesis.common.InitialPositionInStreamExtended;
import software.amazon.kinesis.common.KinesisClientUtil;
import software.amazon.kinesis.coordinator.Scheduler;
import software.amazon.kinesis.exceptions.InvalidStateException;
import software.amazon.kinesis.exceptions.ShutdownException;
import software.amazon.kinesis.leases.LeaseManagementConfig;
import software.amazon.kinesis.lifecycle.events.*;
import software.amazon.kinesis.metrics.NullMetricsFactory;
import software.amazon.kinesis.processor.RecordProcessorCheckpointer;
import software.amazon.kinesis.processor.ShardRecordProcessor;
import software.amazon.kinesis.processor.ShardRecordProcessorFactory;
import software.amazon.kinesis.processor.SingleStreamTracker;
import software.amazon.kinesis.retrieval.KinesisClientRecord;
import software.amazon.kinesis.retrieval.polling.PollingConfig;

/** A worker of a KCL application: it hands over every record of the shards whose leases it has, with its own name. */
final class Worker {
    /** The leases of one worker at most: fewer than open shards, and half of all, for those that ended have theirs. */
    static final int MOST = 5;
    /** What else a test does not wait for. */
    static Consumer<LeaseManagementConfig> hurry = leases -> {};

    final String name;
    private final Scheduler scheduler;

    Worker(String name, String stream, boolean fanOut, BiConsumer<String, KinesisClientRecord> taker) {
        this.name = name;
        ShardRecordProcessorFactory processors = () -> new Processor(taker);
        // [README
        // AWS_ENDPOINT_URL names millrace, AWS_ENDPOINT_URL_DYNAMODB the tables.
        KinesisAsyncClient kinesis = KinesisClientUtil.createKinesisAsyncClient(KinesisAsyncClient.builder());
        var configs = new ConfigsBuilder(
                new SingleStreamTracker(stream, InitialPositionInStreamExtended.newInitialPosition(TRIM_HORIZON)),
                "orders-app", kinesis, DynamoDbAsyncClient.create(), CloudWatchAsyncClient.create(), name, processors);
        var metrics = configs.metricsConfig().metricsFactory(new NullMetricsFactory());
        var retrieval = configs.retrievalConfig();  // by fan-out
        if (!fanOut) {
            retrieval.retrievalSpecificConfig(new PollingConfig(stream, kinesis));
        }
        // README]
        // A test does not wait as long as a service may.
        var leases = configs.leaseManagementConfig().failoverTimeMillis(2000).shardSyncIntervalMillis(1000)
                .maxLeasesForWorker(MOST);
        hurry.accept(leases);
        var coordinator = configs.coordinatorConfig().parentShardPollIntervalMillis(200)
                .shardConsumerDispatchPollIntervalMillis(200);
        scheduler = new Scheduler(configs.checkpointConfig(), coordinator, leases, configs.lifecycleConfig(),
                metrics, configs.processorConfig(), retrieval);
        new Thread(scheduler, name).start();
    }

    /** At once, as if it had died: its leases are taken when they run out. */
    void stop() { scheduler.shutdown(); }

    private final class Processor implements ShardRecordProcessor {
        private final BiConsumer<String, KinesisClientRecord> taker;

        Processor(BiConsumer<String, KinesisClientRecord> taker) { this.taker = taker; }

        @Override public void initialize(InitializationInput input) {}
        @Override public void processRecords(ProcessRecordsInput input) {
            input.records().forEach(record -> taker.accept(name, record));
            checkpoint(input.checkpointer());
        }
        @Override public void leaseLost(LeaseLostInput input) {}
        @Override public void shardEnded(ShardEndedInput input) { checkpoint(input.checkpointer()); }
        @Override public void shutdownRequested(ShutdownRequestedInput input) { checkpoint(input.checkpointer()); }

        private void checkpoint(RecordProcessorCheckpointer checkpointer) {
            try {
                checkpointer.checkpoint();
            } catch (ShutdownException lost) {
                // The lease is another's, who starts at the last checkpoint.
            } catch (InvalidStateException error) {
                throw new IllegalStateException(error);
            }
        }
    }
}
