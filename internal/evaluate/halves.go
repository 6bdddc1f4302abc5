package evaluate

import (
	"cmp"
	"encoding/binary"
	"hash/fnv"
	"math"
	"slices"

	"github.com/dylora/dylora/internal/data"
)

// ExampleKey is a number by which an example is assigned to a half: a hash of its texts, so that
// it stays in its half whatever else the split holds, and in whatever order.
func ExampleKey(e *data.Example) uint64 {
	h := fnv.New64a()
	for _, text := range []*string{&e.A, e.B} {
		if text != nil {
			h.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(*text))))
			h.Write([]byte(*text))
		}
	}
	return h.Sum64()
}

// Halves splits the examples of a result in two, each with its part of every class, or of every
// set of labels, or of the scores from low to high: of each stratum, ordered by the keys, every
// second example. The first half is the larger one where the number is odd. Examples are places
// in the result, ascending.
func Halves(t *data.Task, r *Result, keys []uint64) (first, second []int) {
	order := make([]int, r.Len())
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(r.stratum(t, a), r.stratum(t, b)), cmp.Compare(keys[a], keys[b]))
	})
	for i, at := range order {
		if i%2 == 0 {
			first = append(first, at)
		} else {
			second = append(second, at)
		}
	}
	slices.Sort(first)
	slices.Sort(second)
	return first, second
}

// stratum orders examples that belong together next to each other.
func (r *Result) stratum(t *data.Task, i int) float64 {
	switch t.Kind {
	case data.Classification:
		return float64(r.Classes[i])
	case data.MultiLabel:
		h := fnv.New64a()
		for _, holds := range holding(r.targets(i)) {
			h.Write([]byte{map[bool]byte{true: 1}[holds]})
		}
		return float64(h.Sum64() >> 12) // exact
	}
	return math.Round(4*mean(widen(r.targets(i)))) / 4
}

// Part is the result on some of its examples, measured anew.
func (r *Result) Part(t *data.Task, places []int) (*Result, error) {
	p := &Result{Rank: r.Rank, Outputs: r.Outputs}
	p.Index, p.Classes = pick(r.Index, places, 1), pick(r.Classes, places, 1)
	p.Scores, p.Logits = pick(r.Scores, places, len(r.Scores)/max(1, r.Len())), pick(r.Logits, places, r.Outputs)
	return p, p.score(t)
}
