package main

import (
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
)

// at is one operation from `call` to `ret`; open: nobody knows what became of it.
func at(call, ret int64, input, output any) record {
	return record{input: input, call: call, output: output, ret: ret}
}

func open(call int64, input, output any) record {
	return record{input: input, call: call, output: output, open: true}
}

type example struct {
	name    string
	records []record
	want    porcupine.CheckResult
}

func try(t *testing.T, model porcupine.Model, examples []example) {
	t.Helper()
	for _, e := range examples {
		t.Run(e.name, func(t *testing.T) {
			h := &history{name: e.name, model: model, records: e.records}
			if got := linearizable(h, time.Minute); got != e.want {
				t.Errorf("%s, not %s:\n%s", got, e.want, describe(h))
			}
		})
	}
}

const ok, illegal = porcupine.Ok, porcupine.Illegal

func put(tag string) objectInput       { return objectInput{kind: "put", tag: tag} }
func putNewTag(tag string) objectInput { return objectInput{kind: "put", tag: tag, ifNoneMatch: "*"} }
func putIf(tag, current string) objectInput {
	return objectInput{kind: "put", tag: tag, ifMatch: current}
}
func deleteIf(current string) objectInput { return objectInput{kind: "delete", ifMatch: current} }

var (
	get           = objectInput{kind: "get"}
	deleteIt      = objectInput{kind: "delete"}
	fine          = objectOutput{}
	none          = objectOutput{answer: notFound}
	failed        = objectOutput{answer: conditionFailed}
	nobodyKnows   = objectOutput{answer: unanswered}
	found         = func(tag string) objectOutput { return objectOutput{tag: tag} }
	unmodifiedGet = func(tag string) objectInput { return objectInput{kind: "get", ifNoneMatch: tag} }
)

func TestObjects(t *testing.T) {
	try(t, objectModel, []example{
		{"what was put is read", []record{at(0, 1, put("a"), fine), at(2, 3, get, found("a"))}, ok},
		{"nothing is there at first", []record{at(0, 1, get, none), at(2, 3, deleteIt, fine)}, ok},
		{"a read beside a write sees either", []record{at(0, 1, put("a"), fine), at(2, 9, put("b"), fine),
			at(3, 4, get, found("a")), at(5, 6, get, found("b"))}, ok},
		{"but not the old one after the new one", []record{at(0, 1, put("a"), fine), at(2, 9, put("b"), fine),
			at(3, 4, get, found("b")), at(5, 6, get, found("a"))}, illegal},
		{"a stale read", []record{at(0, 1, put("a"), fine), at(2, 3, put("b"), fine), at(4, 5, get, found("a"))}, illegal},
		{"a lost write", []record{at(0, 1, put("a"), fine), at(2, 3, get, none)}, illegal},
		{"a value that nobody wrote", []record{at(0, 1, put("a"), fine), at(2, 3, get, found("b"))}, illegal},
		{"two made what was not there", []record{at(0, 5, putNewTag("a"), fine), at(1, 6, putNewTag("b"), fine)}, illegal},
		{"one of two did", []record{at(0, 5, putNewTag("a"), fine), at(1, 6, putNewTag("b"), failed),
			at(7, 8, get, found("a"))}, ok},
		{"refused though nothing was there", []record{at(0, 1, putNewTag("a"), failed)}, illegal},
		{"an update lost: two replaced the same", []record{at(0, 1, put("a"), fine), at(2, 6, putIf("b", "a"), fine),
			at(3, 7, putIf("c", "a"), fine)}, illegal},
		{"one replaced it", []record{at(0, 1, put("a"), fine), at(2, 6, putIf("b", "a"), fine),
			at(3, 7, putIf("c", "a"), failed), at(8, 9, get, found("b"))}, ok},
		{"refused though it matched", []record{at(0, 1, put("a"), fine), at(2, 3, putIf("b", "a"), failed)}, illegal},
		{"nothing to match", []record{at(0, 1, putIf("b", "a"), none), at(2, 3, get, none)}, ok},
		{"nothing to match, though it was there", []record{at(0, 1, put("a"), fine), at(2, 3, putIf("b", "a"), none)}, illegal},
		{"deleted, if it matches", []record{at(0, 1, put("a"), fine), at(2, 3, deleteIf("a"), fine), at(4, 5, get, none)}, ok},
		{"deleted another one", []record{at(0, 1, put("a"), fine), at(2, 3, deleteIf("b"), fine)}, illegal},
		{"deleted and still there", []record{at(0, 1, put("a"), fine), at(2, 3, deleteIt, fine), at(4, 5, get, found("a"))},
			illegal},
		{"not modified", []record{at(0, 1, put("a"), fine), at(2, 3, unmodifiedGet("a"), objectOutput{answer: notModified})}, ok},
		{"not modified, though it was", []record{at(0, 1, put("a"), fine), at(2, 3, put("b"), fine),
			at(4, 5, unmodifiedGet("a"), objectOutput{answer: notModified})}, illegal},
		{"what is open may happen late", []record{open(0, put("a"), nobodyKnows), at(1, 2, get, none),
			at(3, 4, get, found("a"))}, ok},
		{"or never", []record{open(0, put("a"), nobodyKnows), at(1, 2, get, none)}, ok},
		{"but once", []record{open(0, put("a"), nobodyKnows), at(1, 2, get, found("a")), at(3, 4, put("b"), fine),
			at(5, 6, get, found("a"))}, illegal},
		{"and not if its condition fails", []record{at(0, 1, put("a"), fine), open(2, putIf("b", "x"), nobodyKnows),
			at(3, 4, get, found("b"))}, illegal},
		{"an acknowledged write is lost in a crash", []record{at(0, 1, put("a"), fine), at(2, 3, put("b"), fine),
			open(4, put("c"), nobodyKnows), at(5, 6, get, found("a"))}, illegal},
		{"what was read is lost in a crash", []record{at(0, 1, put("a"), fine), open(2, put("b"), nobodyKnows),
			at(3, 4, get, found("b")), at(5, 6, get, found("a"))}, illegal},
	})
}

func was(state item) itemOutput     { return itemOutput{old: &state} }
func becomes(state item) itemOutput { return itemOutput{new: &state} }
func refusedBy(state item) itemOutput {
	return itemOutput{answer: conditionFailed, old: &state}
}

func TestItems(t *testing.T) {
	one := func(writer string, count int) item { return item{exists: true, writer: writer, count: count} }
	putIt := func(writer string, c itemCondition) itemInput {
		return itemInput{kind: "put", writer: writer, condition: c}
	}
	add := func(writer string, n int) itemInput { return itemInput{kind: "add", writer: writer, count: n} }
	erased := itemInput{kind: "delete"}
	readIt := itemInput{kind: "get"}
	first := at(0, 1, putIt("a", itemCondition{}), was(item{}))
	try(t, itemModel, []example{
		{"counters add up", []record{at(0, 1, add("a", 2), becomes(one("a", 2))), at(2, 3, add("b", 3), becomes(one("b", 5))),
			at(4, 5, readIt, was(one("b", 5)))}, ok},
		{"side by side, too", []record{at(0, 9, add("a", 2), becomes(one("a", 5))), at(1, 8, add("b", 3), becomes(one("b", 3)))},
			ok},
		{"an addition is lost", []record{at(0, 9, add("a", 2), becomes(one("a", 2))), at(1, 8, add("b", 3), becomes(one("b", 3)))},
			illegal},
		{"an addition happens twice", []record{at(0, 1, add("a", 2), becomes(one("a", 4)))}, illegal},
		{"an addition told nothing and is lost", []record{at(0, 1, add("a", 2), itemOutput{}),
			at(2, 3, add("b", 1), becomes(one("b", 1)))}, illegal},
		{"an addition is open", []record{open(0, add("a", 2), itemOutput{answer: unanswered}),
			at(2, 3, add("b", 1), becomes(one("b", 1))), at(4, 5, readIt, was(one("a", 3)))}, ok},
		{"and happens once", []record{open(0, add("a", 2), itemOutput{answer: unanswered}),
			at(2, 3, add("b", 1), becomes(one("b", 5)))}, illegal},
		{"a put tells what was there", []record{first, at(2, 3, putIt("b", itemCondition{}), was(one("a", 0)))}, ok},
		{"a put tells something else", []record{first, at(2, 3, putIt("b", itemCondition{}), was(item{}))}, illegal},
		{"a version is taken twice", []record{first, at(2, 8, putIt("b", itemCondition{writer: "a"}), itemOutput{}),
			at(3, 9, putIt("c", itemCondition{writer: "a"}), itemOutput{})}, illegal},
		{"a refusal tells what it saw", []record{first, at(2, 3, putIt("b", itemCondition{writer: "x"}), refusedBy(one("a", 0)))},
			ok},
		{"a refusal saw what was no more", []record{first, at(2, 3, putIt("b", itemCondition{}), itemOutput{}),
			at(4, 5, putIt("c", itemCondition{writer: "x"}), refusedBy(one("a", 0)))}, illegal},
		{"refused though it held", []record{first, at(2, 3, putIt("b", itemCondition{writer: "a"}), refusedBy(one("a", 0)))},
			illegal},
		{"refused as there, and was not", []record{at(0, 1, putIt("b", itemCondition{absent: true}),
			itemOutput{answer: conditionFailed})}, illegal},
		{"one of two deletes gets it", []record{first, at(2, 8, erased, was(one("a", 0))), at(3, 9, erased, was(item{}))}, ok},
		{"both deletes get it", []record{first, at(2, 8, erased, was(one("a", 0))), at(3, 9, erased, was(one("a", 0)))}, illegal},
		{"a counter beyond its bound", []record{at(0, 1, add("a", 5), itemOutput{}), at(2, 3, itemInput{kind: "add", writer: "b",
			count: 1, condition: itemCondition{below: 5}}, itemOutput{})}, illegal},
		{"a deleted item with its count", []record{at(0, 1, add("a", 5), itemOutput{}), at(2, 3, erased, itemOutput{}),
			at(4, 5, add("b", 1), becomes(one("b", 6)))}, illegal},
	})
}

func TestRows(t *testing.T) {
	put := func(tag, label string) rowInput { return rowInput{kind: "put", tag: tag, label: label} }
	add := func(n int) rowInput { return rowInput{kind: "add", count: n, present: true} }
	label := func(label string) rowInput { return rowInput{kind: "label", label: label, present: true} }
	get, erased := rowInput{kind: "get"}, rowInput{kind: "delete"}
	getTag, getLabel := rowInput{kind: "get", present: true}, rowInput{kind: "get", present: true}
	done := rowOutput{}
	was := func(r row) rowOutput { return rowOutput{old: whole, seen: r} }
	becomes := func(r row) rowOutput { return rowOutput{new: whole, seen: r} }
	refused := func(r row) rowOutput { return rowOutput{answer: conditionFailed, old: whole, seen: r} }
	first := at(0, 1, put("a", "x"), done)
	try(t, rowModel, []example{
		{"a counter beside bytes and tags", []record{first, at(2, 3, add(2), becomes(row{"a", "x", true, 2})),
			at(4, 5, label("y"), done), at(6, 7, get, was(row{"a", "y", true, 2}))}, ok},
		{"tags written over a counter", []record{first, at(2, 8, add(2), done), at(3, 9, label("y"), done),
			at(10, 11, get, was(row{"a", "y", false, 0}))}, illegal},
		{"a counter written over tags", []record{first, at(2, 8, add(2), done), at(3, 9, label("y"), done),
			at(10, 11, get, was(row{"a", "x", true, 2}))}, illegal},
		{"a new upload has no counter", []record{first, at(2, 3, add(2), done), at(4, 5, put("b", ""), done),
			at(6, 7, get, was(row{"b", "", false, 0}))}, ok},
		{"a counter of former bytes", []record{first, at(2, 3, add(2), done), at(4, 5, put("b", ""), done),
			at(6, 7, get, was(row{"b", "", true, 2}))}, illegal},
		{"a counter brings former bytes back", []record{first, at(2, 8, add(2), done), at(3, 9, put("b", ""), done),
			at(10, 11, getTag, rowOutput{old: tagOnly, seen: row{tag: "a"}})}, illegal},
		{"the tag of new bytes", []record{first, at(2, 8, add(2), done), at(3, 9, put("b", ""), done),
			at(10, 11, getTag, rowOutput{old: tagOnly, seen: row{tag: "b"}})}, ok},
		{"a label of former bytes", []record{first, at(2, 3, put("b", "y"), done),
			at(4, 5, getLabel, rowOutput{old: labelOnly, seen: row{label: "x"}})}, illegal},
		{"nothing to label", []record{at(0, 1, label("x"), rowOutput{answer: notFound}), at(2, 3, get, was(row{}))}, ok},
		{"nothing to label, though it was there", []record{first, at(2, 3, label("y"), rowOutput{answer: notFound})}, illegal},
		{"labelled what was gone", []record{first, at(2, 3, erased, done), at(4, 5, label("y"), done)}, illegal},
		{"a counter makes no object", []record{at(0, 1, add(1), done)}, illegal},
		{"a refusal tells all", []record{at(0, 1, add(1), refused(row{})), first}, ok},
		{"a refusal tells what was", []record{first, at(2, 3, erased, done), at(4, 5, rowInput{kind: "add", count: 1, ifMatch: "b"},
			refused(row{"a", "x", false, 0}))}, illegal},
		{"deleted what another one had replaced", []record{first, at(2, 3, put("b", ""), done), at(4, 5, rowInput{kind: "delete",
			ifMatch: "a"}, done)}, illegal},
	})
}

func TestBank(t *testing.T) {
	start := accounts{}
	for i := range start {
		start[i] = account{exists: true, open: true, sum: startSum}
	}
	start[4].tag, start[5].tag = "p", "q"
	moving := func(from, to, amount int) bankInput {
		return bankInput{actions: []action{{kind: addTo, account: from, delta: -amount, atLeast: amount},
			{kind: addTo, account: to, delta: amount}}}
	}
	everything := bankInput{reads: []int{0, 1, 2, 3, 4, 5}}
	seen := func(state accounts) bankOutput {
		out := bankOutput{seen: map[int]*account{}}
		for i := range state {
			out.seen[i] = &state[i]
		}
		return out
	}
	with := func(changes map[int]int) accounts {
		state := start
		for which, delta := range changes {
			state[which].sum += delta
		}
		return state
	}
	partly := func(which int, is account) bankOutput { return bankOutput{seen: map[int]*account{which: &is}} }
	done := bankOutput{}
	closing := bankInput{actions: []action{{kind: erase, account: 4, equals: 100}, {kind: addTo, account: 0, delta: 100}}}
	closed := with(map[int]int{0: 100})
	closed[4] = account{}
	refusal := bankOutput{answer: conditionFailed, failed: []bool{true, false}}
	try(t, bankModel(start), []example{
		{"money moves", []record{at(0, 1, moving(0, 4, 30), done),
			at(2, 3, everything, seen(with(map[int]int{0: -30, 4: 30})))}, ok},
		{"half of it", []record{at(0, 5, moving(0, 4, 30), done), at(1, 6, everything, seen(with(map[int]int{0: -30})))}, illegal},
		{"it moves twice", []record{at(0, 1, moving(0, 4, 30), done),
			at(2, 3, everything, seen(with(map[int]int{0: -60, 4: 60})))}, illegal},
		{"a transaction is lost", []record{at(0, 1, moving(0, 4, 30), done), at(2, 3, everything, seen(start))}, illegal},
		{"two transactions are seen in two orders", []record{at(0, 9, moving(0, 1, 10), done), at(0, 9, moving(2, 3, 10), done),
			at(1, 2, everything, seen(with(map[int]int{0: -10, 1: 10}))),
			at(3, 4, everything, seen(with(map[int]int{2: -10, 3: 10})))}, illegal},
		{"one account is ahead of the others", []record{at(0, 9, moving(0, 1, 10), done), at(1, 2, bankInput{reads: []int{0}},
			partly(0, account{exists: true, open: true, sum: 90})), at(3, 4, everything, seen(start))}, illegal},
		{"a read of one beside", []record{at(0, 9, moving(0, 1, 10), done), at(1, 2, bankInput{reads: []int{0}},
			partly(0, account{exists: true, open: true, sum: 90})), at(3, 4, everything, seen(with(map[int]int{0: -10, 1: 10})))}, ok},
		{"more than was there is taken", []record{at(0, 1, moving(0, 1, 60), done), at(2, 3, moving(0, 1, 60), done)}, illegal},
		{"a refusal of the right action", []record{at(0, 1, moving(0, 1, 200), refusal)}, ok},
		{"a refusal of the wrong action", []record{at(0, 1, moving(0, 1, 200), bankOutput{answer: conditionFailed,
			failed: []bool{false, true}})}, illegal},
		{"a refusal without reason", []record{at(0, 1, moving(0, 1, 20), refusal)}, illegal},
		{"a refusal that had an effect", []record{at(0, 1, moving(0, 1, 200), refusal),
			at(2, 3, everything, seen(with(map[int]int{1: 200})))}, illegal},
		{"an open one may have happened", []record{open(0, moving(0, 4, 30), bankOutput{answer: unanswered}),
			at(2, 3, everything, seen(with(map[int]int{0: -30, 4: 30})))}, ok},
		{"and once", []record{open(0, moving(0, 4, 30), bankOutput{answer: unanswered}),
			at(2, 3, everything, seen(with(map[int]int{0: -60, 4: 60})))}, illegal},
		{"an object goes and its sum stays", []record{at(0, 1, closing, done), at(2, 3, everything, seen(closed))}, ok},
		{"an object goes and is still listed", []record{at(0, 1, closing, done), at(2, 3, bankInput{reads: []int{4},
			tagsOnly: true}, partly(4, account{exists: true, tag: "p"}))}, illegal},
		{"a new object has no sum", []record{at(0, 1, closing, done), at(2, 3, bankInput{actions: []action{{kind: putNew,
			account: 4, tag: "r"}}}, done), at(4, 5, bankInput{reads: []int{4}}, partly(4, account{exists: true, tag: "r"}))}, ok},
		{"nor takes one", []record{at(0, 1, closing, done), at(2, 3, bankInput{actions: []action{{kind: putNew,
			account: 4, tag: "r"}}}, done), at(4, 5, moving(0, 4, 10), done)}, illegal},
		{"until it is opened", []record{at(0, 1, closing, done), at(2, 3, bankInput{actions: []action{{kind: putNew,
			account: 4, tag: "r"}}}, done), at(4, 5, bankInput{actions: []action{{kind: openIt, account: 4}}}, done),
			at(6, 7, moving(0, 4, 10), done)}, ok},
	})
}

// TestReducing: what is left of a refuted history is refuted for the same reason, and short.
func TestReducing(t *testing.T) {
	records := []record{at(0, 1, put("a"), fine)}
	for i := range int64(20) {
		records = append(records, at(2+i, 2+i, get, found("a")))
	}
	records = append(records, at(30, 31, put("b"), fine), at(32, 33, get, found("a")), at(34, 35, get, found("b")))
	short := reduced(&history{model: objectModel, records: records}, time.Minute)
	if got := linearizable(short, time.Minute); got != illegal || len(short.records) != 3 {
		t.Errorf("%s, %d operations:\n%s", got, len(short.records), describe(short))
	}
}

// TestJudging: what a client may conclude from an answer decides what a history says.
func TestJudging(t *testing.T) {
	for _, e := range []struct {
		name string
		err  error
		want outcome
	}{
		{"an answer", nil, done},
		{"nobody listens", &dialError, never},
		{"the connection breaks", &readError, unknown},
		{"a server's error", answerOf(503, "SlowDown"), unknown},
		{"an answer that breaks off", answerOf(200, ""), unknown},
		{"a client's error", answerOf(412, "PreconditionFailed"), refused},
		{"a conflict", answerOf(409, "ConditionalRequestConflict"), never},
	} {
		t.Run(e.name, func(t *testing.T) {
			if got := judge(e.err).outcome; got != e.want {
				t.Errorf("%d, not %d", got, e.want)
			}
		})
	}
}
