package data

import "testing"

// TestSpaced: the examples are as many as asked for or all, in their order, each once, and
// the gaps between them differ by one at most.
func TestSpaced(t *testing.T) {
	for _, size := range []int{0, 1, 2, 7, 199, 200, 201, 399, 2000} {
		all := make([]Example, size)
		for i := range all {
			all[i].Index = i
		}
		for _, n := range []int{1, 3, 200} {
			list := Spaced(all, n)
			if len(list) != min(n, size) {
				t.Fatalf("%d of %d examples, want %d", len(list), size, n)
			}
			for i := 1; i < len(list); i++ {
				gap, least := list[i].Index-list[i-1].Index, size/len(list)
				if gap < least || gap > least+1 {
					t.Errorf("%d of %d: a gap of %d between examples", n, size, gap)
				}
			}
			if len(list) > 0 && list[0].Index != 0 {
				t.Errorf("the first is example %d", list[0].Index)
			}
		}
	}
}
