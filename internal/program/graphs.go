package program

import (
	"errors"
	"runtime/debug"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/model"
)

// Close releases the graphs and their memory. A program that is used again makes new ones.
func (p *Program) Close() error {
	var errs []error
	for _, g := range []**model.Graph{&p.train, &p.eval} {
		if *g != nil {
			old := *g
			*g = nil
			errs = append(errs, release(old))
		}
	}
	return errors.Join(errs...)
}

// fit compiles a graph for b, if it does not fit g.
func (p *Program) fit(g **model.Graph, b *data.Batch, train bool) error {
	return fit(p.m, g, b, func() model.Options { return p.options(train) })
}

// fit compiles a graph with room to spare for the next batches if b does not fit g. The
// old one is let go before, so that the memory of both is never needed at once.
func fit(m *model.Model, g **model.Graph, b *data.Batch, options func() model.Options) (err error) {
	rows, sequences := b.Tokens(), max(b.Len(), 2)
	if old := *g; old != nil {
		if rows <= old.Rows && sequences <= old.Sequences {
			return nil
		}
		rows, sequences = max(rows, old.Rows), max(sequences, old.Sequences)
		*g = nil
		if err := release(old); err != nil {
			return err
		}
	}
	o := options()
	o.Rows, o.Sequences = roundUp(rows+rows/4, 64), roundUp(sequences, 8)
	*g, err = m.Compile(o)
	return err
}

// worthFreeing is the size of a graph from which the time of a collection, some milliseconds, is well spent.
const worthFreeing = 32 << 20

// release closes a graph that nothing refers to any more, and gives the memory of a large one back to the system at once: the
// collector would find it once as much as 15 % of the heap has been allocated anew, and until then a new graph lies beside the old one.
func release(g *model.Graph) error {
	err, bytes := g.Close(), g.Bytes()
	if bytes >= worthFreeing {
		debug.FreeOSMemory()
	}
	return err
}

func roundUp(n, to int) int { return (n + to - 1) / to * to }
