package train

import "math"

// Schedule gives every step its learning rate: up from 0 in a straight line, then down to
// 0 at the end of the run.
type Schedule struct {
	Peak   float64 // highest rate
	Warmup int     // steps in which the rate rises from 0
	Total  int     // steps of the whole run
}

// NewSchedule is c's schedule for a run of total steps. The warm-up is rounded up to a
// whole step, as transformers.TrainingArguments.get_warmup_steps does.
func NewSchedule(c Config, total int) Schedule {
	return Schedule{c.LR, int(math.Ceil(c.Warmup * float64(total))), total}
}

// LR is the rate of a step, counted from 0: step 0 of a warm-up has the rate 0, as in
// transformers.get_linear_schedule_with_warmup.
func (s Schedule) LR(step int) float64 {
	if step < s.Warmup {
		return s.Peak * (float64(step) / float64(max(1, s.Warmup)))
	}
	return s.Peak * max(0, float64(s.Total-step)/float64(max(1, s.Total-s.Warmup)))
}
