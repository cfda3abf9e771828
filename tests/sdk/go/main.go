// The round trip of tests/sdk/README.md with the AWS SDK for Go v2.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"math/big"
	"reflect"
	"sort"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

var (
	ctx    = context.Background()
	client *kinesis.Client
	stream = aws.String("round-trip")
)

// What was read of a shard, and whether it ended.
type shardRead struct {
	records []types.Record
	ended   bool
}

func must[T any](value T, err error) T {
	done(err)
	return value
}

func done(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func check(holds bool, what ...any) {
	if !holds {
		log.Panic(what...)
	}
}

func put(first, last int) {
	var entries []types.PutRecordsRequestEntry
	for n := first; n < last; n++ {
		entries = append(entries, types.PutRecordsRequestEntry{
			Data: []byte(strconv.Itoa(n)), PartitionKey: aws.String(fmt.Sprintf("key-%d", n))})
	}
	answer := must(client.PutRecords(ctx, &kinesis.PutRecordsInput{StreamName: stream, Records: entries}))
	check(*answer.FailedRecordCount == 0, answer.Records)
}

// read gives the shard's records from its first to its last so far.
func read(shard *string) (got shardRead) {
	at := must(client.GetShardIterator(ctx, &kinesis.GetShardIteratorInput{
		StreamName: stream, ShardId: shard, ShardIteratorType: types.ShardIteratorTypeTrimHorizon})).ShardIterator
	for at != nil {
		answer := must(client.GetRecords(ctx, &kinesis.GetRecordsInput{ShardIterator: at, Limit: aws.Int32(4)}))
		got.records = append(got.records, answer.Records...)
		at = answer.NextShardIterator
		if len(answer.Records) == 0 && *answer.MillisBehindLatest == 0 {
			break
		}
	}
	got.ended = at == nil
	return got
}

// subscribe gives the shard's records by fan-out: to its end, or as many of an open one as reading gave.
func subscribe(consumer, shard *string, wanted shardRead) (got shardRead) {
	events := must(client.SubscribeToShard(ctx, &kinesis.SubscribeToShardInput{
		ConsumerARN: consumer, ShardId: shard,
		StartingPosition: &types.StartingPosition{Type: types.ShardIteratorTypeTrimHorizon}})).GetStream()
	defer events.Close()
	for event := range events.Events() {
		value := event.(*types.SubscribeToShardEventStreamMemberSubscribeToShardEvent).Value
		got.records = append(got.records, value.Records...)
		got.ended = len(value.ChildShards) > 0
		if got.ended || (len(got.records) == len(wanted.records) && !wanted.ended) {
			return got
		}
	}
	log.Panic("the subscription to ", *shard, " ended: ", events.Err())
	return got
}

func numbers(records []types.Record) (all []int) {
	for _, record := range records {
		all = append(all, must(strconv.Atoi(string(record.Data))))
	}
	sort.Ints(all)
	return all
}

func main() {
	// [README
	settings := must(config.LoadDefaultConfig(ctx))
	client = kinesis.NewFromConfig(settings)
	// README]
	describe := &kinesis.DescribeStreamInput{StreamName: stream}
	create := &kinesis.CreateStreamInput{StreamName: stream, ShardCount: aws.Int32(1)}
	exists := kinesis.NewStreamExistsWaiter(client)

	must(client.CreateStream(ctx, create))
	done(exists.Wait(ctx, describe, 30*time.Second))
	_, err := client.CreateStream(ctx, create)
	var inUse *types.ResourceInUseException
	check(errors.As(err, &inUse), err)

	parent := must(client.PutRecord(ctx, &kinesis.PutRecordInput{
		StreamName: stream, Data: []byte("0"), PartitionKey: aws.String("key-0")})).ShardId
	put(1, 10)
	must(client.SplitShard(ctx, &kinesis.SplitShardInput{StreamName: stream, ShardToSplit: parent,
		NewStartingHashKey: aws.String(new(big.Int).Lsh(big.NewInt(1), 127).String())}))
	done(exists.Wait(ctx, describe, 30*time.Second))
	put(10, 20)

	shards := must(client.ListShards(ctx, &kinesis.ListShardsInput{StreamName: stream})).Shards
	check(len(shards) == 3, len(shards), " shards")
	var got []shardRead
	var all []types.Record
	for i, shard := range shards {
		got = append(got, read(shard.ShardId))
		check(got[i].ended == (i == 0), *shard.ShardId, " ended: ", got[i].ended)
		all = append(all, got[i].records...)
	}
	for i, number := range numbers(all) {
		check(number == i, number, " at ", i)
	}
	check(len(all) == 20, len(all), " records")

	arn := must(client.DescribeStreamSummary(ctx, &kinesis.DescribeStreamSummaryInput{
		StreamName: stream})).StreamDescriptionSummary.StreamARN
	consumer := must(client.RegisterStreamConsumer(ctx, &kinesis.RegisterStreamConsumerInput{
		StreamARN: arn, ConsumerName: aws.String("c")})).Consumer.ConsumerARN
	for i, shard := range shards {
		pushed := subscribe(consumer, shard.ShardId, got[i])
		check(pushed.ended == got[i].ended, *shard.ShardId, " pushed to the end: ", pushed.ended)
		check(reflect.DeepEqual(numbers(pushed.records), numbers(got[i].records)), pushed.records)
	}

	must(client.DeleteStream(ctx, &kinesis.DeleteStreamInput{StreamName: stream, EnforceConsumerDeletion: aws.Bool(true)}))
	done(kinesis.NewStreamNotExistsWaiter(client).Wait(ctx, describe, 30*time.Second))
	_, err = client.DescribeStreamSummary(ctx, &kinesis.DescribeStreamSummaryInput{StreamName: stream})
	var notFound *types.ResourceNotFoundException
	check(errors.As(err, &notFound), err)
	fmt.Println("aws-sdk-go-v2", aws.SDKVersion+": 20 records read and pushed")
}
