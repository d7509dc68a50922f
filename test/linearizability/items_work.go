package main

import (
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

const itemsTable = "items"

// items: puts, counters and deletes with conditions and with what they return, reads and batches of a few keys.
type items struct {
	registers
}

func (w *items) setUp(r *round) error {
	w.open(r, "item", itemModel, "nobody")
	return nil
}

func (w *items) step(c *client) {
	key := w.keys[c.random.IntN(len(w.keys))]
	choice := c.random.IntN(100)
	switch {
	case choice < 20:
		w.get(c, key)
	case choice < 40:
		w.put(c, itemInput{key: key, condition: w.condition(c, key)})
	case choice < 72:
		w.add(c, itemInput{key: key, condition: w.condition(c, key)})
	case choice < 86:
		w.delete(c, itemInput{key: key, condition: w.condition(c, key)})
	case choice < 93:
		w.getAll(c)
	default:
		w.writeAll(c)
	}
}

func (w *items) settle(c *client) {
	for _, key := range w.keys {
		w.get(c, key)
	}
	w.getAll(c)
}

func (w *items) condition(c *client, key string) itemCondition {
	switch c.random.IntN(6) {
	case 0:
		return itemCondition{absent: true}
	case 1:
		return itemCondition{present: true}
	case 2:
		return itemCondition{below: 1 + c.random.IntN(12)}
	case 3, 4:
		return itemCondition{writer: w.seen(key)}
	}
	return itemCondition{}
}

func itemOf(found attributes) *item {
	if len(found) == 0 {
		return &item{}
	}
	count, _ := numberOf(found["count"])
	return &item{exists: true, writer: textOf(found["writer"]), count: count}
}

func keyOf(key string) attributes { return attributes{"id": text(key)} }

// expressed is the condition as DynamoDB is told, beside what the values hold already.
func (c itemCondition) expressed(values attributes) (*string, attributes) {
	if values == nil {
		values = attributes{}
	}
	var expression *string
	switch {
	case c.absent:
		expression = aws.String("attribute_not_exists(id)")
	case c.present:
		expression = aws.String("attribute_exists(id)")
	case c.writer != "":
		expression, values[":seen"] = aws.String("#w = :seen"), text(c.writer)
	case c.below != 0:
		expression, values[":below"] = aws.String("#c < :below"), number(c.below)
	}
	if len(values) == 0 {
		values = nil
	}
	return expression, values
}

// names are those placeholders that the expressions use: one too many is refused.
func (c itemCondition) names(more ...string) map[string]string {
	all := map[string]string{"#w": "writer", "#c": "count"}
	used := map[string]string{}
	for _, name := range more {
		used[name] = all[name]
	}
	if c.writer != "" {
		used["#w"] = "writer"
	} else if c.below != 0 && !c.absent && !c.present {
		used["#c"] = "count"
	}
	if len(used) == 0 {
		return nil
	}
	return used
}

func (w *items) finish(s *sent, err error, in itemInput, out itemOutput) {
	v := judge(err)
	line := told{w.byKey[in.key], in, out}
	var failed *types.ConditionalCheckFailedException
	switch {
	case v.outcome == done:
		s.answered(line)
		w.saw(in.key, in.writer)
		if out.old != nil {
			w.saw(in.key, out.old.writer)
		}
	case v.outcome == unknown && in.kind != "get":
		line.output = itemOutput{answer: unanswered}
		s.leftOpen(line)
	case v.outcome == refused && errors.As(err, &failed):
		out := itemOutput{answer: conditionFailed}
		if s.client.toldOnFailure {
			out.old = itemOf(failed.Item)
			w.saw(in.key, out.old.writer)
		}
		line.output = out
		s.answered(line)
	case v.outcome == refused:
		s.cancel()
		w.round.complain("%v of %s: %v", in, in.key, err)
		return
	default:
		s.forgotten()
		return
	}
	w.round.env.seen.note(in.via, line.output.(itemOutput).answer)
}

// onFailure: mostly, a failed condition shall tell what it saw.
func (c *client) onFailure() types.ReturnValuesOnConditionCheckFailure {
	c.toldOnFailure = !c.chance(20)
	if c.toldOnFailure {
		return types.ReturnValuesOnConditionCheckFailureAllOld
	}
	return types.ReturnValuesOnConditionCheckFailureNone
}

func (w *items) get(c *client, key string) {
	s := c.send()
	got, err := w.round.env.sdk.dynamodb.GetItem(s.ctx, &dynamodb.GetItemInput{TableName: aws.String(itemsTable),
		Key: keyOf(key), ConsistentRead: aws.Bool(true)})
	out := itemOutput{}
	if err == nil {
		out.old = itemOf(got.Item)
	}
	w.finish(s, err, itemInput{kind: "get", via: "GetItem", key: key}, out)
}

func (w *items) put(c *client, in itemInput) {
	in.kind, in.via, in.writer, in.count = "put", "PutItem", c.unique(), c.random.IntN(5)
	condition, values := in.condition.expressed(nil)
	request := &dynamodb.PutItemInput{TableName: aws.String(itemsTable),
		Item:                attributes{"id": text(in.key), "writer": text(in.writer), "count": number(in.count)},
		ConditionExpression: condition, ExpressionAttributeNames: in.condition.names(),
		ExpressionAttributeValues: values, ReturnValuesOnConditionCheckFailure: c.onFailure()}
	if c.chance(50) {
		request.ReturnValues = types.ReturnValueAllOld
	}
	s := c.send()
	written, err := w.round.env.sdk.dynamodb.PutItem(s.ctx, request)
	out := itemOutput{}
	if err == nil && request.ReturnValues != "" {
		out.old = itemOf(written.Attributes)
	}
	w.finish(s, err, in, out)
}

func (w *items) add(c *client, in itemInput) {
	in.kind, in.via, in.writer, in.count = "add", "UpdateItem", c.unique(), 1+c.random.IntN(3)
	condition, values := in.condition.expressed(attributes{":w": text(in.writer), ":n": number(in.count)})
	returns := []types.ReturnValue{types.ReturnValueNone, types.ReturnValueAllNew, types.ReturnValueUpdatedNew,
		types.ReturnValueAllOld, types.ReturnValueUpdatedOld}[c.random.IntN(5)]
	s := c.send()
	written, err := w.round.env.sdk.dynamodb.UpdateItem(s.ctx, &dynamodb.UpdateItemInput{
		TableName: aws.String(itemsTable), Key: keyOf(in.key), UpdateExpression: aws.String("SET #w = :w ADD #c :n"),
		ConditionExpression: condition, ExpressionAttributeNames: in.condition.names("#w", "#c"),
		ExpressionAttributeValues: values, ReturnValues: returns, ReturnValuesOnConditionCheckFailure: c.onFailure()})
	out := itemOutput{}
	if err == nil {
		switch returns {
		case types.ReturnValueAllNew, types.ReturnValueUpdatedNew:
			out.new = itemOf(written.Attributes)
		case types.ReturnValueAllOld, types.ReturnValueUpdatedOld:
			out.old = itemOf(written.Attributes)
		}
	}
	w.finish(s, err, in, out)
}

func (w *items) delete(c *client, in itemInput) {
	in.kind, in.via = "delete", "DeleteItem"
	condition, values := in.condition.expressed(nil)
	request := &dynamodb.DeleteItemInput{TableName: aws.String(itemsTable), Key: keyOf(in.key),
		ConditionExpression: condition, ExpressionAttributeNames: in.condition.names(),
		ExpressionAttributeValues: values, ReturnValuesOnConditionCheckFailure: c.onFailure()}
	if c.chance(70) {
		request.ReturnValues = types.ReturnValueAllOld
	}
	s := c.send()
	erased, err := w.round.env.sdk.dynamodb.DeleteItem(s.ctx, request)
	out := itemOutput{}
	if err == nil && request.ReturnValues != "" {
		out.old = itemOf(erased.Attributes)
	}
	w.finish(s, err, in, out)
}

// getAll is a read of each key, at moments of their own.
func (w *items) getAll(c *client) {
	wanted := types.KeysAndAttributes{ConsistentRead: aws.Bool(true)}
	for _, key := range w.keys {
		wanted.Keys = append(wanted.Keys, keyOf(key))
	}
	s := c.send()
	got, err := w.round.env.sdk.dynamodb.BatchGetItem(s.ctx, &dynamodb.BatchGetItemInput{
		RequestItems: map[string]types.KeysAndAttributes{itemsTable: wanted}})
	v := judge(err)
	if v.outcome == refused {
		w.round.complain("BatchGetItem: %v", err)
	}
	if v.outcome != done || len(got.UnprocessedKeys) != 0 {
		s.forgotten()
		return
	}
	found := map[string]*item{}
	for _, one := range got.Responses[itemsTable] {
		found[textOf(one["id"])] = itemOf(one)
	}
	var lines []told
	for _, key := range w.keys {
		seen := found[key]
		if seen == nil {
			seen = &item{}
		}
		lines = append(lines, told{w.byKey[key], itemInput{kind: "get", via: "BatchGetItem", key: key},
			itemOutput{old: seen}})
	}
	s.answered(lines...)
	w.round.env.seen.note("BatchGetItem", answered)
}

// writeAll is a put or a delete of each key, at moments of their own.
func (w *items) writeAll(c *client) {
	var requests []types.WriteRequest
	var lines []told
	for _, key := range w.keys {
		in := itemInput{kind: "delete", via: "BatchWriteItem", key: key}
		request := types.WriteRequest{DeleteRequest: &types.DeleteRequest{Key: keyOf(key)}}
		if c.chance(60) {
			in.kind, in.writer, in.count = "put", c.unique(), c.random.IntN(5)
			request = types.WriteRequest{PutRequest: &types.PutRequest{Item: attributes{"id": text(key),
				"writer": text(in.writer), "count": number(in.count)}}}
		}
		requests = append(requests, request)
		lines = append(lines, told{w.byKey[key], in, itemOutput{}})
	}
	s := c.send()
	written, err := w.round.env.sdk.dynamodb.BatchWriteItem(s.ctx, &dynamodb.BatchWriteItemInput{
		RequestItems: map[string][]types.WriteRequest{itemsTable: requests}})
	v := judge(err)
	switch {
	case v.outcome == done && len(written.UnprocessedItems) == 0:
		s.answered(lines...)
		w.round.env.seen.note("BatchWriteItem", answered)
	case v.outcome == done || v.outcome == unknown: // Which were not processed is not asked.
		for i := range lines {
			lines[i].output = itemOutput{answer: unanswered}
		}
		s.leftOpen(lines...)
	case v.outcome == never:
		s.forgotten()
	default:
		s.cancel()
		w.round.complain("BatchWriteItem: %v", err)
	}
}
