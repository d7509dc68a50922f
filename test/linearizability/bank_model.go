package main

import (
	"fmt"
	"strings"

	"github.com/anishathalye/porcupine"
)

// Six accounts are one state: two items of a table with an index, two items under one hash key of another table, and
// two objects, whose sums are attributes that the user gave their rows. No operation makes or loses money.

const (
	accountCount = 6
	firstObject  = 4
	startSum     = 100
)

type account struct {
	exists bool
	tag    string // Objects only.
	open   bool   // It has a sum. An object that was just put has none.
	sum    int
}

func (a account) String() string {
	text := "-"
	if a.exists {
		text = short(a.tag)
	}
	if a.open {
		text += fmt.Sprintf("%d", a.sum)
		if a.tag != "" {
			text = fmt.Sprintf("%s:%d", short(a.tag), a.sum)
		}
	}
	return strings.TrimPrefix(text, ":")
}

type accounts [accountCount]account

type actionKind int

const (
	addTo   actionKind = iota // SET sum = sum + :delta, where there is a sum of at least atLeast
	checkIs                   // ConditionCheck: there is a sum, and it is below `below`
	erase                     // Delete where sum = :equals
	openIt                    // SET sum = 0 where there is an object without a sum
	putNew                    // PutObject If-None-Match: *
)

// action is what an operation does to one account, and the condition on which it does it.
type action struct {
	kind    actionKind
	account int
	delta   int
	atLeast int // addTo: 0 for any sum.
	below   int
	equals  int
	tag     string
}

func (a action) holds(state account) bool {
	switch a.kind {
	case addTo:
		return state.open && (a.atLeast == 0 || state.sum >= a.atLeast)
	case checkIs:
		return state.open && state.sum < a.below
	case erase:
		return state.open && state.sum == a.equals
	case openIt:
		return state.exists && !state.open
	default:
		return !state.exists
	}
}

func (a action) apply(state account) account {
	switch a.kind {
	case addTo:
		state.sum += a.delta
	case erase:
		return account{}
	case openIt:
		state.open = true
	case putNew:
		return account{exists: true, tag: a.tag}
	}
	return state
}

func (a action) String() string {
	name := accountNames[a.account]
	switch a.kind {
	case addTo:
		text := fmt.Sprintf("%s%+d", name, a.delta)
		if a.atLeast != 0 {
			text += fmt.Sprintf(" if >=%d", a.atLeast)
		}
		return text
	case checkIs:
		return fmt.Sprintf("check %s<%d", name, a.below)
	case erase:
		return fmt.Sprintf("delete %s if =%d", name, a.equals)
	case openIt:
		return "open " + name
	default:
		return fmt.Sprintf("put %s %s", name, short(a.tag))
	}
}

var accountNames = [accountCount]string{"A0", "A1", "B0", "B1", "O0", "O1"}

type bankInput struct {
	via      string
	actions  []action // All of them, or none.
	reads    []int    // Accounts that are read at one moment.
	tagsOnly bool     // Of what is read, sums are not told.
}

type bankOutput struct {
	answer answerKind
	failed []bool           // conditionFailed: of each action, whether its condition did not hold.
	seen   map[int]*account // What was read, or told of a failed condition.
}

func (in bankInput) step(state accounts, out bankOutput) (bool, accounts) {
	for which, told := range out.seen {
		is := state[which]
		if in.tagsOnly {
			is.open, is.sum = false, 0
		}
		if is != *told {
			return false, state
		}
	}
	hold := true
	for i, a := range in.actions {
		holds := a.holds(state[a.account])
		hold = hold && holds
		if out.answer == conditionFailed && out.failed[i] == holds {
			return false, state
		}
	}
	if out.answer == conditionFailed {
		return !hold, state
	}
	if !hold {
		return out.answer == unanswered, state
	}
	for _, a := range in.actions {
		state[a.account] = a.apply(state[a.account])
	}
	return true, state
}

func (in bankInput) String() string {
	var parts []string
	for _, a := range in.actions {
		parts = append(parts, a.String())
	}
	return in.via + " " + strings.Join(parts, ", ")
}

func (out bankOutput) String() string {
	text := answerNames[out.answer]
	for which, name := range accountNames {
		if told, ok := out.seen[which]; ok {
			text += fmt.Sprintf(" %s=%v", name, told)
		}
	}
	if out.answer == conditionFailed {
		text += fmt.Sprintf(" %v", out.failed)
	}
	return text
}

// bankModel begins with these accounts.
func bankModel(start accounts) porcupine.Model {
	return porcupine.Model{
		Init: func() any { return start },
		Step: func(state, input, output any) (bool, any) {
			ok, next := input.(bankInput).step(state.(accounts), output.(bankOutput))
			return ok, next
		},
		DescribeOperation: func(input, output any) string { return fmt.Sprintf("%v -> %v", input, output) },
		DescribeState:     func(state any) string { return fmt.Sprint(state) },
	}
}
