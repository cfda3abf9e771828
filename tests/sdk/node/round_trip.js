// The round trip of tests/sdk/README.md with the AWS SDK for JavaScript v3: its default handler, which
// speaks HTTP/2, and its default protocol, JSON. With the argument `http1` the handler for HTTP/1.1, with
// `cbor` Smithy's RPC v2 CBOR.
import { deepStrictEqual as same, rejects } from "node:assert";
import { createRequire } from "node:module";
import {
    ResourceInUseException, ResourceNotFoundException, waitUntilStreamExists, waitUntilStreamNotExists,
} from "@aws-sdk/client-kinesis";
// [README
import { Kinesis } from "@aws-sdk/client-kinesis";
import { AwsSmithyRpcV2CborProtocol } from "@aws-sdk/core/protocols";
import { NodeHttpHandler } from "@smithy/node-http-handler";

const clients = {
    http2: () => new Kinesis(),
    http1: () => new Kinesis({ requestHandler: new NodeHttpHandler() }),
    cbor: () => new Kinesis({ protocol: AwsSmithyRpcV2CborProtocol }),
};
// README]
const kinesis = clients[process.argv[2] ?? "http2"]();
const StreamName = "round-trip";
const wait = { client: kinesis, maxWaitTime: 30 };
const range = (first, last) => Array.from({ length: last - first }, (_, i) => first + i);
const numbers = (records) => records.map((r) => Number(Buffer.from(r.Data).toString())).sort((a, b) => a - b);

async function put(all) {
    const Records = all.map((n) => ({ Data: Buffer.from(`${n}`), PartitionKey: `key-${n}` }));
    same((await kinesis.putRecords({ StreamName, Records })).FailedRecordCount, 0);
}

// The shard's records from its first to its last so far, and whether it ended.
async function read(ShardId) {
    const records = [];
    let { ShardIterator } = await kinesis.getShardIterator({ StreamName, ShardId, ShardIteratorType: "TRIM_HORIZON" });
    while (ShardIterator) {
        const answer = await kinesis.getRecords({ ShardIterator, Limit: 4 });
        records.push(...answer.Records);
        ShardIterator = answer.NextShardIterator;
        if (answer.Records.length === 0 && answer.MillisBehindLatest === 0) {
            break;
        }
    }
    return { records, ended: !ShardIterator };
}

// The shard's records by fan-out: to its end, or as many of an open one as reading gave.
async function subscribe(ConsumerARN, ShardId, wanted) {
    const records = [];
    const { EventStream } = await kinesis.subscribeToShard(
        { ConsumerARN, ShardId, StartingPosition: { Type: "TRIM_HORIZON" } });
    for await (const { SubscribeToShardEvent: event } of EventStream) {
        records.push(...event.Records);
        if (event.ChildShards?.length) {
            return { records, ended: true };
        }
        if (records.length === wanted.records.length && !wanted.ended) {
            return { records, ended: false };
        }
    }
    throw new Error(`the subscription to ${ShardId} ended after ${records.length} records`);
}

await kinesis.createStream({ StreamName, ShardCount: 1 });
await waitUntilStreamExists(wait, { StreamName });
await rejects(kinesis.createStream({ StreamName, ShardCount: 1 }), ResourceInUseException);

const { ShardId: parent } = await kinesis.putRecord({ StreamName, Data: Buffer.from("0"), PartitionKey: "key-0" });
await put(range(1, 10));
await kinesis.splitShard({ StreamName, ShardToSplit: parent, NewStartingHashKey: `${2n ** 127n}` });
await waitUntilStreamExists(wait, { StreamName });
await put(range(10, 20));

const { Shards } = await kinesis.listShards({ StreamName });
const got = [];
for (const { ShardId } of Shards) {
    got.push(await read(ShardId));
}
same(got.map((g) => g.ended), [true, false, false]);
same(numbers(got.flatMap((g) => g.records)), range(0, 20));

const { StreamDescriptionSummary: { StreamARN } } = await kinesis.describeStreamSummary({ StreamName });
const { Consumer } = await kinesis.registerStreamConsumer({ StreamARN, ConsumerName: "c" });
for (const [i, { ShardId }] of Shards.entries()) {
    const pushed = await subscribe(Consumer.ConsumerARN, ShardId, got[i]);
    same(pushed.ended, got[i].ended);
    same(numbers(pushed.records), numbers(got[i].records));
}

await kinesis.deleteStream({ StreamName, EnforceConsumerDeletion: true });
await waitUntilStreamNotExists(wait, { StreamName });
await rejects(kinesis.describeStreamSummary({ StreamName }), ResourceNotFoundException);
const { version } = createRequire(import.meta.url)("@aws-sdk/client-kinesis/package.json");
console.log(`@aws-sdk/client-kinesis ${version}, ` +
    `${kinesis.config.requestHandler.constructor.name}, ${kinesis.config.protocol.getShapeId()}: 20 records read and pushed`);
kinesis.destroy();
