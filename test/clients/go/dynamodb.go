package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
)

type photo struct {
	Album string   `dynamodbav:"album"`
	Name  string   `dynamodbav:"name"`
	Size  int      `dynamodbav:"size"`
	Tags  []string `dynamodbav:"tags,stringset,omitempty"`
}

func (p photo) key() map[string]types.AttributeValue {
	return map[string]types.AttributeValue{
		"album": &types.AttributeValueMemberS{Value: p.Album},
		"name":  &types.AttributeValueMemberS{Value: p.Name}}
}

func newTable(ctx context.Context, client *dynamodb.Client) (string, error) {
	name := unique()
	_, err := client.CreateTable(ctx, &dynamodb.CreateTableInput{TableName: &name,
		BillingMode: types.BillingModePayPerRequest,
		KeySchema: []types.KeySchemaElement{
			{AttributeName: aws.String("album"), KeyType: types.KeyTypeHash},
			{AttributeName: aws.String("name"), KeyType: types.KeyTypeRange}},
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: aws.String("album"), AttributeType: types.ScalarAttributeTypeS},
			{AttributeName: aws.String("name"), AttributeType: types.ScalarAttributeTypeS}}})
	if err != nil {
		return "", err
	}
	waiter := dynamodb.NewTableExistsWaiter(client)
	return name, waiter.Wait(ctx, &dynamodb.DescribeTableInput{TableName: &name}, 10*time.Second)
}

func items(ctx context.Context, cfg aws.Config) error {
	client := dynamodb.NewFromConfig(cfg)
	table, err := newTable(ctx, client)
	if err != nil {
		return err
	}
	for i := range 30 {
		item, err := attributevalue.MarshalMap(photo{"sea", fmt.Sprintf("%03d", i), i, []string{"blue"}})
		if err != nil {
			return err
		}
		if _, err := client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &table, Item: item}); err != nil {
			return err
		}
	}
	pages := dynamodb.NewQueryPaginator(client, &dynamodb.QueryInput{TableName: &table, Limit: aws.Int32(7),
		KeyConditionExpression: aws.String("album = :a"), ExpressionAttributeValues: map[string]types.AttributeValue{
			":a": &types.AttributeValueMemberS{Value: "sea"}}})
	var all []photo
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		var some []photo
		if err := attributevalue.UnmarshalListOfMaps(page.Items, &some); err != nil {
			return err
		}
		all = append(all, some...)
	}
	if len(all) != 30 {
		return fmt.Errorf("%d items of 30", len(all))
	}
	updated, err := client.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: &table, Key: all[3].key(),
		UpdateExpression: aws.String("SET #s = #s + :n"), ExpressionAttributeNames: map[string]string{"#s": "size"},
		ExpressionAttributeValues: map[string]types.AttributeValue{":n": &types.AttributeValueMemberN{Value: "10"}},
		ReturnValues:              types.ReturnValueUpdatedNew})
	if err != nil {
		return err
	}
	var changed photo
	err = attributevalue.UnmarshalMap(updated.Attributes, &changed)
	return first(err, equal("an item", all[29], photo{"sea", "029", 29, []string{"blue"}}),
		equal("the new size", changed.Size, 13))
}

func batchesAndTransactions(ctx context.Context, cfg aws.Config) error {
	client := dynamodb.NewFromConfig(cfg)
	table, err := newTable(ctx, client)
	if err != nil {
		return err
	}
	var requests []types.WriteRequest
	var keys []map[string]types.AttributeValue
	for i := range 25 {
		p := photo{Album: "batch", Name: fmt.Sprintf("%02d", i), Size: i}
		item, err := attributevalue.MarshalMap(p)
		if err != nil {
			return err
		}
		requests = append(requests, types.WriteRequest{PutRequest: &types.PutRequest{Item: item}})
		keys = append(keys, p.key())
	}
	written, err := client.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{
		RequestItems: map[string][]types.WriteRequest{table: requests}})
	if err != nil {
		return err
	}
	read, err := client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{
		RequestItems: map[string]types.KeysAndAttributes{table: {Keys: keys}}})
	if err != nil {
		return err
	}
	_, err = client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
		{Delete: &types.Delete{TableName: &table, Key: keys[0]}},
		{Put: &types.Put{TableName: &table, Item: keys[1],
			ConditionExpression: aws.String("attribute_exists(album)")}}}})
	if err != nil {
		return err
	}
	together, err := client.TransactGetItems(ctx, &dynamodb.TransactGetItemsInput{
		TransactItems: []types.TransactGetItem{
			{Get: &types.Get{TableName: &table, Key: keys[0]}}, {Get: &types.Get{TableName: &table, Key: keys[1]}}}})
	if err != nil {
		return err
	}
	return first(equal("unprocessed", len(written.UnprocessedItems), 0),
		equal("items read", len(read.Responses[table]), 25),
		equal("the deleted item", len(together.Responses[0].Item), 0),
		equal("the replaced item", len(together.Responses[1].Item), 2))
}

func objectsBesideItems(ctx context.Context, cfg aws.Config) error {
	client := dynamodb.NewFromConfig(cfg)
	objects := s3.NewFromConfig(cfg)
	table, err := newTable(ctx, client)
	if err != nil {
		return err
	}
	bucket, err := newBucket(ctx, objects)
	if err != nil {
		return err
	}
	if err := put(ctx, objects, bucket, "photo", "bytes"); err != nil {
		return err
	}
	record := photo{Album: "sea", Name: "photo"}
	if _, err := client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &table, Item: record.key()}); err != nil {
		return err
	}
	_, err = client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
		{Delete: &types.Delete{TableName: &table, Key: record.key()}},
		{Delete: &types.Delete{TableName: aws.String("s3." + bucket), Key: map[string]types.AttributeValue{
			"bucket": &types.AttributeValueMemberS{Value: bucket},
			"key":    &types.AttributeValueMemberS{Value: "photo"}}}}}})
	if err != nil {
		return err
	}
	_, err = objects.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &bucket, Key: aws.String("photo")})
	var notFound *s3types.NotFound
	return equal("the object is gone", errors.As(err, &notFound), true)
}

func errorsHaveTypes(ctx context.Context, cfg aws.Config) error {
	client := dynamodb.NewFromConfig(cfg)
	table, err := newTable(ctx, client)
	if err != nil {
		return err
	}
	key := photo{Album: "a", Name: "b"}.key()
	_, err = client.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: &table, Key: key,
		ConditionExpression: aws.String("attribute_exists(album)")})
	var failed *types.ConditionalCheckFailedException
	if !errors.As(err, &failed) {
		return fmt.Errorf("a failed condition came as %v", err)
	}
	_, err = client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
		{ConditionCheck: &types.ConditionCheck{TableName: &table, Key: key,
			ConditionExpression: aws.String("attribute_exists(album)")}}}})
	var cancelled *types.TransactionCanceledException
	if !errors.As(err, &cancelled) {
		return fmt.Errorf("a cancelled transaction came as %v", err)
	}
	objects := s3.NewFromConfig(cfg)
	bucket, err := newBucket(ctx, objects)
	if err != nil {
		return err
	}
	_, _, err = getAll(ctx, objects, bucket, "absent")
	var noSuchKey *s3types.NoSuchKey
	return first(equal("NoSuchKey", errors.As(err, &noSuchKey), true),
		equal("the reason", aws.ToString(cancelled.CancellationReasons[0].Code), "ConditionalCheckFailed"))
}
