package bench

import (
	"testing"
	"time"
)

// TestRepeats: two tries in three that stall do not shorten the work.
func TestRepeats(t *testing.T) {
	const unit, long = 20 * time.Microsecond, time.Millisecond
	calls := 0
	times := repeats(long, func(n int) time.Duration {
		calls++
		if calls%3 != 0 {
			return time.Duration(n)*unit + 5*long
		}
		return time.Duration(n) * unit
	})
	if times != 64 {
		t.Errorf("%d times %v, want 64 for %v", times, unit, long)
	}
}
