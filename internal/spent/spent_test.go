package spent_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/dylora/dylora/internal/spent"
)

// TestOn: work counts, and on Linux waiting does not.
func TestOn(t *testing.T) {
	x := 1
	work := spent.On(func() {
		for start := time.Now(); time.Since(start) < 20*time.Millisecond; x++ {
		}
	})
	if work <= 0 || x < 2 {
		t.Errorf("%v of work", work)
	}
	if wait := spent.On(func() { time.Sleep(50 * time.Millisecond) }); runtime.GOOS == "linux" && wait > 25*time.Millisecond {
		t.Errorf("sleeping took %v of the processor", wait)
	}
}
