package evaluate

import (
	"slices"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/fault"
)

func TestParseRanks(t *testing.T) {
	tests := []struct {
		spec string
		want []int
		err  string
	}{
		{spec: "1", want: []int{1}},
		{spec: "8", want: []int{8}},
		{spec: "1,2,4-8", want: []int{1, 2, 4, 5, 6, 7, 8}},
		{spec: "all", want: []int{1, 2, 3, 4, 5, 6, 7, 8}},
		{spec: " all ", want: []int{1, 2, 3, 4, 5, 6, 7, 8}},
		{spec: " 4 - 6 , 1 ", want: []int{1, 4, 5, 6}},
		{spec: "8,1,8,7-8", want: []int{1, 7, 8}},
		{spec: "3-3", want: []int{3}},
		{spec: "0", err: "rank 0: ranks count from 1, choose 1 to 8"},
		{spec: "0-4", err: "rank 0: ranks count from 1"},
		{spec: "9", err: "rank 9 is above the adapter's rank: choose 1 to 8"},
		{spec: "4-12", err: "rank 12 is above"},
		{spec: "6-4", err: `"6-4" runs downwards: write 4-6`},
		{spec: "", err: "empty item"},
		{spec: "1,,2", err: "empty item"},
		{spec: "1,", err: "empty item"},
		{spec: "-1", err: `"-1" is not a rank`},
		{spec: "1-2-3", err: `"1-2-3" is not a rank`},
		{spec: "2.5", err: `"2.5" is not a rank`},
		{spec: "r4", err: `"r4" is not a rank`},
		{spec: "all,1", err: `"all" is not a rank`},
		{spec: "99999999999999999999", err: "is not a rank"},
		{spec: "1-9223372036854775807", err: "is above the adapter's rank"},
	}
	for _, tt := range tests {
		t.Run(tt.spec, func(t *testing.T) {
			got, err := ParseRanks(tt.spec, 8)
			if tt.err == "" {
				if err != nil || !slices.Equal(got, tt.want) {
					t.Errorf("ParseRanks = %v, %v; want %v", got, err, tt.want)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.err) || fault.ClassOf(err) != fault.Usage {
				t.Errorf("ParseRanks = %v, %v (class %d); want a usage error with %q", got, err, fault.ClassOf(err), tt.err)
			}
		})
	}
}

// FuzzParseRanks: whatever the text, ranks come ascending, distinct and within the
// adapter's, or there is a usage error of one line.
func FuzzParseRanks(f *testing.F) {
	for _, spec := range []string{"1", "all", "1,2,4-8", "0", "3-1", ",", "1-8,1-8,1-8", "9", "-", "½"} {
		f.Add(spec, 8)
	}
	f.Fuzz(func(t *testing.T, spec string, R int) {
		if R < 1 || R > 1<<12 {
			return
		}
		ranks, err := ParseRanks(spec, R)
		if err != nil {
			if fault.ClassOf(err) != fault.Usage || strings.Contains(err.Error(), "\n") || ranks != nil {
				t.Errorf("ParseRanks(%q) = %v, %q", spec, ranks, err)
			}
			return
		}
		if len(ranks) == 0 || ranks[0] < 1 || ranks[len(ranks)-1] > R {
			t.Fatalf("ParseRanks(%q, %d) = %v", spec, R, ranks)
		}
		for i := range ranks[1:] {
			if ranks[i] >= ranks[i+1] {
				t.Fatalf("ParseRanks(%q, %d) = %v: not ascending", spec, R, ranks)
			}
		}
	})
}

func TestPowerRanks(t *testing.T) {
	for R, want := range map[int][]int{
		1: {1}, 2: {1, 2}, 3: {1, 2, 3}, 8: {1, 2, 4, 8}, 12: {1, 2, 4, 8, 12},
	} {
		if got := PowerRanks(R); !slices.Equal(got, want) {
			t.Errorf("PowerRanks(%d) = %v, want %v", R, got, want)
		}
	}
}
