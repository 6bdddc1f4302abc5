package program

import (
	"errors"
	"fmt"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/model"
	"github.com/dylora/dylora/internal/weights"
)

// Joint is several adapters of one frozen encoder as one program for evaluation: each sequence of a batch is computed with an
// adapter of its own, at a rank of its own, and answered by that adapter's head. Its logits have the bits that the adapter's own
// program gives. Not for concurrent use, nor with the programs that it is of while one of them trains.
type Joint struct {
	m       *model.Model
	members []*Program
	labels  int // of the head with most
	graph   *model.Graph

	gates     []float32
	members32 []int32
	ranks32   []int32
	first     []int // column where the gates of each member begin
	width     int   // columns of all
}

// Use is the adapter and the rank of a sequence: Member counts the programs of Join from 0, and Rank 0 is the base model.
type Use struct{ Member, Rank int }

// Join joins programs of one model.
func Join(members []*Program) (*Joint, error) {
	if len(members) == 0 {
		return nil, errors.New("program: no adapters to join")
	}
	j := &Joint{m: members[0].m, members: members}
	for i, p := range members {
		if p.m != j.m {
			return nil, fmt.Errorf("program: adapter %d is of another model", i)
		}
		j.first = append(j.first, j.width)
		j.width += len(p.a.Modules) * p.a.Rank
		j.labels = max(j.labels, p.labels)
	}
	return j, nil
}

// Width is the number of logits of a row of Logits: those of the adapter with most.
func (j *Joint) Width() int { return j.labels }

// Logits are those of each sequence of b, (n, Width) row-major, sequence i computed as of[i] says; behind those of an adapter
// with fewer the row has zeros. They are valid until the next call. Sequences of one adapter that lie one after the other take the least time.
func (j *Joint) Logits(b *data.Batch, of []Use) ([]float32, error) {
	if len(of) != b.Len() {
		return nil, fmt.Errorf("program: %d adapters and ranks for %d sequences", len(of), b.Len())
	}
	if err := j.fill(of); err != nil {
		return nil, err
	}
	if err := fit(j.m, &j.graph, b, j.options); err != nil {
		return nil, err
	}
	logits, _, err := j.graph.Run(&model.Input{IDs: b.IDs, Types: b.Types, Offsets: b.Offsets, Gates: j.gates, Members: j.members32, Ranks: j.ranks32})
	return logits, err
}

// Reserve compiles the graph for batches of up to so many tokens and sequences, so that Logits does not have to. A Joint that has
// a graph keeps it.
func (j *Joint) Reserve(tokens, sequences int) (err error) {
	if j.graph == nil {
		o := j.options()
		o.Rows, o.Sequences = roundUp(max(tokens, 1), 64), roundUp(max(sequences, 2), 8)
		j.graph, err = j.m.Compile(o)
	}
	return err
}

// fill writes the gates of the sequences: each adapter's own modules, and 0 for those of all others.
func (j *Joint) fill(of []Use) error {
	j.gates, j.members32, j.ranks32 = zeros(j.gates, len(of)*j.width), j.members32[:0], j.ranks32[:0]
	for i, u := range of {
		if u.Member < 0 || u.Member >= len(j.members) {
			return fmt.Errorf("program: adapter %d is not in [0, %d]", u.Member, len(j.members)-1)
		}
		a := j.members[u.Member].a
		if u.Rank < 0 || u.Rank > a.Rank {
			return fmt.Errorf("program: rank %d is not in [0, %d]", u.Rank, a.Rank)
		}
		gates := j.gates[i*j.width+j.first[u.Member]:]
		for k := range a.Modules {
			a.Gate(gates[k*a.Rank:(k+1)*a.Rank], &a.Modules[k], u.Rank)
		}
		j.members32 = append(j.members32, int32(u.Member))
		if u.Rank == 0 { // the base model has the head of the largest rank
			u.Rank = a.Rank
		}
		j.ranks32 = append(j.ranks32, int32(u.Rank))
	}
	return nil
}

// zeros is n zeros, in v if they fit.
func zeros(v []float32, n int) []float32 {
	if cap(v) < n {
		return make([]float32, n)
	}
	clear(v[:n])
	return v[:n]
}

// options are those of the graph but for its capacity.
func (j *Joint) options() model.Options {
	o := model.Options{Labels: j.labels}
	for _, p := range j.members {
		m := model.Member{Adapt: p.adapt, Rank: p.a.Rank, Modules: len(p.a.Modules), Heads: [][]weights.Tensor{p.a.Head}}
		if len(p.a.Heads) > 0 {
			m.Heads = nil
			for r := range p.a.Rank {
				m.Heads = append(m.Heads, p.a.HeadAt(r+1))
			}
		}
		o.Members = append(o.Members, m)
	}
	return o
}

// Close releases the graph.
func (j *Joint) Close() error {
	if j.graph == nil {
		return nil
	}
	return j.graph.Close()
}
