package train

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// transformersLR is the rate by transformers 5's get_linear_schedule_with_warmup:
//
//	if current_step < num_warmup_steps:
//	    return float(current_step) / float(max(1, num_warmup_steps))
//	return max(0.0, float(num_training_steps - current_step) / float(max(1, num_training_steps - num_warmup_steps)))
func transformersLR(peak float64, warmup, total, step int) float64 {
	if step < warmup {
		return peak * (float64(step) / math.Max(1, float64(warmup)))
	}
	return peak * math.Max(0, float64(total-step)/math.Max(1, float64(total-warmup)))
}

// TestScheduleIsTransformers for any warm-up, longer than the run included, and any step,
// those after the end included.
func TestScheduleIsTransformers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := Schedule{
			Peak:   rapid.Float64Range(1e-6, 1).Draw(t, "peak"),
			Warmup: rapid.IntRange(0, 50).Draw(t, "warmup"),
			Total:  rapid.IntRange(1, 200).Draw(t, "total"),
		}
		step := rapid.IntRange(0, 250).Draw(t, "step")
		if got, want := s.LR(step), transformersLR(s.Peak, s.Warmup, s.Total, step); got != want {
			t.Fatalf("%+v: rate %v at step %d, want %v", s, got, step, want)
		}
	})
}

// TestScheduleShape: from 0 up to the peak at the end of the warm-up, and down to the last
// step's share, in equal parts.
func TestScheduleShape(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		total := rapid.IntRange(2, 300).Draw(t, "total")
		c := DefaultConfig()
		c.LR, c.Warmup = 1, rapid.Float64Range(0, 0.9).Draw(t, "warmup")
		s := NewSchedule(c, total)
		if s.Warmup > 0 && s.LR(0) != 0 {
			t.Fatalf("rate %v at the first step of a warm-up", s.LR(0))
		}
		if s.LR(total) != 0 {
			t.Fatalf("rate %v behind the last step", s.LR(total))
		}
		if s.Warmup < total && (s.LR(s.Warmup) != 1 || s.LR(total-1) <= 0) {
			t.Fatalf("rate %v behind the warm-up, %v at the last step", s.LR(s.Warmup), s.LR(total-1))
		}
		for step := range total {
			change, up := s.LR(step+1)-s.LR(step), step < s.Warmup
			if want := 1 / float64(max(1, s.Warmup)); up && math.Abs(change-want) > 1e-12 && s.Warmup < total {
				t.Fatalf("step %d of the warm-up of %d adds %v", step, s.Warmup, change)
			}
			if want := -1 / float64(max(1, total-s.Warmup)); !up && math.Abs(change-want) > 1e-12 {
				t.Fatalf("step %d of %d adds %v, want %v", step, total, change, want)
			}
		}
	})
}

// TestWarmupRounding is up, and in the arithmetic of Python's math.ceil(total * ratio),
// by which 7 % of 100 steps are 8.
func TestWarmupRounding(t *testing.T) {
	for _, tt := range []struct {
		share       float64
		total, want int
	}{
		{0, 100, 0}, {0.06, 100, 6}, {0.06, 101, 7}, {0.06, 50, 3}, {0.06, 51, 4}, {0.06, 1, 1},
		{0.07, 100, 8}, {0.5, 3, 2}, {1, 10, 10}, {1e-9, 10, 1}, {2. / 12, 12, 2},
	} {
		c := DefaultConfig()
		c.Warmup = tt.share
		if s := NewSchedule(c, tt.total); s.Warmup != tt.want || s.Total != tt.total || s.Peak != c.LR {
			t.Errorf("%v of %d steps: %+v, want a warm-up of %d", tt.share, tt.total, s, tt.want)
		}
	}
}
