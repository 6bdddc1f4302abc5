package data

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/seed"
)

// Held is a dev split made of the training files: which of their rows it has.
type Held struct {
	Share float64 `json:"share"` // of the texts
	Seed  uint64  `json:"seed"`
	Rows  int     `json:"rows"` // of the files
	Dev   []int32 `json:"dev"`  // places of the dev split's rows among them, from 0, ascending
}

// group is the rows of one text: they go to the same split.
type group struct {
	rows    []int32
	stratum string // rows of one come first, or behind one another
	order   float64
	random  uint64
}

// Hold chooses a share of the rows of a task's training files for a dev split. Rows of the same text, but for
// blanks, stay together, so that none of dev is in training. The texts are ordered by their label (those of a multi-label task by
// all that hold), at random within one, and then taken at even distances, so that
// each label has its share of dev, up to one text. Of a label with two texts or more dev has one at least, and training one of any.
// Those of a regression are ordered by score, and one is drawn of each of as many parts as dev has texts.
// It depends on nothing but its arguments. share is above 0 and at most 0.5. Rows that give no such split are fault.Invalid
// because of NoDevFile.
func Hold(t *Task, examples []Example, share float64, runSeed uint64) (*Held, error) {
	groups := grouped(t, examples)
	key := seed.Key(runSeed, "hold", 0)
	for i := range groups {
		groups[i].random = seed.At(key, uint64(i)+1)
	}
	slices.SortFunc(groups, func(a, b group) int {
		return cmp.Or(cmp.Compare(a.stratum, b.stratum), cmp.Compare(a.order, b.order), cmp.Compare(a.random, b.random), cmp.Compare(a.rows[0], b.rows[0]))
	})
	k := min(len(groups), max(1, int(share*float64(len(groups))+0.5)))
	var taken []bool
	switch t.Kind {
	case Regression:
		taken = each(len(groups), k, key)
	default:
		taken = even(len(groups), k, seed.Unit(key))
	}
	if t.Kind == Classification {
		represent(groups, taken)
	}
	h := &Held{Share: share, Seed: runSeed, Rows: len(examples), Dev: []int32{}}
	for i, g := range groups {
		if taken[i] {
			h.Dev = append(h.Dev, g.rows...)
		}
	}
	slices.Sort(h.Dev)
	if len(h.Dev) == 0 || len(h.Dev) == len(examples) {
		return nil, fault.Because(NoDevFile, fault.Invalidf("task %s: its %d examples, of %d texts, are too few to make a dev split of", t.Name, len(examples), len(groups)))
	}
	return h, nil
}

// grouped gathers rows of the same text, in the order of the first of them.
func grouped(t *Task, examples []Example) (groups []group) {
	at := map[Key]int{}
	for i, e := range examples {
		key := TextKey(&e)
		g, known := at[key]
		if !known {
			g = len(groups)
			at[key] = g
			groups = append(groups, group{})
			groups[g].stratum, groups[g].order = stratum(t, &e)
		}
		groups[g].rows = append(groups[g].rows, int32(i))
	}
	return groups
}

// stratum orders examples by what is to be learnt of them.
func stratum(t *Task, e *Example) (string, float64) {
	switch {
	case t.Kind == Classification:
		return "", float64(e.Class)
	case t.Kind == MultiLabel:
		return fmt.Sprint(e.Targets), 0
	case len(e.Targets) > 0:
		return "", float64(e.Targets[0])
	}
	return "", float64(e.Score)
}

// each marks one of every k-th part of n places, drawn by key.
func each(n, k int, key uint64) []bool {
	taken := make([]bool, n)
	for i := range k {
		from, to := i*n/k, (i+1)*n/k
		taken[from+seed.Below(seed.At(key, uint64(n+i)+1), to-from)] = true
	}
	return taken
}

// even marks k of n places at even distances; start, from 0 to 1, says where they begin.
func even(n, k int, start float64) []bool {
	taken := make([]bool, n)
	for i := range k {
		taken[min(n-1, int((float64(i)+start)*float64(n)/float64(k)))] = true
	}
	return taken
}

// represent gives dev a text of every label that has two, and leaves training one of every label. groups of a label
// stand side by side.
func represent(groups []group, taken []bool) {
	for from := 0; from < len(groups); {
		to, n := from, 0
		for ; to < len(groups) && groups[to].order == groups[from].order; to++ {
			if taken[to] {
				n++
			}
		}
		switch {
		case n == to-from:
			taken[from] = false
		case n == 0 && to-from > 1:
			taken[from] = true
		}
		from = to
	}
}

// Key stands for a text, or a pair of texts, in 16 bytes instead of its own.
type Key [16]byte

// TextKey is equal for examples of the same text, or pair of texts, but for blanks: the start of the SHA-256 of their words.
func TextKey(e *Example) Key {
	key := strings.Join(strings.Fields(e.A), " ")
	if e.B != nil {
		key += "\x00" + strings.Join(strings.Fields(*e.B), " ")
	}
	sum := sha256.Sum256([]byte(key))
	return Key(sum[:16])
}

// Divide parts the rows of the training files, each split numbered anew. Rows that are not those the split was made of are
// fault.Invalid.
func (h *Held) Divide(task string, examples []Example) (train, dev []Example, err error) {
	if len(examples) != h.Rows {
		return nil, nil, fault.Invalidf("task %s: %d examples in the training data, where the dev split was made of %d", task, len(examples), h.Rows)
	}
	next := 0
	for i, e := range examples {
		into := &train
		if next < len(h.Dev) && int(h.Dev[next]) == i {
			next++
			into = &dev
		}
		e.Index = len(*into)
		*into = append(*into, e)
	}
	if next != len(h.Dev) {
		return nil, nil, fault.Invalidf("task %s: the rows of its dev split are not in ascending order, or not among %d", task, h.Rows)
	}
	return train, dev, nil
}

// WithHeld is the task of the user's own files with rows of the training files as its dev split.
func (t *Task) WithHeld(h *Held) *Task {
	n, f := *t, *t.files
	f.held = h
	n.files = &f
	return &n
}

// NoDev says whether the task is of the user's own files and has neither files nor rows for dev.
func (t *Task) NoDev() bool { return t.files != nil && t.files.Dev == "" && t.files.held == nil }
