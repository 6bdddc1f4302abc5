package runs

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/model"
	"github.com/dylora/dylora/internal/packed"
	"github.com/dylora/dylora/internal/program"
)

// Sizes of the adapters that programs are compared on.
const (
	rank    = 4
	outputs = 3
)

// subject is an encoder with an adapter, ready to compute, and sequences for it.
type subject struct {
	*program.Program
	adapter   *adapter.Adapter
	sequences []data.Encoded
	ranks     []int
}

// newSubject loads an encoder for a machine and gives it an adapter and sequences that are functions of the seed.
func newSubject(folder string, mc *kernel.Machine, p kernel.Precision, cache *packed.Cache, seed uint64) (*subject, error) {
	m, err := model.Load(os.DirFS(folder), folder, model.LoadOptions{Machine: mc, Precision: p, Cache: cache})
	if err != nil {
		return nil, err
	}
	projections, err := m.Projections([]string{"query", "value", "output.dense"})
	if err != nil {
		return nil, err
	}
	s := &subject{}
	if s.adapter, err = adapter.New(rank, 2*rank, adapter.Paper, projections, m.NewHead(outputs, seed), seed); err != nil {
		return nil, err
	}
	random := rand.New(rand.NewPCG(seed, 1))
	for _, module := range s.adapter.Modules { // B is zero, and nothing of A would be seen
		for i := range module.B {
			module.B[i] = float32(random.NormFloat64() / 10)
		}
	}
	task := &data.Task{Name: "torture", Labels: []string{"a", "b", "c"}, Metrics: []string{"accuracy"}}
	if s.Program, err = program.New(m, s.adapter, task, program.Options{Seed: seed}); err != nil {
		return nil, err
	}
	longest := min(m.Config.MaxLength(), 40)
	for i := range 12 {
		e := data.Encoded{Index: i, Class: int32(i % outputs)}
		for range 2 + random.IntN(longest-1) {
			e.IDs = append(e.IDs, int32(random.IntN(m.Config.VocabSize)))
		}
		s.sequences, s.ranks = append(s.sequences, e), append(s.ranks, 1+random.IntN(rank))
	}
	return s, nil
}

// logits are those of some of the sequences, in one batch.
func (s *subject) logits(of []int) ([]float32, error) {
	batch, ranks := s.batch(of)
	v, err := s.Logits(batch, ranks)
	return slices.Clone(v), err
}

func (s *subject) batch(of []int) (*data.Batch, []int) {
	var list []data.Encoded
	var ranks []int
	for _, i := range of {
		list, ranks = append(list, s.sequences[i]), append(ranks, s.ranks[i])
	}
	return data.Pack(list), ranks
}

// gradients are those of some of the sequences, learnt in one batch, behind the loss.
func (s *subject) gradients(of []int) ([]float32, error) {
	batch, ranks := s.batch(of)
	for _, p := range s.Params() {
		clear(p.Grad)
	}
	loss, err := s.ForwardBackward(batch, program.Pass{Ranks: ranks, Weight: 1 / float32(len(of))})
	all := []float32{float32(loss)}
	for _, p := range s.Params() {
		all = append(all, p.Grad...)
	}
	return all, err
}

// all are the places of all sequences.
func (s *subject) all() (of []int) {
	for i := range s.sequences {
		of = append(of, i)
	}
	return of
}

// sameBits compares numbers bit for bit, NaN included.
func sameBits(what string, want, got []float32) error {
	if len(want) != len(got) || len(want) == 0 {
		return fmt.Errorf("%s: %d numbers, and %d before", what, len(got), len(want))
	}
	for i := range want {
		if math.Float32bits(want[i]) != math.Float32bits(got[i]) {
			return fmt.Errorf("%s: number %d of %d is %v, and %v before", what, i, len(want), got[i], want[i])
		}
	}
	return nil
}

// apart is the largest difference of two lists of numbers, as a share of the largest number.
func apart(a, b []float32) (float64, error) {
	if len(a) != len(b) || len(a) == 0 {
		return 0, errors.New("nothing to compare")
	}
	most, largest := 0.0, 0.0
	for i := range a {
		most, largest = max(most, math.Abs(float64(a[i])-float64(b[i]))), max(largest, math.Abs(float64(a[i])))
	}
	if !(largest > 0) {
		return 0, errors.New("all numbers are zero")
	}
	return most / largest, nil
}
