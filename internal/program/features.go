package program

import "github.com/dylora/dylora/internal/data"

// Features computes what the last layer of the head reads: a program over the same weights,
// with a graph of its own. Not for concurrent use with the program that it is of.
type Features struct{ program Program }

// Features computes as p does, without dropout.
func (p *Program) Features() *Features {
	q := *p
	q.eval, q.train, q.gates, q.headRanks, q.features = nil, nil, nil, nil, true
	return &Features{q}
}

// Logits gives the features of each sequence of b, (n, H) row-major, sequence i at rank ranks[i]:
// what a head's last layer makes logits of. They are valid until the next call.
func (f *Features) Logits(b *data.Batch, ranks []int) ([]float32, error) {
	if _, err := f.program.Logits(b, ranks); err != nil {
		return nil, err
	}
	return f.program.eval.LastFeatures(b.Len()), nil
}

// Close releases the graph.
func (f *Features) Close() error {
	if f.program.eval == nil {
		return nil
	}
	return f.program.eval.Close()
}
