package evaluate

import (
	"fmt"
	"io"
	"slices"
	"time"
)

// LoRABaseline is another way to adapters of the same ranks for the same task: its quality at each
// of them, and what its trainings cost.
type LoRABaseline struct {
	Name string `json:"name"` // of a kind of package baseline: lora, cut, svd, …
	Training
	Ranks []RankReport `json:"ranks"` // those of the sweep, in its order
}

// Training is what it takes to have adapters of all ranks of a sweep.
type Training struct {
	Seconds   float64 `json:"seconds"`           // of training, evaluations included; 0: not known
	Trainings int     `json:"trainings"`         // that these seconds went into
	Examples  int     `json:"training_examples"` // that these trainings saw, repeats included
}

// at is the headline metric at a rank; undefined where there is none.
func (b *LoRABaseline) at(rank int) Value {
	for _, r := range b.Ranks {
		if r.Rank == rank {
			return r.Value
		}
	}
	return Value{}
}

// text is at as Text has it; "" where there is none.
func (b *LoRABaseline) text(metric string, rank int) string {
	if !slices.ContainsFunc(b.Ranks, func(r RankReport) bool { return r.Rank == rank }) {
		return ""
	}
	return Text(metric, b.at(rank))
}

// writeTrainings writes what the adapter and each of the baselines cost, a line each.
func (s *Sweep) writeTrainings(w io.Writer) error {
	if s.Training != nil {
		if _, err := fmt.Fprintf(w, "%-12s  %s\n", "this adapter", s.Training); err != nil {
			return err
		}
	}
	for _, b := range s.Baselines {
		if _, err := fmt.Fprintf(w, "%-12s  %s\n", b.Name, b.Training); err != nil {
			return err
		}
	}
	return nil
}

// String is what the trainings are: "4 trainings, 3 min 2 s, 12,000 examples".
func (t Training) String() string {
	trainings, took := "1 training", "of unknown time"
	if t.Trainings != 1 {
		trainings = fmt.Sprintf("%d trainings", t.Trainings)
	}
	if t.Seconds > 0 {
		took = Duration(t.Seconds)
	}
	return fmt.Sprintf("%s, %s, %s examples", trainings, took, Grouped(t.Examples))
}

// Duration is a number of seconds for people: "8.4 s", "3 min 12 s", "2 h 5 min".
func Duration(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	whole := int(d.Round(time.Second).Seconds())
	switch {
	case d < 9950*time.Millisecond:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case whole < 60:
		return fmt.Sprintf("%d s", whole)
	case whole < 3600:
		return fmt.Sprintf("%d min %d s", whole/60, whole%60)
	}
	return fmt.Sprintf("%d h %d min", whole/3600, whole%3600/60)
}
