package train

import (
	"math"

	"github.com/dylora/dylora/internal/fault"
)

// Shape is how the learning rate goes after its warm-up.
type Shape int

// The shapes of a schedule.
const (
	Linear   Shape = iota // down to 0 at the last step
	Constant              // stays
)

var shapeNames = names[Shape]{"linear", "constant"}

func (s Shape) known() bool { return shapeNames.known(s) }

// String is the name that ParseShape reads.
func (s Shape) String() string { return shapeNames.of(s) }

// MarshalText writes the name.
func (s Shape) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// ParseShape reads "linear" or "constant".
func ParseShape(name string) (Shape, error) { return shapeNames.parse("schedule", name) }

// Schedule gives every step its learning rate.
type Schedule struct {
	Shape  Shape
	Peak   float64 // highest rate
	Warmup int     // steps in which the rate rises from 0
	Total  int     // steps of the whole run
}

// NewSchedule is c's schedule for a run of total steps. The warm-up is rounded up to a
// whole step, as transformers.TrainingArguments.get_warmup_steps does.
func NewSchedule(c Config, total int) Schedule {
	return Schedule{c.Schedule, c.LR, int(math.Ceil(c.Warmup * float64(total))), total}
}

// LR is the rate of a step, counted from 0: step 0 of a warm-up has the rate 0, as in
// transformers.get_linear_schedule_with_warmup and get_constant_schedule_with_warmup.
func (s Schedule) LR(step int) float64 {
	switch {
	case step < s.Warmup:
		return s.Peak * (float64(step) / float64(max(1, s.Warmup)))
	case s.Shape == Constant:
		return s.Peak
	}
	return s.Peak * max(0, float64(s.Total-step)/float64(max(1, s.Total-s.Warmup)))
}

// names are the names of an enumeration's values, from 0.
type names[T ~int] []string

func (n names[T]) known(v T) bool { return v >= 0 && int(v) < len(n) }

func (n names[T]) of(v T) string {
	if !n.known(v) {
		return "unknown"
	}
	return n[v]
}

func (n names[T]) parse(what, name string) (T, error) {
	for i, s := range n {
		if s == name {
			return T(i), nil
		}
	}
	return 0, fault.Usagef("%s: %q is not one of %s", what, name, list(n))
}
