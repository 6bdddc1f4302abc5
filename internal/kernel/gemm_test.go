package kernel

import (
	"fmt"
	"testing"
)

// Tasks cover the panels of all blocks in order, none reaches into a second block, and the
// last ones are small, so that no thread waits long for another.
func TestTasksCoverAndShrink(t *testing.T) {
	for _, c := range []struct{ blocks, count, threads int }{{1, 1, 1}, {3, 144, 1}, {3, 144, 2}, {1, 48, 2}, {5, 48, 8}, {2, 1, 4}, {7, 3, 3}} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			ends, at := appendTasks(nil, c.blocks, c.count, c.threads), 0
			for _, end := range ends {
				if end <= at || (end-1)/c.count != at/c.count {
					t.Fatalf("task [%d, %d) of blocks of %d panels", at, end, c.count)
				}
				at = end
			}
			if all := c.blocks * c.count; at != all {
				t.Fatalf("tasks end at %d of %d", at, all)
			}
			if c.threads == 1 && len(ends) != c.blocks {
				t.Fatalf("%d tasks for %d blocks on one thread", len(ends), c.blocks)
			}
			if c.threads == 1 {
				return
			}
			for i := 1; i < len(ends); i++ {
				left := c.blocks*c.count - ends[i-1]
				if n := ends[i] - ends[i-1]; n > max(left/(2*c.threads), leastPanels) {
					t.Errorf("task of %d panels where %d were left", n, left)
				}
			}
		})
	}
}
