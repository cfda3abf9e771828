// The README's Node snippet as a program: AWS SDK for JavaScript v3, HTTP/2.
// [README
import { KinesisClient } from "@aws-sdk/client-kinesis";

const kinesis = new KinesisClient({
    endpoint: "http://127.0.0.1:4567",
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
});
// README]
import {
    CreateStreamCommand, GetRecordsCommand, GetShardIteratorCommand, PutRecordCommand, waitUntilStreamExists,
} from "@aws-sdk/client-kinesis";

const StreamName = "node-sample";
try {
    await kinesis.send(new CreateStreamCommand({ StreamName, ShardCount: 1 }));
} catch (error) {
    if (error.name !== "ResourceInUseException") throw error;  // an earlier run made it
}
await waitUntilStreamExists({ client: kinesis, maxWaitTime: 30 }, { StreamName });
const put = await kinesis.send(
    new PutRecordCommand({ StreamName, PartitionKey: "k", Data: Buffer.from("hello") }));
const { ShardIterator } = await kinesis.send(new GetShardIteratorCommand({
    StreamName, ShardId: put.ShardId, ShardIteratorType: "AT_SEQUENCE_NUMBER",
    StartingSequenceNumber: put.SequenceNumber,
}));
const { Records } = await kinesis.send(new GetRecordsCommand({ ShardIterator }));
if (Records[0].SequenceNumber !== put.SequenceNumber || Buffer.from(Records[0].Data).toString() !== "hello") {
    throw new Error(JSON.stringify(Records));
}
console.log("node:", Records[0].SequenceNumber, Records[0].ApproximateArrivalTimestamp);
