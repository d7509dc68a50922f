package main

import (
	"sort"
	"sync"
	"time"

	"github.com/anishathalye/porcupine"
)

// record is one operation as its client saw it, in one history.
type record struct {
	client int
	input  any
	call   int64
	output any
	ret    int64
	open   bool // Nobody knows whether it happened, so it may happen at any time from its call on.
}

// history gathers what may be checked by itself: what happened under one key, or among some accounts.
type history struct {
	name    string
	model   porcupine.Model
	mutex   sync.Mutex
	records []record
}

func (h *history) add(r record) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.records = append(h.records, r)
}

// operations is the history as the checker takes it. Open operations return after all others.
func (h *history) operations() []porcupine.Operation {
	last := int64(0)
	for _, r := range h.records {
		last = max(last, r.call, r.ret)
	}
	made := make([]porcupine.Operation, 0, len(h.records))
	for _, r := range h.records {
		ret := r.ret
		if r.open {
			ret = last + 1
		}
		made = append(made, porcupine.Operation{ClientId: r.client, Input: r.input, Call: r.call, Output: r.output,
			Return: ret})
	}
	sort.SliceStable(made, func(i, j int) bool { return made[i].Call < made[j].Call })
	return made
}

func (h *history) openOperations() int {
	count := 0
	for _, r := range h.records {
		if r.open {
			count++
		}
	}
	return count
}

var began = time.Now()

// now is monotonic, in nanoseconds.
func now() int64 { return int64(time.Since(began)) }
