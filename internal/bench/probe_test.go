package bench

import (
	"testing"
	"time"
)

// TestRepeats: one call in three that stalls does not shorten the work.
func TestRepeats(t *testing.T) {
	const unit, long = 20 * time.Microsecond, time.Millisecond
	calls := 0
	times := repeats(long, func(n int) {
		calls++
		d := time.Duration(n) * unit
		if calls%3 == 0 {
			d += 5 * long
		}
		for start := time.Now(); time.Since(start) < d; {
		}
	})
	if times != 64 {
		t.Errorf("%d times %v, want 64 for %v", times, unit, long)
	}
}
