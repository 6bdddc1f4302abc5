package op

import (
	"maps"
	"time"

	G "gorgonia.org/gorgonia"
)

// Waiting is the kind of the time in which the main thread waits for others.
const Waiting = "waiting"

// Clock adds up where the time of a graph's runs goes, by kind of operation. The kinds
// share no time: what an operation waits for other threads is [Waiting], and a part of it
// that has a kind of its own is not in the operation's. A nil Clock measures nothing. Not
// for concurrent use.
type Clock struct {
	Now func() time.Time // nil: time.Now

	spent map[string]time.Duration
	apart time.Duration // counted so far, waits included
	idle  time.Duration // of it, waits
}

// Waiter says how long threads have waited for others so far; a kernel.Machine does.
type Waiter interface{ Waited() time.Duration }

// Mark is when something began, and what had been counted until then.
type Mark struct {
	on                  Waiter
	at                  time.Time
	waited, apart, idle time.Duration
}

// Spent is the time by kind since the last Reset: "linear", "lowrank.backward", …
func (c *Clock) Spent() map[string]time.Duration { return maps.Clone(c.spent) }

// Reset forgets all time.
func (c *Clock) Reset() { *c = Clock{Now: c.Now, spent: map[string]time.Duration{}} }

// Time is the present time; a nil clock shows it, too.
func (c *Clock) Time() time.Time {
	if c == nil || c.Now == nil {
		return time.Now()
	}
	return c.Now()
}

// Start begins to measure an operation, or a part of one, that runs on the given machine.
func (c *Clock) Start(on Waiter) Mark {
	if c == nil {
		return Mark{}
	}
	if c.spent == nil {
		c.Reset()
	}
	return Mark{on, c.Time(), on.Waited(), c.apart, c.idle}
}

// Stop counts the time since m as kind's: without waits, and without the parts that were
// stopped in between.
func (c *Clock) Stop(kind string, m Mark) {
	if c == nil {
		return
	}
	waited := m.on.Waited() - m.waited - (c.idle - m.idle)
	own := c.Time().Sub(m.at) - (c.apart - m.apart)
	c.spent[kind] += own - waited
	c.spent[Waiting] += waited
	c.apart, c.idle = c.apart+own, c.idle+waited
}

// measured is what an operation of this package is, for apply.
type measured interface {
	G.SDOp
	Kind() string
	measuredBy() *Clock
	on() Waiter
}

func (s *spec) measuredBy() *Clock { return s.clock }

func (s *spec) on() Waiter { return s.machine }

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
	c := w.measuredBy()
	m := c.Start(w.on())
	v, err := w.measured.Do(in...)
	c.Stop(w.Kind(), m)
	return v, err
}
