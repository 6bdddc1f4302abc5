package op

import (
	"maps"
	"time"

	G "gorgonia.org/gorgonia"
)

// Clock adds up the time that the operations of a graph take, by kind. Not for concurrent
// use.
type Clock struct{ spent map[string]time.Duration }

// Spent is the time by kind of operation since the last Reset: "linear",
// "lowrank.backward", …
func (c *Clock) Spent() map[string]time.Duration { return maps.Clone(c.spent) }

// Reset forgets all time.
func (c *Clock) Reset() { c.spent = map[string]time.Duration{} }

// measured is what an operation of this package is, for apply.
type measured interface {
	G.SDOp
	Kind() string
	measuredBy() *Clock
}

func (s *spec) measuredBy() *Clock { return s.clock }

// apply puts o on the graph, in a watch if the graph has a clock.
func apply(o measured, in ...*G.Node) (*G.Node, error) {
	if o.measuredBy() == nil {
		return G.ApplyOp(o, in...)
	}
	return G.ApplyOp(watch{o}, in...)
}

// watch is an operation whose time is measured.
type watch struct{ measured }

// Do is the operation's own, measured.
func (w watch) Do(in ...G.Value) (G.Value, error) {
	start := time.Now()
	v, err := w.measured.Do(in...)
	c := w.measuredBy()
	if c.spent == nil {
		c.Reset()
	}
	c.spent[w.Kind()] += time.Since(start)
	return v, err
}
