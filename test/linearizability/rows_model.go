package main

import (
	"fmt"

	"github.com/anishathalye/porcupine"
)

// row is an object as S3 and DynamoDB see it together: its entity tag, a tag of S3's tagging, and a counter that is an
// attribute of the user's own. A new upload leaves nothing of what was there.
type row struct {
	tag     string // Empty: there is no object.
	label   string
	counted bool
	count   int
}

func (r row) String() string {
	if r.tag == "" {
		return "no object"
	}
	text := "{" + short(r.tag)
	if r.label != "" {
		text += " label " + r.label
	}
	if r.counted {
		text += fmt.Sprintf(" count %d", r.count)
	}
	return text + "}"
}

type rowInput struct {
	kind    string // put, label, add, delete, get
	via     string
	key     string
	tag     string
	label   string
	count   int
	present bool   // Only where there is an object; S3 says 404, DynamoDB that a condition failed.
	ifMatch string // Only where it has this entity tag.
	ifNew   bool
}

// part is what of the row an answer tells.
type part int

const (
	nothing part = iota
	whole
	tagOnly
	labelOnly
)

func (p part) of(r row) row {
	switch p {
	case tagOnly:
		return row{tag: r.tag}
	case labelOnly:
		return row{label: r.label}
	default:
		return r
	}
}

type rowOutput struct {
	answer answerKind
	old    part // What is told of the row as it was before, and as it is after: in `seen`.
	new    part
	seen   row
}

func (in rowInput) holds(state row) bool {
	switch {
	case in.ifMatch != "":
		return state.tag == in.ifMatch
	case in.ifNew:
		return state.tag == ""
	case in.present:
		return state.tag != ""
	}
	return true
}

func (in rowInput) apply(state row) row {
	switch in.kind {
	case "put":
		return row{tag: in.tag, label: in.label}
	case "label":
		state.label = in.label
	case "add":
		state.counted, state.count = true, state.count+in.count
	case "delete":
		return row{}
	}
	return state
}

func (in rowInput) step(state row, out rowOutput) (bool, row) {
	if out.old != nothing && out.old.of(state) != out.seen {
		return false, state
	}
	holds := in.holds(state)
	switch out.answer {
	case conditionFailed:
		return !holds, state
	case notFound:
		return !holds && state.tag == "", state
	case unanswered:
		if !holds {
			return true, state
		}
		return true, in.apply(state)
	}
	next := in.apply(state)
	return holds && (out.new == nothing || out.new.of(next) == out.seen), next
}

func (in rowInput) String() string {
	text := in.via
	switch in.kind {
	case "put":
		text += fmt.Sprintf(" %v", row{tag: in.tag, label: in.label})
	case "label":
		text += fmt.Sprintf(" %q", in.label)
	case "add":
		text += fmt.Sprintf(" +%d", in.count)
	}
	switch {
	case in.ifMatch != "":
		text += " if " + short(in.ifMatch)
	case in.ifNew:
		text += " if absent"
	case in.present && in.kind != "get":
		text += " if present"
	}
	return text
}

func (out rowOutput) String() string {
	text := answerNames[out.answer]
	for name, p := range map[string]part{"old": out.old, "new": out.new} {
		switch p {
		case whole:
			text += fmt.Sprintf(" %s %v", name, out.seen)
		case tagOnly:
			text += fmt.Sprintf(" %s", short(out.seen.tag))
		case labelOnly:
			text += fmt.Sprintf(" label %q", out.seen.label)
		}
	}
	return text
}

var rowModel = porcupine.Model{
	Init: func() any { return row{} },
	Step: func(state, input, output any) (bool, any) {
		ok, next := input.(rowInput).step(state.(row), output.(rowOutput))
		return ok, next
	},
	DescribeOperation: func(input, output any) string { return fmt.Sprintf("%v -> %v", input, output) },
	DescribeState:     func(state any) string { return state.(row).String() },
}
