package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"
)

// mostReducing bounds how often a history that is refuted is checked again to make it shorter.
const mostReducing = 2000

func linearizable(h *history, limit time.Duration) porcupine.CheckResult {
	return porcupine.CheckOperationsTimeout(h.model, h.operations(), limit)
}

// observes: it changes nothing, so a history without it allows no less.
func observes(r record) bool {
	switch in := r.input.(type) {
	case objectInput:
		return in.kind == "get" || r.output.(objectOutput).answer == conditionFailed
	case itemInput:
		return in.kind == "get" || r.output.(itemOutput).answer == conditionFailed
	case bankInput:
		return len(in.actions) == 0 || r.output.(bankOutput).answer == conditionFailed
	}
	return false
}

// reduced leaves out observations as long as the history stays refuted, so that what is left is what matters.
func reduced(h *history, limit time.Duration) *history {
	short := &history{name: h.name, model: h.model, records: h.records}
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
	operations := h.operations()
	last := int64(0)
	for _, o := range operations {
		last = max(last, o.Return)
	}
	milliseconds := func(time int64) float64 { return float64(time-operations[0].Call) / 1e6 }
	for _, o := range operations {
		end := fmt.Sprintf("%9.3f", milliseconds(o.Return))
		if o.Return == last && strings.Contains(h.model.DescribeOperation(o.Input, o.Output), "-> ?") {
			end = "     open"
		}
		fmt.Fprintf(&text, "  %9.3f %s  client %-3d %s\n", milliseconds(o.Call), end, o.ClientId,
			h.model.DescribeOperation(o.Input, o.Output))
	}
	return text.String()
}

// report says which operations no order explains, and leaves the checker's picture and the whole history in `folder`.
func report(h *history, folder string, limit time.Duration) string {
	short := reduced(h, limit)
	_, info := porcupine.CheckOperationsVerbose(short.model, short.operations(), limit)
	var text strings.Builder
	fmt.Fprintf(&text, "%s: NOT LINEARIZABLE; %d of its %d operations, in the order of their beginnings (ms):\n%s",
		h.name, len(short.records), len(h.records), describe(short))
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
