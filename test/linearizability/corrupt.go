package main

import (
	"math/rand/v2"
	"slices"
)

// What a broken server would have answered is made of what this one did answer: a recorded history with one thing
// changed such that no order explains it. A checker that accepts it has lost its teeth.

type corruption struct {
	name string
	make func(records []record, random *rand.Rand) ([]record, bool) // False: this history has no place for it.
}

var corruptions = []corruption{
	{"a stale read", staleRead}, {"a lost write", lostWrite}, {"a torn sum", tornSum}, {"a lost end", lostEnd}}

// written is the value that a record wrote for sure, unlike any other; read is the value that it saw.
func written(r record) (string, bool) {
	switch in := r.input.(type) {
	case objectInput:
		return in.tag, in.kind == "put" && r.output.(objectOutput).answer == answered
	case itemInput:
		return in.writer, in.writer != "" && r.output.(itemOutput).answer == answered
	case rowInput:
		return in.tag, in.kind == "put" && r.output.(rowOutput).answer == answered
	}
	return "", false
}

func read(r record) (string, bool) {
	switch in := r.input.(type) {
	case objectInput:
		tag := r.output.(objectOutput).tag
		return tag, in.kind == "get" && tag != ""
	case itemInput:
		old := r.output.(itemOutput).old
		if in.kind == "get" && old != nil && old.exists {
			return old.writer, true
		}
	case rowInput:
		out := r.output.(rowOutput)
		return out.seen.tag, in.kind == "get" && out.old == whole && out.seen.tag != ""
	}
	return "", false
}

// mayWrite: the record writes this value or tried to.
func mayWrite(r record, value string) bool {
	switch in := r.input.(type) {
	case objectInput:
		return in.tag == value
	case itemInput:
		return in.writer == value
	case rowInput:
		return in.tag == value
	}
	return false
}

func onlyWriter(records []record, value string) bool {
	count := 0
	for _, r := range records {
		if mayWrite(r, value) {
			count++
		}
	}
	return count == 1
}

// overwrote: it surely left another value than any before.
func overwrote(r record) bool {
	switch in := r.input.(type) {
	case objectInput:
		return in.kind != "get" && r.output.(objectOutput).answer == answered
	case itemInput:
		return in.kind != "get" && r.output.(itemOutput).answer == answered
	case rowInput: // Labels and counts leave the entity tag as it is.
		return (in.kind == "put" || in.kind == "delete") && r.output.(rowOutput).answer == answered
	}
	return false
}

// staleRead: a read tells what was there before an acknowledged write that ended before the read began.
func staleRead(records []record, random *rand.Rand) ([]record, bool) {
	for _, w := range random.Perm(len(records)) {
		first := records[w]
		value, ok := written(first)
		if !ok || !onlyWriter(records, value) {
			continue
		}
		end := int64(-1) // The earliest end of an overwriting write that began after this one had ended.
		for _, r := range records {
			if overwrote(r) && r.call > first.ret && (end < 0 || r.ret < end) {
				end = r.ret
			}
		}
		if end < 0 {
			continue
		}
		for _, i := range random.Perm(len(records)) {
			r := records[i]
			seen, isRead := read(r)
			if !isRead || seen == value || r.call <= end {
				continue
			}
			made := slices.Clone(records)
			switch in := r.input.(type) {
			case objectInput:
				in.ifMatch, in.ifNoneMatch = "", ""
				made[i].input, made[i].output = in, objectOutput{tag: value}
			case itemInput:
				made[i].output = itemOutput{old: &item{exists: true, writer: value, count: first.input.(itemInput).count}}
			case rowInput:
				made[i].output = rowOutput{old: whole, seen: row{tag: value, label: first.input.(rowInput).label}}
			}
			return made, true
		}
	}
	return nil, false
}

// lostWrite: a value was read that nobody wrote.
func lostWrite(records []record, random *rand.Rand) ([]record, bool) {
	for _, w := range random.Perm(len(records)) {
		value, ok := written(records[w])
		if !ok || !onlyWriter(records, value) {
			continue
		}
		wasRead := func(r record) bool { seen, ok := read(r); return ok && seen == value }
		if slices.ContainsFunc(records, wasRead) {
			return slices.Delete(slices.Clone(records), w, w+1), true
		}
	}
	return nil, false
}

// lostEnd: after all, the key is as if nothing had ever been written, though the last write was acknowledged.
func lostEnd(records []record, _ *rand.Rand) ([]record, bool) {
	last, lastErase := int64(-1), int64(-1)
	for _, r := range records {
		if _, ok := written(r); ok {
			last = max(last, r.call)
		} else if overwrote(r) || r.open {
			lastErase = max(lastErase, r.ret)
		}
		if r.open {
			return nil, false
		}
	}
	if last <= lastErase {
		return nil, false
	}
	made := slices.Clone(records)
	for i, r := range made {
		if _, ok := read(r); !ok || r.call <= last {
			continue
		}
		switch in := r.input.(type) {
		case objectInput:
			if in.ifMatch == "" && in.ifNoneMatch == "" && isLastRead(records, i) {
				made[i].output = objectOutput{answer: notFound}
				return made, true
			}
		case itemInput:
			if isLastRead(records, i) {
				made[i].output = itemOutput{old: &item{}}
				return made, true
			}
		case rowInput:
			if isLastRead(records, i) {
				made[i].output = rowOutput{old: whole}
				return made, true
			}
		}
	}
	return nil, false
}

// isLastRead: everything else but other reads of the end had ended when it began.
func isLastRead(records []record, i int) bool {
	return !slices.ContainsFunc(records, func(r record) bool { return overwrote(r) && r.ret >= records[i].call })
}

// tornSum: money was there twice, at one moment.
func tornSum(records []record, random *rand.Rand) ([]record, bool) {
	for _, i := range random.Perm(len(records)) {
		in, ok := records[i].input.(bankInput)
		if !ok || len(in.reads) != accountCount {
			continue
		}
		out := records[i].output.(bankOutput)
		torn := map[int]*account{}
		for which, is := range out.seen {
			torn[which] = is
		}
		for _, which := range random.Perm(accountCount) {
			if is := *torn[which]; is.open {
				is.sum++
				torn[which] = &is
				made := slices.Clone(records)
				made[i].output = bankOutput{seen: torn}
				return made, true
			}
		}
	}
	return nil, false
}
