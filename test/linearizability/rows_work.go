package main

import (
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// rows: S3 and DynamoDB write the same objects' rows at the same time: uploads, tags, attributes, deletes by either.
type rows struct {
	registers
}

func (w *rows) setUp(r *round) error {
	w.open(r, "row", rowModel, md5Hex("nothing"))
	return nil
}

func (w *rows) step(c *client) {
	key := w.keys[c.random.IntN(len(w.keys))]
	choice := c.random.IntN(100)
	switch {
	case choice < 15:
		w.getItem(c, key)
	case choice < 23:
		w.getObject(c, key)
	case choice < 29:
		w.getTags(c, key)
	case choice < 51:
		w.put(c, key)
	case choice < 65:
		w.label(c, key)
	case choice < 89:
		w.add(c, key)
	case choice < 96:
		w.deleteItem(c, key)
	default:
		w.deleteObject(c, key)
	}
}

func (w *rows) settle(c *client) {
	for _, key := range w.keys {
		w.getItem(c, key)
		w.getObject(c, key)
		w.getTags(c, key)
	}
}

func rowOf(found attributes) row {
	made := row{tag: textOf(found["e_tag"]), label: textOf(found["tag:label"])}
	made.count, made.counted = numberOf(found["count"])
	return made
}

func (w *rows) finish(s *sent, err error, in rowInput, out rowOutput) {
	v := judge(err)
	var failed *types.ConditionalCheckFailedException
	switch {
	case v.outcome == done:
		w.saw(in.key, in.tag)
		w.saw(in.key, out.seen.tag)
	case v.outcome == unknown && in.kind != "get":
		out = rowOutput{answer: unanswered}
		s.leftOpen(told{w.byKey[in.key], in, out})
		w.round.env.seen.note(in.via, unanswered)
		return
	case v.outcome == refused && errors.As(err, &failed):
		out = rowOutput{answer: conditionFailed, old: whole, seen: rowOf(failed.Item)}
		w.saw(in.key, out.seen.tag)
	case v.outcome == refused && v.status == http.StatusPreconditionFailed:
		out = rowOutput{answer: conditionFailed}
	case v.outcome == refused && v.status == http.StatusNotFound:
		out = rowOutput{answer: notFound}
	case v.outcome == refused:
		s.cancel()
		w.round.complain("%v of %s: %v", in, in.key, err)
		return
	default:
		s.forgotten()
		return
	}
	s.answered(told{w.byKey[in.key], in, out})
	w.round.env.seen.note(in.via, out.answer)
}

func (w *rows) put(c *client, key string) {
	content := key + " " + c.unique()
	in := rowInput{kind: "put", via: "PutObject of a row", key: key, tag: md5Hex(content)}
	request := &s3.PutObjectInput{Bucket: &w.round.env.bucket, Key: &key, Body: strings.NewReader(content)}
	if c.chance(30) {
		in.label = c.unique()
		request.Tagging = aws.String("label=" + in.label)
	}
	switch c.random.IntN(3) {
	case 0:
		in.ifNew = true
		request.IfNoneMatch = aws.String("*")
	case 1:
		in.ifMatch = w.seen(key)
		request.IfMatch = quoted(in.ifMatch)
	}
	s := c.send()
	_, err := w.round.env.sdk.s3.PutObject(s.ctx, request)
	w.finish(s, err, in, rowOutput{})
}

func (w *rows) getObject(c *client, key string) {
	in := rowInput{kind: "get", via: "GetObject of a row", key: key, present: true}
	s := c.send()
	got, err := w.round.env.sdk.s3.GetObject(s.ctx, &s3.GetObjectInput{Bucket: &w.round.env.bucket, Key: &key})
	out := rowOutput{old: tagOnly}
	if err == nil {
		var body []byte
		body, err = io.ReadAll(got.Body)
		got.Body.Close()
		out.seen.tag = bare(got.ETag)
		if err == nil && md5Hex(string(body)) != out.seen.tag {
			w.round.complain("GetObject %s: %q under the tag %s", key, body, out.seen.tag)
		}
	}
	w.finish(s, err, in, out)
}

// label sets the object's tags anew, or takes them away.
func (w *rows) label(c *client, key string) {
	in := rowInput{kind: "label", via: "DeleteObjectTagging", key: key, present: true}
	if c.chance(75) {
		in.via, in.label = "PutObjectTagging", c.unique()
	}
	var err error
	s := c.send()
	if in.label == "" {
		_, err = w.round.env.sdk.s3.DeleteObjectTagging(s.ctx, &s3.DeleteObjectTaggingInput{
			Bucket: &w.round.env.bucket, Key: &key})
	} else {
		_, err = w.round.env.sdk.s3.PutObjectTagging(s.ctx, &s3.PutObjectTaggingInput{Bucket: &w.round.env.bucket,
			Key: &key, Tagging: &s3types.Tagging{TagSet: []s3types.Tag{{Key: aws.String("label"), Value: &in.label}}}})
	}
	w.finish(s, err, in, rowOutput{})
}

func (w *rows) getTags(c *client, key string) {
	in := rowInput{kind: "get", via: "GetObjectTagging", key: key, present: true}
	s := c.send()
	got, err := w.round.env.sdk.s3.GetObjectTagging(s.ctx, &s3.GetObjectTaggingInput{Bucket: &w.round.env.bucket,
		Key: &key})
	out := rowOutput{old: labelOnly}
	if err == nil && len(got.TagSet) > 0 {
		out.seen.label = aws.ToString(got.TagSet[0].Value)
	}
	w.finish(s, err, in, out)
}

func (w *rows) deleteObject(c *client, key string) {
	s := c.send()
	_, err := w.round.env.sdk.s3.DeleteObject(s.ctx, &s3.DeleteObjectInput{Bucket: &w.round.env.bucket, Key: &key})
	w.finish(s, err, rowInput{kind: "delete", via: "DeleteObject of a row", key: key}, rowOutput{})
}

func (w *rows) place(key string) (*string, attributes) {
	return aws.String("s3." + w.round.env.bucket), attributes{"bucket": text(w.round.env.bucket), "key": text(key)}
}

func (w *rows) getItem(c *client, key string) {
	table, place := w.place(key)
	s := c.send()
	got, err := w.round.env.sdk.dynamodb.GetItem(s.ctx, &dynamodb.GetItemInput{TableName: table, Key: place,
		ConsistentRead: aws.Bool(true)})
	out := rowOutput{old: whole}
	if err == nil {
		out.seen = rowOf(got.Item)
	}
	w.finish(s, err, rowInput{kind: "get", via: "GetItem of a row", key: key}, out)
}

// condition is that there is an object, or the one that was seen.
func (w *rows) condition(c *client, in *rowInput, values attributes) (*string, map[string]string) {
	if c.chance(50) {
		in.present = true
		return aws.String("attribute_exists(#k)"), map[string]string{"#k": "key"}
	}
	in.ifMatch = w.seen(in.key)
	values[":seen"] = text(in.ifMatch)
	return aws.String("#e = :seen"), map[string]string{"#e": "e_tag"}
}

func (w *rows) add(c *client, key string) {
	in := rowInput{kind: "add", via: "UpdateItem of a row", key: key, count: 1 + c.random.IntN(3)}
	values := attributes{":n": number(in.count)}
	condition, names := w.condition(c, &in, values)
	names["#c"] = "count"
	returns := []types.ReturnValue{types.ReturnValueNone, types.ReturnValueAllNew, types.ReturnValueAllOld}[c.random.IntN(3)]
	table, place := w.place(key)
	s := c.send()
	written, err := w.round.env.sdk.dynamodb.UpdateItem(s.ctx, &dynamodb.UpdateItemInput{TableName: table, Key: place,
		UpdateExpression: aws.String("ADD #c :n"), ConditionExpression: condition, ExpressionAttributeNames: names,
		ExpressionAttributeValues: values, ReturnValues: returns,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld})
	out := rowOutput{}
	if err == nil && returns != types.ReturnValueNone {
		out.seen = rowOf(written.Attributes)
		out.new = whole
		if returns == types.ReturnValueAllOld {
			out.old, out.new = whole, nothing
		}
	}
	w.finish(s, err, in, out)
}

func (w *rows) deleteItem(c *client, key string) {
	in := rowInput{kind: "delete", via: "DeleteItem of a row", key: key}
	values := attributes{}
	condition, names := w.condition(c, &in, values)
	if len(values) == 0 {
		values = nil
	}
	table, place := w.place(key)
	s := c.send()
	erased, err := w.round.env.sdk.dynamodb.DeleteItem(s.ctx, &dynamodb.DeleteItemInput{TableName: table, Key: place,
		ConditionExpression: condition, ExpressionAttributeNames: names, ExpressionAttributeValues: values,
		ReturnValues:                        types.ReturnValueAllOld,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld})
	out := rowOutput{}
	if err == nil {
		out.old, out.seen = whole, rowOf(erased.Attributes)
	}
	w.finish(s, err, in, out)
}
