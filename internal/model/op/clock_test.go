package op

import (
	"maps"
	"testing"
	"time"
)

// manual is a clock's time, and what threads have waited, moved by hand.
type manual struct {
	now    time.Time
	waited time.Duration
}

func (m *manual) Waited() time.Duration { return m.waited }

// pass lets time pass, a part of it in waiting.
func (m *manual) pass(d, waiting time.Duration) {
	m.now, m.waited = m.now.Add(d), m.waited+waiting
}

func newManual() (*manual, *Clock) {
	m := &manual{now: time.Unix(1000, 0), waited: time.Hour}
	return m, &Clock{Now: func() time.Time { return m.now }}
}

// What is counted is the time that passed, each part of it once: parts within an
// operation, operations within a run, and waits within any of them.
func TestClockCountsOnce(t *testing.T) {
	t.Parallel()
	m, c := newManual()
	begin := m.now
	run := c.Start(m)
	for range 3 {
		m.pass(time.Millisecond, 0)
		o := c.Start(m)
		m.pass(20*time.Millisecond, 5*time.Millisecond)
		part := c.Start(m)
		m.pass(400*time.Millisecond, 100*time.Millisecond)
		c.Stop("part", part)
		m.pass(3*time.Millisecond, 0)
		c.Stop("operation", o)
		m.pass(7*time.Millisecond, 2*time.Millisecond)
	}
	c.Stop("run", run)
	spent, sum := c.Spent(), time.Duration(0)
	for _, d := range spent {
		sum += d
	}
	if passed := m.now.Sub(begin); sum != passed {
		t.Errorf("%v passed, %v is counted: %v", passed, sum, spent)
	}
	want := map[string]time.Duration{
		"part":      3 * 300 * time.Millisecond,
		"operation": 3 * 18 * time.Millisecond,
		"run":       3 * 6 * time.Millisecond,
		Waiting:     3 * 107 * time.Millisecond,
	}
	if !maps.Equal(spent, want) {
		t.Errorf("spent %v, want %v", spent, want)
	}
	c.Reset()
	if len(c.Spent()) != 0 || !c.Time().Equal(m.now) {
		t.Errorf("after Reset: %v at %v", c.Spent(), c.Time())
	}
}

// What was spent before a Reset, and a wait before Start, are in nothing that follows.
func TestClockAfterReset(t *testing.T) {
	t.Parallel()
	m, c := newManual()
	for range 2 {
		c.Reset()
		m.pass(time.Second, time.Second)
		o := c.Start(m)
		m.pass(time.Minute, 0)
		c.Stop("operation", o)
		if spent := c.Spent(); spent["operation"] != time.Minute || spent[Waiting] != 0 {
			t.Errorf("spent %v", spent)
		}
	}
}

// A nil clock measures nothing and does not fail; it and the zero value show the time of day.
func TestNoClock(t *testing.T) {
	t.Parallel()
	var none *Clock
	none.Stop("operation", none.Start(&manual{}))
	for _, c := range []*Clock{none, {}} {
		if d := time.Since(c.Time()); d < 0 || d > time.Hour {
			t.Errorf("off by %v", d)
		}
	}
}
