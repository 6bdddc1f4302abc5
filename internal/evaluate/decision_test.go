package evaluate

import "testing"

func TestSentence(t *testing.T) {
	decided := Decision{Rank: 2, Full: 8, Metric: "accuracy", Tolerance: 0.005, Confidence: 0.95, Seeds: 1}
	for name, tt := range map[string]struct {
		change func(*Decision)
		want   string
	}{
		"decided": {func(*Decision) {}, "Use rank 2: it is not worse than rank 8 by more than 0.5 points in accuracy (95 % confidence)."},
		"a lower rank is open": {func(d *Decision) { d.Needs = &Needs{Rank: 1, Examples: 12000} },
			"Use rank 2: it is not worse than rank 8 by more than 0.5 points in accuracy (95 % confidence); to tell about rank 1 it needs about 12,000 examples."},
		"the largest": {func(d *Decision) { d.Rank, d.Metric, d.Tolerance = 8, "matthews", 0.01 },
			"Use rank 8: the next lower rank is worse by more than 1 points in Matthews (95 % confidence)."},
		"cannot tell": {func(d *Decision) { d.Rank, d.Needs = 0, &Needs{Rank: 7, Examples: 3100, Seeds: 5} },
			"Cannot tell whether a rank below 8 is worse than it by more than 0.5 points in accuracy (95 % confidence); to tell about rank 7 it needs about 3,100 examples or about 5 seeds."},
		"no data would do": {func(d *Decision) { d.Rank, d.Needs = 0, &Needs{Rank: 7, Seeds: 1} },
			"Cannot tell whether a rank below 8 is worse than it by more than 0.5 points in accuracy (95 % confidence); no number of examples would tell about rank 7."},
		"one class": {func(d *Decision) { d.Why = "all labels are the same" }, "Cannot tell which rank to use: all labels are the same."},
	} {
		d := decided
		tt.change(&d)
		if got := d.Sentence(); got != tt.want {
			t.Errorf("%s: %s\nwant %s", name, got, tt.want)
		}
	}
}
