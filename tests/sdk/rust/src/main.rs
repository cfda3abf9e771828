//! The round trip of tests/sdk/README.md with the AWS SDK for Rust.
use std::time::Duration;

use aws_sdk_kinesis::client::Waiters;
use aws_sdk_kinesis::primitives::Blob;
use aws_sdk_kinesis::types::{
    PutRecordsRequestEntry, Record, ShardIteratorType, StartingPosition, SubscribeToShardEventStream,
};
use aws_sdk_kinesis::{Client, meta};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

const STREAM: &str = "round-trip";
const PATIENCE: Duration = Duration::from_secs(30);

/// What was read of a shard, and whether it ended.
struct ShardRead {
    records: Vec<Record>,
    ended: bool,
}

fn numbers<'a>(records: impl Iterator<Item = &'a Record>) -> Vec<i32> {
    let text = |record: &Record| String::from_utf8(record.data().as_ref().to_vec()).unwrap();
    let mut all: Vec<i32> = records.map(|record| text(record).parse().unwrap()).collect();
    all.sort();
    all
}

async fn put(kinesis: &Client, numbers: std::ops::Range<i32>) -> Outcome<()> {
    let mut call = kinesis.put_records().stream_name(STREAM);
    for n in numbers {
        let data = Blob::new(n.to_string());
        call = call.records(PutRecordsRequestEntry::builder().data(data).partition_key(format!("key-{n}")).build()?);
    }
    assert_eq!(call.send().await?.failed_record_count(), Some(0));
    Ok(())
}

/// The shard's records from its first to its last so far.
async fn read(kinesis: &Client, shard: &str) -> Outcome<ShardRead> {
    let start = kinesis.get_shard_iterator().stream_name(STREAM).shard_id(shard);
    let mut at = start.shard_iterator_type(ShardIteratorType::TrimHorizon).send().await?.shard_iterator;
    let mut records = Vec::new();
    while let Some(iterator) = at.take() {
        let answer = kinesis.get_records().shard_iterator(iterator).limit(4).send().await?;
        let idle = answer.records().is_empty() && answer.millis_behind_latest() == Some(0);
        records.extend(answer.records);
        at = answer.next_shard_iterator;
        if idle {
            break;
        }
    }
    Ok(ShardRead { records, ended: at.is_none() })
}

/// The shard's records by fan-out: to its end, or as many of an open one as reading gave.
async fn subscribe(kinesis: &Client, consumer: &str, shard: &str, wanted: &ShardRead) -> Outcome<ShardRead> {
    let start = StartingPosition::builder().r#type(ShardIteratorType::TrimHorizon).build()?;
    let call = kinesis.subscribe_to_shard().consumer_arn(consumer).shard_id(shard).starting_position(start);
    let mut events = call.send().await?.event_stream;
    let mut records = Vec::new();
    while let Some(SubscribeToShardEventStream::SubscribeToShardEvent(event)) = events.recv().await? {
        let ended = !event.child_shards().is_empty();
        records.extend(event.records);
        if ended || (records.len() == wanted.records.len() && !wanted.ended) {
            return Ok(ShardRead { records, ended });
        }
    }
    Err(format!("the subscription to {shard} ended after {} records", records.len()).into())
}

#[tokio::main]
async fn main() -> Outcome<()> {
    // [README
    let kinesis = aws_sdk_kinesis::Client::new(&aws_config::load_from_env().await);
    // README]
    let create = || kinesis.create_stream().stream_name(STREAM).shard_count(1).send();
    let exists = || kinesis.wait_until_stream_exists().stream_name(STREAM).wait(PATIENCE);

    create().await?;
    exists().await?;
    assert!(create().await.unwrap_err().into_service_error().is_resource_in_use_exception());

    let first = kinesis.put_record().stream_name(STREAM).partition_key("key-0").data(Blob::new("0")).send().await?;
    put(&kinesis, 1..10).await?;
    let split = kinesis.split_shard().stream_name(STREAM).shard_to_split(first.shard_id());
    split.new_starting_hash_key((1u128 << 127).to_string()).send().await?;
    exists().await?;
    put(&kinesis, 10..20).await?;

    let shards = kinesis.list_shards().stream_name(STREAM).send().await?.shards.unwrap_or_default();
    let mut got = Vec::new();
    for shard in &shards {
        got.push(read(&kinesis, shard.shard_id()).await?);
    }
    assert_eq!(got.iter().map(|g| g.ended).collect::<Vec<_>>(), [true, false, false]);
    assert_eq!(numbers(got.iter().flat_map(|g| &g.records)), (0..20).collect::<Vec<_>>());

    let described = kinesis.describe_stream_summary().stream_name(STREAM).send().await?;
    let arn = described.stream_description_summary().unwrap().stream_arn();
    let registered = kinesis.register_stream_consumer().stream_arn(arn).consumer_name("c").send().await?;
    let consumer = registered.consumer().unwrap().consumer_arn();
    for (shard, wanted) in shards.iter().zip(&got) {
        let pushed = subscribe(&kinesis, consumer, shard.shard_id(), wanted).await?;
        assert_eq!(pushed.ended, wanted.ended);
        assert_eq!(numbers(pushed.records.iter()), numbers(wanted.records.iter()));
    }

    kinesis.delete_stream().stream_name(STREAM).enforce_consumer_deletion(true).send().await?;
    kinesis.wait_until_stream_not_exists().stream_name(STREAM).wait(PATIENCE).await?;
    let gone = kinesis.describe_stream_summary().stream_name(STREAM).send().await.unwrap_err();
    assert!(gone.into_service_error().is_resource_not_found_exception());
    println!("aws-sdk-kinesis {}: 20 records read and pushed", meta::PKG_VERSION);
    Ok(())
}
