package model

import (
	"os"
	"testing"

	"github.com/dylora/dylora/internal/kernel"
)

// Where somebody truncates the mapped file, whatever is left of it, a run is an error that
// names it, in training and evaluation and for graphs that were compiled before and after; so
// is what else reads the weights.
func TestTruncatedWhileUsed(t *testing.T) {
	t.Parallel()
	f := newFilled(t, kernel.Float32)
	for _, left := range []float64{0, 0.5, 1} { // of the file, less a byte
		m := f.load(t)
		if m.source.file == nil {
			t.Fatal("the cache is not used")
		}
		in := &Input{IDs: []int32{2, 3, 4}, Offsets: []int32{0, 3}, Classes: []int32{1}, Weight: 1}
		var graphs []*Graph
		for _, train := range []bool{false, true} {
			gr, err := m.WithThreads(2).Compile(Options{Rows: 20, Sequences: 4, Labels: 2, Rank: 1, Head: m.Head(2, 5), Train: train, Adapt: func(string) (Pair, bool) { return Pair{}, false }})
			must(t, err)
			defer gr.Close()
			_, _, err = gr.Run(in)
			must(t, err)
			graphs = append(graphs, gr)
		}
		path := f.file(t)
		must(t, os.Truncate(path, int64(left*float64(len(m.source.file.Data())-1))))
		for range 2 {
			for _, gr := range graphs {
				_, _, err := gr.Run(in)
				checkInvalid(t, err, path, "run again")
			}
		}
		same := func(_ string, w []float32) []float32 { return w }
		_, err := m.Merged(same, m.Head(2, 1))
		checkInvalid(t, err, path)
		_, err = m.WithMerged(same)
		checkInvalid(t, err, path)
		_, err = m.Reduced(kernel.Int8, nil)
		checkInvalid(t, err, path)
		f.load(t) // packs again
		if len(f.notes) != 1 {
			t.Errorf("cut to %v: notes %q", left, f.notes)
		}
	}
}

// A file that cannot be read though it has its size, as on a disk that fails, is an error, too.
func TestUnreadableWhileUsed(t *testing.T) {
	t.Parallel()
	f := newFilled(t, kernel.I16)
	m := f.load(t)
	path, size := f.file(t), int64(len(m.source.file.Data()))
	must(t, os.Truncate(path, 0))
	list := m.products()
	w := list[len(list)-1].W
	w.Forward(make([]float32, w.Out), w.Out, make([]float32, w.In), w.In, 1, nil)
	must(t, os.Truncate(path, size))
	checkInvalid(t, m.source.lost(), path, "cannot be read")
}
