// The README's Go snippet as a program: AWS SDK for Go v2.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

func main() {
	ctx := context.Background()
	// [README
	client := kinesis.New(kinesis.Options{
		BaseEndpoint: aws.String("http://127.0.0.1:4567"),
		Region:       "us-east-1",
		Credentials:  credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
	// README]
	stream := aws.String("go-sample")
	_, err := client.CreateStream(ctx, &kinesis.CreateStreamInput{StreamName: stream, ShardCount: aws.Int32(1)})
	var exists *types.ResourceInUseException
	if err != nil && !errors.As(err, &exists) {
		log.Fatal(err)
	}
	waiter := kinesis.NewStreamExistsWaiter(client)
	if err := waiter.Wait(ctx, &kinesis.DescribeStreamInput{StreamName: stream}, 10*time.Second); err != nil {
		log.Fatal(err)
	}
	put, err := client.PutRecord(ctx, &kinesis.PutRecordInput{
		StreamName: stream, PartitionKey: aws.String("k"), Data: []byte("hello")})
	if err != nil {
		log.Fatal(err)
	}
	at, err := client.GetShardIterator(ctx, &kinesis.GetShardIteratorInput{
		StreamName: stream, ShardId: put.ShardId, ShardIteratorType: types.ShardIteratorTypeAtSequenceNumber,
		StartingSequenceNumber: put.SequenceNumber})
	if err != nil {
		log.Fatal(err)
	}
	got, err := client.GetRecords(ctx, &kinesis.GetRecordsInput{ShardIterator: at.ShardIterator})
	if err != nil {
		log.Fatal(err)
	}
	if len(got.Records) != 1 || string(got.Records[0].Data) != "hello" ||
		*got.Records[0].SequenceNumber != *put.SequenceNumber {
		log.Fatal(got.Records)
	}
	fmt.Println("go:", *got.Records[0].SequenceNumber, got.Records[0].ApproximateArrivalTimestamp)
}
