package op

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"github.com/dylora/dylora/internal/kernel"
)

// copied is how an operation computes a batch whose sequences are so many copies of the
// same ones, one copy after the other, where the copies' inputs are still equal: once. The
// zero value is for inputs that may differ.
type copied struct{ at int } // place of the copies among the inputs

// copied makes an operation of s take the number of copies, if its inputs are equal.
func (b *Inputs) copied(s *spec, nodes *G.Nodes) copied {
	if b.Copies == nil {
		return copied{}
	}
	s.in, s.diff, *nodes = append(s.in, offsets), append(s.diff, false), append(*nodes, b.Copies)
	s.more += " copied"
	return copied{len(s.in) - 1}
}

// rows is how many of so many rows are to be computed: those of the first copy.
func (c copied) rows(in []G.Value, rows int) (int, error) {
	if c.at == 0 {
		return rows, nil
	}
	n, ok := in[c.at].Data().([]int32)
	if !ok || len(n) != 1 || n[0] < 1 || rows%int(n[0]) != 0 {
		return 0, fmt.Errorf("copies: %d rows in copies of %v", rows, in[c.at].Data())
	}
	return rows / int(n[0]), nil
}

// spread copies the first rows of y, cols wide, over the others, distinct at a time.
func spread(mc *kernel.Machine, y []float32, distinct, rows, cols int) {
	if distinct == rows {
		return
	}
	mc.Parallel(distinct, 16, func(lo, hi int) {
		for first := distinct; first < rows; first += distinct {
			copy(y[(first+lo)*cols:(first+hi)*cols], y[lo*cols:hi*cols])
		}
	})
}
