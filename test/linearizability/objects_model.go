package main

import (
	"fmt"

	"github.com/anishathalye/porcupine"
)

// One object is a register whose value is its entity tag: of every other content that is written it is another one,
// and that a body is the one of its tag is checked where it is read. The empty tag: there is no object.

type objectInput struct {
	kind        string // put, get, delete
	via         string // The request: PutObject, HeadObject, ...
	key         string
	tag         string // What put leaves.
	ifMatch     string
	ifNoneMatch string // A tag, or "*".
}

type answerKind int

const (
	answered answerKind = iota
	notFound
	conditionFailed
	notModified
	unanswered // Open: whether it happened is not known.
)

var answerNames = map[answerKind]string{answered: "ok", notFound: "not found", conditionFailed: "condition failed",
	notModified: "not modified", unanswered: "?"}

type objectOutput struct {
	answer answerKind
	tag    string // What get found.
}

// conditionsHold of a state that is there or not.
func (in objectInput) conditionsHold(state string) bool {
	if in.ifMatch != "" && state != in.ifMatch {
		return false
	}
	if in.ifNoneMatch == "*" {
		return state == ""
	}
	return in.ifNoneMatch == "" || state != in.ifNoneMatch
}

func (in objectInput) step(state string, out objectOutput) (bool, string) {
	switch in.kind {
	case "get":
		return in.stepGet(state, out), state
	case "put":
		return in.stepWrite(state, in.tag, out)
	default:
		return in.stepWrite(state, "", out)
	}
}

func (in objectInput) stepGet(state string, out objectOutput) bool {
	switch out.answer {
	case answered:
		return state != "" && state == out.tag && in.conditionsHold(state)
	case notFound:
		return state == ""
	case notModified:
		return state != "" && state == in.ifNoneMatch
	default:
		return state != "" && in.ifMatch != "" && state != in.ifMatch
	}
}

func (in objectInput) stepWrite(state, next string, out objectOutput) (bool, string) {
	holds := in.conditionsHold(state)
	switch out.answer {
	case answered:
		return holds, next
	case notFound: // Nothing there to match.
		return in.ifMatch != "" && state == "", state
	case conditionFailed:
		return !holds && state != "", state
	default:
		if holds {
			return true, next
		}
		return true, state
	}
}

func (in objectInput) String() string {
	text := in.via
	if in.kind == "put" {
		text += " " + short(in.tag)
	}
	if in.ifMatch != "" {
		text += " If-Match " + short(in.ifMatch)
	}
	if in.ifNoneMatch != "" {
		text += " If-None-Match " + short(in.ifNoneMatch)
	}
	return text
}

func (out objectOutput) String() string {
	if out.answer == answered && out.tag != "" {
		return short(out.tag)
	}
	return answerNames[out.answer]
}

func short(tag string) string { return tag[:min(len(tag), 8)] }

var objectModel = porcupine.Model{
	Init: func() any { return "" },
	Step: func(state, input, output any) (bool, any) {
		ok, next := input.(objectInput).step(state.(string), output.(objectOutput))
		return ok, next
	},
	DescribeOperation: func(input, output any) string { return fmt.Sprintf("%v -> %v", input, output) },
	DescribeState: func(state any) string {
		if state == "" {
			return "no object"
		}
		return short(state.(string))
	},
}
