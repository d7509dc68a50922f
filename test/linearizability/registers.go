package main

import (
	"fmt"
	"sync"

	"github.com/anishathalye/porcupine"
)

// registers: a few keys, each with a history of its own. What the workloads of single keys share.
type registers struct {
	round *round
	keys  []string
	byKey map[string]*history

	mutex  sync.Mutex
	latest map[string]string // A version (an entity tag, a writer) that was seen of late, by key.
	nobody string            // One that no key ever has.
}

func (w *registers) open(r *round, kind string, model porcupine.Model, nobody string) {
	w.round, w.nobody = r, nobody
	w.byKey, w.latest = map[string]*history{}, map[string]string{}
	for i := range keysOfRound {
		key := fmt.Sprintf("round-%06d/%s-%d", r.number, kind, i)
		w.keys = append(w.keys, key)
		w.byKey[key] = &history{name: key, model: model}
	}
}

func (w *registers) histories() []*history {
	var all []*history
	for _, key := range w.keys {
		all = append(all, w.byKey[key])
	}
	return all
}

// saw takes a version down; none ("") is passed over, for what was deleted goes on being asked for.
func (w *registers) saw(key, version string) {
	if version == "" {
		return
	}
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.latest[key] = version
}

// seen is a version that may well be the one of now; before any was seen, one that no key has.
func (w *registers) seen(key string) string {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if version := w.latest[key]; version != "" {
		return version
	}
	return w.nobody
}
