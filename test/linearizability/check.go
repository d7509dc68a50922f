package main

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"
)

// mostReducing bounds how often a history that is refuted is checked again to make it shorter.
const mostReducing = 2000

func linearizable(h *history, limit time.Duration) porcupine.CheckResult {
	return porcupine.CheckOperationsTimeout(h.model, h.operations(), limit)
}

var refusals = map[answerKind]bool{notFound: true, conditionFailed: true, notModified: true}

// observes: it changes nothing, so a history without it allows no less.
func observes(r record) bool {
	switch in := r.input.(type) {
	case objectInput:
		return in.kind == "get" || refusals[r.output.(objectOutput).answer]
	case itemInput:
		return in.kind == "get" || refusals[r.output.(itemOutput).answer]
	case rowInput:
		return in.kind == "get" || refusals[r.output.(rowOutput).answer]
	case bankInput:
		return len(in.actions) == 0 || refusals[r.output.(bankOutput).answer]
	}
	return false
}

// upTo is the history as it was known at a moment: what was under way then is open.
func upTo(records []record, moment int64) []record {
	var made []record
	for _, r := range records {
		switch {
		case r.call > moment || (r.ret > moment && observes(r)):
			continue
		case !r.open && r.ret > moment:
			r.open, r.ret, r.output = true, 0, openOutput(r.input)
		}
		made = append(made, r)
	}
	return made
}

func openOutput(input any) any {
	switch input.(type) {
	case objectInput:
		return objectOutput{answer: unanswered}
	case itemInput:
		return itemOutput{answer: unanswered}
	case rowInput:
		return rowOutput{answer: unanswered}
	default:
		return bankOutput{answer: unanswered}
	}
}

// refutedAt is the beginning of a refuted history that ends with the answer that cannot be: the shortest one.
func refutedAt(h *history, limit time.Duration) []record {
	var ends []int64
	for _, r := range h.records {
		if !r.open {
			ends = append(ends, r.ret)
		}
	}
	slices.Sort(ends)
	first := sort.Search(len(ends), func(i int) bool {
		return linearizable(&history{model: h.model, records: upTo(h.records, ends[i])}, limit) == porcupine.Illegal
	})
	if first == len(ends) {
		return h.records
	}
	return upTo(h.records, ends[first])
}

// reduced leaves out what came later, and then observations as long as the history stays refuted: what is left is what
// matters.
func reduced(h *history, limit time.Duration) *history {
	short := &history{name: h.name, model: h.model, records: refutedAt(h, limit)}
	tries := 0
	for i := len(short.records) - 1; i >= 0 && tries < mostReducing; i-- {
		if !observes(short.records[i]) {
			continue
		}
		without := append(append([]record{}, short.records[:i]...), short.records[i+1:]...)
		tries++
		if linearizable(&history{model: h.model, records: without}, limit) == porcupine.Illegal {
			short.records = without
		}
	}
	return short
}

// describe writes a history in the order of its beginnings, times in milliseconds since the first.
func describe(h *history) string {
	var text strings.Builder
	records := slices.Clone(h.records)
	slices.SortStableFunc(records, func(a, b record) int { return cmp.Compare(a.call, b.call) })
	milliseconds := func(time int64) float64 { return float64(time-records[0].call) / 1e6 }
	for _, r := range records {
		end := "     open"
		if !r.open {
			end = fmt.Sprintf("%9.3f", milliseconds(r.ret))
		}
		fmt.Fprintf(&text, "  %9.3f %s  client %-3d %s\n", milliseconds(r.call), end, r.client,
			h.model.DescribeOperation(r.input, r.output))
	}
	return text.String()
}

// report says which operations no order explains, and leaves the checker's picture and the whole history in `folder`.
func report(h *history, folder string, limit time.Duration) string {
	short := reduced(h, limit)
	_, info := porcupine.CheckOperationsVerbose(short.model, short.operations(), limit)
	var text strings.Builder
	fmt.Fprintf(&text, "%s: NOT LINEARIZABLE: of its %d operations no order explains these %d (begin, end in ms):\n%s",
		h.name, len(h.records), len(short.records), describe(short))
	if err := os.MkdirAll(folder, 0o755); err != nil {
		fmt.Fprintln(&text, err)
		return text.String()
	}
	base := filepath.Join(folder, strings.ReplaceAll(h.name, "/", "-"))
	if err := porcupine.VisualizePath(short.model, info, base+".html"); err != nil {
		fmt.Fprintln(&text, err)
	}
	if err := os.WriteFile(base+".txt", []byte(describe(h)), 0o644); err != nil {
		fmt.Fprintln(&text, err)
	}
	fmt.Fprintf(&text, "picture: %s.html\nall of it: %s.txt\n", base, base)
	return text.String()
}
