package main

import (
	"io"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// finishRead: `found` is what an answer told of the accounts that were asked for; who is missing is not there.
func (w *bank) finishRead(s *sent, err error, in bankInput, found map[int]*account) {
	switch judge(err).outcome {
	case refused:
		s.cancel()
		w.round.complain("%v: %v", in, err)
	case done:
		for _, which := range in.reads {
			if found[which] == nil {
				found[which] = &account{}
			}
		}
		s.answered(told{w.all, in, bankOutput{seen: found}})
		if !in.tagsOnly {
			w.saw(found)
		}
		w.note(in, answered)
		if len(in.reads) == accountCount {
			w.checkTotal(found)
		}
	default:
		s.forgotten()
	}
}

// checkTotal says in plain words what the checker would find as well.
func (w *bank) checkTotal(found map[int]*account) {
	total := 0
	for _, is := range found {
		total += is.sum
	}
	if total != accountCount*startSum {
		w.round.complain("the accounts hold %d at one moment, not %d: %v", total, accountCount*startSum,
			bankOutput{seen: found})
	}
}

func (w *bank) readTogether(c *client) {
	in := bankInput{via: "TransactGetItems"}
	request := &dynamodb.TransactGetItemsInput{}
	for which := range accountCount {
		in.reads = append(in.reads, which)
		table, key := w.place(which)
		request.TransactItems = append(request.TransactItems, types.TransactGetItem{Get: &types.Get{TableName: &table,
			Key: key}})
	}
	s := c.send()
	got, err := w.round.env.sdk.dynamodb.TransactGetItems(s.ctx, request)
	if metAnother(err) {
		s.forgotten()
		return
	}
	found := map[int]*account{}
	if err == nil {
		for which := range got.Responses {
			found[which] = accountOf(got.Responses[which].Item)
		}
	}
	w.finishRead(s, err, in, found)
}

func (w *bank) getItem(c *client, which int) {
	table, key := w.place(which)
	s := c.send()
	got, err := w.round.env.sdk.dynamodb.GetItem(s.ctx, &dynamodb.GetItemInput{TableName: &table, Key: key,
		ConsistentRead: aws.Bool(true)})
	found := map[int]*account{}
	if err == nil {
		found[which] = accountOf(got.Item)
	}
	w.finishRead(s, err, bankInput{via: "GetItem", reads: []int{which}}, found)
}

// query reads accounts that lie together: one page, and so one moment.
func (w *bank) query(c *client, via string, reads []int, request *dynamodb.QueryInput) {
	s := c.send()
	got, err := w.round.env.sdk.dynamodb.Query(s.ctx, request)
	found := map[int]*account{}
	if err == nil {
		if got.LastEvaluatedKey != nil {
			w.round.complain("%s: a page ends before the last of %d small rows", via, len(reads))
		}
		for _, one := range got.Items {
			name := textOf(one["id"]) + textOf(one["key"])
			for _, which := range reads {
				if strings.HasSuffix(name, accountNames[which]) {
					found[which] = accountOf(one)
				}
			}
		}
	}
	w.finishRead(s, err, bankInput{via: via, reads: reads}, found)
}

func (w *bank) queryGroup(c *client) {
	w.query(c, "Query", []int{2, 3}, &dynamodb.QueryInput{TableName: aws.String(groupedTable),
		ConsistentRead: aws.Bool(true), KeyConditionExpression: aws.String("#g = :g"),
		ExpressionAttributeNames:  map[string]string{"#g": "group"},
		ExpressionAttributeValues: attributes{":g": text(w.group)}})
}

func (w *bank) queryIndex(c *client) {
	w.query(c, "Query of the index", []int{0, 1}, &dynamodb.QueryInput{TableName: aws.String(plainTable),
		IndexName: aws.String(groupIndex), KeyConditionExpression: aws.String("#g = :g"),
		ExpressionAttributeNames:  map[string]string{"#g": "group"},
		ExpressionAttributeValues: attributes{":g": text(w.group)}})
}

func (w *bank) queryBucket(c *client) {
	bucket := w.round.env.bucket
	w.query(c, "Query of the bucket", []int{4, 5}, &dynamodb.QueryInput{TableName: aws.String("s3." + bucket),
		ConsistentRead: aws.Bool(true), KeyConditionExpression: aws.String("#b = :b AND begins_with(#k, :g)"),
		ExpressionAttributeNames:  map[string]string{"#b": "bucket", "#k": "key"},
		ExpressionAttributeValues: attributes{":b": text(bucket), ":g": text(w.group + "/")}})
}

func (w *bank) list(c *client) {
	s := c.send()
	got, err := w.round.env.sdk.s3.ListObjectsV2(s.ctx, &s3.ListObjectsV2Input{Bucket: &w.round.env.bucket,
		Prefix: aws.String(w.group + "/")})
	found := map[int]*account{}
	if err == nil {
		for _, one := range got.Contents {
			for which := firstObject; which < accountCount; which++ {
				if aws.ToString(one.Key) == w.objectKey(which) {
					found[which] = &account{exists: true, tag: bare(one.ETag)}
				}
			}
		}
	}
	w.finishRead(s, err, bankInput{via: "ListObjectsV2", reads: []int{4, 5}, tagsOnly: true}, found)
}

func (w *bank) getObject(c *client, which int) {
	in := bankInput{via: "GetObject", reads: []int{which}, tagsOnly: true}
	s := c.send()
	got, err := w.round.env.sdk.s3.GetObject(s.ctx, &s3.GetObjectInput{Bucket: &w.round.env.bucket,
		Key: aws.String(w.objectKey(which))})
	found := map[int]*account{}
	if err == nil {
		var body []byte
		body, err = io.ReadAll(got.Body)
		got.Body.Close()
		found[which] = &account{exists: true, tag: bare(got.ETag)}
		if err == nil && md5Hex(string(body)) != bare(got.ETag) {
			w.round.complain("GetObject %s: %q under the tag %s", w.objectKey(which), body, bare(got.ETag))
		}
	}
	if judge(err).status == http.StatusNotFound {
		err = nil
	}
	w.finishRead(s, err, in, found)
}
