package main

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

const (
	plainTable   = "accounts"
	groupedTable = "grouped-accounts"
	groupIndex   = "by-group"
	mostChecked  = startSum * 3 / 2
)

// bank: transactions that move sums over items of two tables and objects, and reads of several of them at one moment.
type bank struct {
	round *round
	group string
	all   *history

	mutex  sync.Mutex
	latest accounts // As far as some client saw of late.
}

func (w *bank) histories() []*history { return []*history{w.all} }

// place is the table and the key of an account.
func (w *bank) place(which int) (string, attributes) {
	name := accountNames[which]
	switch {
	case which < 2:
		return plainTable, attributes{"id": text(w.group + "/" + name)}
	case which < firstObject:
		return groupedTable, attributes{"group": text(w.group), "id": text(name)}
	default:
		bucket := w.round.env.bucket
		return "s3." + bucket, attributes{"bucket": text(bucket), "key": text(w.objectKey(which))}
	}
}

func (w *bank) objectKey(which int) string { return w.group + "/" + accountNames[which] }

func (w *bank) setUp(r *round) error {
	w.round, w.group = r, fmt.Sprintf("round-%06d", r.number)
	c := r.newClient()
	for which := range accountCount {
		table, key := w.place(which)
		w.latest[which] = account{exists: true, open: true, sum: startSum}
		s := c.send()
		var err error
		if which < firstObject {
			item := attributes{"sum": number(startSum), "group": text(w.group)}
			for name, value := range key {
				item[name] = value
			}
			_, err = r.env.sdk.dynamodb.PutItem(s.ctx, &dynamodb.PutItemInput{TableName: &table, Item: item})
		} else {
			content := w.objectKey(which) + " at first"
			w.latest[which].tag = md5Hex(content)
			_, err = r.env.sdk.s3.PutObject(s.ctx, &s3.PutObjectInput{Bucket: &r.env.bucket,
				Key: aws.String(w.objectKey(which)), Body: strings.NewReader(content)})
			if err == nil {
				_, err = r.env.sdk.dynamodb.UpdateItem(s.ctx, &dynamodb.UpdateItemInput{TableName: &table, Key: key,
					UpdateExpression: aws.String("SET #s = :n"), ExpressionAttributeNames: map[string]string{"#s": "sum"},
					ExpressionAttributeValues: attributes{":n": number(startSum)}})
			}
		}
		s.cancel()
		if err != nil {
			return err
		}
	}
	w.all = &history{name: w.group + "/accounts", model: bankModel(w.latest)}
	return nil
}

func (w *bank) step(c *client) {
	choice := c.random.IntN(100)
	switch {
	case choice < 42:
		w.transact(c, w.transfer(c))
	case choice < 50:
		w.transact(c, w.closing(c))
	case choice < 56:
		w.put(c, firstObject+c.random.IntN(2))
	case choice < 63:
		w.open(c, firstObject+c.random.IntN(2))
	case choice < 78:
		w.readTogether(c)
	default:
		w.readSome(c)
	}
}

func (w *bank) settle(c *client) {
	w.readTogether(c)
	w.queryGroup(c)
	w.queryIndex(c)
	w.queryBucket(c)
	w.list(c)
	w.getObject(c, firstObject)
}

func (w *bank) readSome(c *client) {
	switch c.random.IntN(6) {
	case 0:
		w.queryGroup(c)
	case 1:
		w.queryIndex(c)
	case 2:
		w.queryBucket(c)
	case 3:
		w.list(c)
	case 4:
		w.getObject(c, firstObject+c.random.IntN(2))
	default:
		w.getItem(c, c.random.IntN(accountCount))
	}
}

// transfer moves a sum from one account to one or two, now and then if a further one is not too rich.
func (w *bank) transfer(c *client) []action {
	order := c.random.Perm(accountCount)
	amount := 2 * (1 + c.random.IntN(15))
	from := action{kind: addTo, account: order[0], delta: -amount, atLeast: amount}
	if c.chance(30) {
		return []action{from, {kind: addTo, account: order[1], delta: amount / 2},
			{kind: addTo, account: order[2], delta: amount / 2}}
	}
	made := []action{from, {kind: addTo, account: order[1], delta: amount}}
	if c.chance(30) {
		made = append(made, action{kind: checkIs, account: order[2], below: mostChecked})
	}
	return made
}

// closing deletes an object with what it is believed to hold, which another account gets.
func (w *bank) closing(c *client) []action {
	which := firstObject + c.random.IntN(2)
	w.mutex.Lock()
	sum := w.latest[which].sum
	w.mutex.Unlock()
	heir := (which + 1 + c.random.IntN(accountCount-1)) % accountCount
	return []action{{kind: erase, account: which, equals: sum}, {kind: addTo, account: heir, delta: sum}}
}

func (w *bank) saw(seen map[int]*account) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	for which, is := range seen {
		w.latest[which] = *is
	}
}

func (w *bank) note(in bankInput, answer answerKind) {
	w.round.env.seen.note(in.via, answer)
}

// transactItem is the action as TransactWriteItems is told.
func (w *bank) transactItem(a action) types.TransactWriteItem {
	table, key := w.place(a.account)
	names := map[string]string{"#s": "sum"}
	allOld := types.ReturnValuesOnConditionCheckFailureAllOld
	switch a.kind {
	case addTo:
		values, condition := attributes{":d": number(a.delta)}, "attribute_exists(#s)"
		if a.atLeast != 0 {
			condition, values[":least"] = "#s >= :least", number(a.atLeast)
		}
		return types.TransactWriteItem{Update: &types.Update{TableName: &table, Key: key,
			UpdateExpression: aws.String("SET #s = #s + :d"), ConditionExpression: &condition,
			ExpressionAttributeNames: names, ExpressionAttributeValues: values,
			ReturnValuesOnConditionCheckFailure: allOld}}
	case checkIs:
		return types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{TableName: &table, Key: key,
			ConditionExpression: aws.String("#s < :below"), ExpressionAttributeNames: names,
			ExpressionAttributeValues: attributes{":below": number(a.below)}, ReturnValuesOnConditionCheckFailure: allOld}}
	default:
		return types.TransactWriteItem{Delete: &types.Delete{TableName: &table, Key: key,
			ConditionExpression: aws.String("#s = :is"), ExpressionAttributeNames: names,
			ExpressionAttributeValues: attributes{":is": number(a.equals)}, ReturnValuesOnConditionCheckFailure: allOld}}
	}
}

// transact carries the actions out. If the server was killed meanwhile, the same request may be sent again with the
// same token: it happens once, however often it was sent.
func (w *bank) transact(c *client, actions []action) {
	in := bankInput{via: "TransactWriteItems", actions: actions}
	request := &dynamodb.TransactWriteItemsInput{
		ClientRequestToken: aws.String(fmt.Sprintf("%s-%s", w.group, c.unique()))}
	for _, a := range actions {
		request.TransactItems = append(request.TransactItems, w.transactItem(a))
	}
	s := c.send()
	_, err := w.round.env.sdk.dynamodb.TransactWriteItems(s.ctx, request)
	if judge(err).outcome == unknown && c.chance(60) {
		again := c.send()
		if again.epoch != s.epoch { // Nothing of the first one can be under way any more.
			_, second := w.round.env.sdk.dynamodb.TransactWriteItems(again.ctx, request)
			again.cancel()
			switch judge(second).outcome {
			case done:
				err, in.via = nil, "TransactWriteItems, sent twice"
			case refused:
				if !metAnother(second) { // So the first one had no effect, and this one was all there was.
					s.call, err, in.via = again.call, second, "TransactWriteItems, sent twice"
				}
			}
		} else {
			again.cancel()
		}
	}
	w.finishTransaction(s, err, in)
}

// metAnother: the transaction was given up for another one, before anything of it was looked at.
func metAnother(err error) bool {
	var cancelled *types.TransactionCanceledException
	return errors.As(err, &cancelled) && slices.ContainsFunc(cancelled.CancellationReasons,
		func(r types.CancellationReason) bool { return aws.ToString(r.Code) == "TransactionConflict" })
}

func (w *bank) finishTransaction(s *sent, err error, in bankInput) {
	v := judge(err)
	line := told{w.all, in, bankOutput{}}
	var cancelled *types.TransactionCanceledException
	switch {
	case v.outcome == done:
		s.answered(line)
		w.note(in, answered)
	case v.outcome == unknown:
		line.output = bankOutput{answer: unanswered}
		s.leftOpen(line)
		w.note(in, unanswered)
	case metAnother(err):
		s.forgotten()
	case v.outcome == refused && errors.As(err, &cancelled):
		out, ok := w.readReasons(in, cancelled.CancellationReasons)
		if !ok {
			s.cancel()
			return
		}
		line.output = out
		s.answered(line)
		w.saw(out.seen)
		w.note(in, conditionFailed)
	case v.outcome == refused:
		s.cancel()
		w.round.complain("%v: %v", in, err)
	default:
		s.forgotten()
	}
}

// readReasons: which conditions failed, and on what. False: there is another reason, which is complained of.
func (w *bank) readReasons(in bankInput, reasons []types.CancellationReason) (bankOutput, bool) {
	out := bankOutput{answer: conditionFailed, failed: make([]bool, len(in.actions)), seen: map[int]*account{}}
	if len(reasons) != len(in.actions) {
		w.round.complain("%v: %d reasons", in, len(reasons))
		return out, false
	}
	for i, reason := range reasons {
		switch code := aws.ToString(reason.Code); code {
		case "None":
		case "ConditionalCheckFailed":
			out.failed[i] = true
			out.seen[in.actions[i].account] = accountOf(reason.Item)
		default:
			w.round.complain("%v: %s: %s", in, code, aws.ToString(reason.Message))
			return out, false
		}
	}
	return out, true
}

func accountOf(found attributes) *account {
	if len(found) == 0 {
		return &account{}
	}
	made := account{exists: true, tag: textOf(found["e_tag"])}
	made.sum, made.open = numberOf(found["sum"])
	return &made
}

// put makes an object where there is none.
func (w *bank) put(c *client, which int) {
	content := w.objectKey(which) + " " + c.unique()
	in := bankInput{via: "PutObject", actions: []action{{kind: putNew, account: which, tag: md5Hex(content)}}}
	s := c.send()
	_, err := w.round.env.sdk.s3.PutObject(s.ctx, &s3.PutObjectInput{Bucket: &w.round.env.bucket,
		Key: aws.String(w.objectKey(which)), Body: strings.NewReader(content), IfNoneMatch: aws.String("*")})
	w.finishSingle(s, err, in, judge(err).status == http.StatusPreconditionFailed, nil)
}

// open gives an object that was just put a sum of nothing.
func (w *bank) open(c *client, which int) {
	in := bankInput{via: "UpdateItem", actions: []action{{kind: openIt, account: which}}}
	table, key := w.place(which)
	s := c.send()
	_, err := w.round.env.sdk.dynamodb.UpdateItem(s.ctx, &dynamodb.UpdateItemInput{TableName: &table, Key: key,
		UpdateExpression:    aws.String("SET #s = :zero"),
		ConditionExpression: aws.String("attribute_exists(#k) AND attribute_not_exists(#s)"),
		ExpressionAttributeNames: map[string]string{"#s": "sum",
			"#k": "key"}, ExpressionAttributeValues: attributes{":zero": number(0)},
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld})
	var failed *types.ConditionalCheckFailedException
	var seen map[int]*account
	if errors.As(err, &failed) {
		seen = map[int]*account{which: accountOf(failed.Item)}
	}
	w.finishSingle(s, err, in, failed != nil, seen)
}

func (w *bank) finishSingle(s *sent, err error, in bankInput, failed bool, seen map[int]*account) {
	if !failed {
		w.finishTransaction(s, err, in)
		return
	}
	s.answered(told{w.all, in, bankOutput{answer: conditionFailed, failed: []bool{true}, seen: seen}})
	w.saw(seen)
	w.note(in, conditionFailed)
}
