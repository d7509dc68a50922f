package main

import (
	"fmt"

	"github.com/anishathalye/porcupine"
)

// item is the state under one key: who wrote last, a text that no other write has, and a counter.
type item struct {
	exists bool
	writer string
	count  int
}

func (i item) String() string {
	if !i.exists {
		return "no item"
	}
	return fmt.Sprintf("{%s %d}", i.writer, i.count)
}

type itemInput struct {
	kind      string // put, add, delete, get
	via       string // The request: PutItem, BatchWriteItem, ...
	key       string
	writer    string
	count     int // What put writes, what add adds.
	condition itemCondition
}

// itemCondition: at most one of these.
type itemCondition struct {
	absent  bool   // attribute_not_exists
	present bool   // attribute_exists
	writer  string // writer = :w
	below   int    // count < :n
}

func (c itemCondition) holds(state item) bool {
	switch {
	case c.absent:
		return !state.exists
	case c.present:
		return state.exists
	case c.writer != "":
		return state.exists && state.writer == c.writer
	case c.below != 0:
		return state.exists && state.count < c.below
	}
	return true
}

func (c itemCondition) String() string {
	switch {
	case c.absent:
		return " if absent"
	case c.present:
		return " if present"
	case c.writer != "":
		return " if " + c.writer
	case c.below != 0:
		return fmt.Sprintf(" if below %d", c.below)
	}
	return ""
}

type itemOutput struct {
	answer answerKind
	old    *item // The state before, where it was told: by a failed condition, too.
	new    *item // The state after.
}

func (in itemInput) apply(state item) item {
	switch in.kind {
	case "put":
		return item{exists: true, writer: in.writer, count: in.count}
	case "add":
		return item{exists: true, writer: in.writer, count: state.count + in.count}
	case "delete":
		return item{}
	}
	return state
}

func (in itemInput) step(state item, out itemOutput) (bool, item) {
	if out.old != nil && *out.old != state {
		return false, state
	}
	holds := in.condition.holds(state)
	switch out.answer {
	case conditionFailed:
		return !holds, state
	case unanswered:
		if !holds {
			return true, state
		}
		return true, in.apply(state)
	}
	next := in.apply(state)
	return holds && (out.new == nil || *out.new == next), next
}

func (in itemInput) String() string {
	text := in.via
	switch in.kind {
	case "put":
		text += fmt.Sprintf(" {%s %d}", in.writer, in.count)
	case "add":
		text += fmt.Sprintf(" %s +%d", in.writer, in.count)
	}
	return text + in.condition.String()
}

func (out itemOutput) String() string {
	text := answerNames[out.answer]
	if out.old != nil {
		text += " old " + out.old.String()
	}
	if out.new != nil {
		text += " new " + out.new.String()
	}
	return text
}

var itemModel = porcupine.Model{
	Init: func() any { return item{} },
	Step: func(state, input, output any) (bool, any) {
		ok, next := input.(itemInput).step(state.(item), output.(itemOutput))
		return ok, next
	},
	DescribeOperation: func(input, output any) string { return fmt.Sprintf("%v -> %v", input, output) },
	DescribeState:     func(state any) string { return state.(item).String() },
}
