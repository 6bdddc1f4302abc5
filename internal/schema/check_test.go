package schema

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// bounded has a setting for each kind of rule.
type bounded struct {
	Least    int     `key:"least" min:"1"`
	Most     int     `key:"most" max:"9"`
	Both     int     `key:"both" min:"-2" max:"3"`
	Free     int     `key:"free"`
	From     float64 `key:"from" min:"0"`
	UpTo     float64 `key:"up_to" max:"1.5"`
	Share    float64 `key:"share" min:"0" max:"1"`
	Part     float64 `key:"part" min:"0" below:"1"`
	Positive float64 `key:"positive" above:"0"`
	Above    float64 `key:"above" above:"2"`
	Any      float64 `key:"any"`
	Text     string  `key:"text" empty:"say one"`
	Loose    string  `key:"loose"`
	Seed     uint64  `key:"seed"`
	Quiet    bool    `key:"quiet"`
}

// sound breaks no rule.
func sound() *bounded {
	return &bounded{Least: 1, Most: 9, Positive: 1, Above: 3, Text: "x"}
}

func TestRules(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	for _, tt := range []struct {
		key    string
		change func(*bounded)
		want   string
	}{
		{"least", func(b *bounded) { b.Least = 0 }, "0 is below 1"},
		{"least", func(b *bounded) { b.Least = math.MinInt }, "-9223372036854775808 is below 1"},
		{"least", func(b *bounded) { b.Least = math.MaxInt }, ""},
		{"most", func(b *bounded) { b.Most = 10 }, "10 is above 9"},
		{"most", func(b *bounded) { b.Most = math.MaxInt }, "9223372036854775807 is above 9"},
		{"most", func(b *bounded) { b.Most = math.MinInt }, ""},
		{"both", func(b *bounded) { b.Both = -3 }, "-3 is below -2"},
		{"both", func(b *bounded) { b.Both = -2 }, ""},
		{"both", func(b *bounded) { b.Both = 3 }, ""},
		{"both", func(b *bounded) { b.Both = 4 }, "4 is above 3"},
		{"free", func(b *bounded) { b.Free = math.MinInt }, ""},
		{"from", func(b *bounded) { b.From = -1e-300 }, "-1e-300 is not a number from 0 up"},
		{"from", func(b *bounded) { b.From = math.Copysign(0, -1) }, ""},
		{"from", func(b *bounded) { b.From = math.MaxFloat64 }, ""},
		{"from", func(b *bounded) { b.From = inf }, "+Inf is not a number from 0 up"},
		{"from", func(b *bounded) { b.From = nan }, "NaN is not a number from 0 up"},
		{"up_to", func(b *bounded) { b.UpTo = 1.5 }, ""},
		{"up_to", func(b *bounded) { b.UpTo = math.Nextafter(1.5, 2) }, "1.5000000000000002 is not a number up to 1.5"},
		{"up_to", func(b *bounded) { b.UpTo = -inf }, "-Inf is not a number up to 1.5"},
		{"up_to", func(b *bounded) { b.UpTo = nan }, "NaN is not a number up to 1.5"},
		{"share", func(b *bounded) { b.Share = 1 }, ""},
		{"share", func(b *bounded) { b.Share = 1.25 }, "1.25 is not in [0, 1]"},
		{"share", func(b *bounded) { b.Share = -0.5 }, "-0.5 is not in [0, 1]"},
		{"share", func(b *bounded) { b.Share = nan }, "NaN is not in [0, 1]"},
		{"share", func(b *bounded) { b.Share = -inf }, "-Inf is not in [0, 1]"},
		{"part", func(b *bounded) { b.Part = 1 }, "1 is not in [0, 1)"},
		{"part", func(b *bounded) { b.Part = math.Nextafter(1, 0) }, ""},
		{"part", func(b *bounded) { b.Part = -0.5 }, "-0.5 is not in [0, 1)"},
		{"part", func(b *bounded) { b.Part = nan }, "NaN is not in [0, 1)"},
		{"positive", func(b *bounded) { b.Positive = 0 }, "0 is not a positive number"},
		{"positive", func(b *bounded) { b.Positive = math.SmallestNonzeroFloat64 }, ""},
		{"positive", func(b *bounded) { b.Positive = -1 }, "-1 is not a positive number"},
		{"positive", func(b *bounded) { b.Positive = inf }, "+Inf is not a positive number"},
		{"positive", func(b *bounded) { b.Positive = nan }, "NaN is not a positive number"},
		{"above", func(b *bounded) { b.Above = 2 }, "2 is not a number above 2"},
		{"above", func(b *bounded) { b.Above = math.Nextafter(2, 3) }, ""},
		{"above", func(b *bounded) { b.Above = inf }, "+Inf is not a number above 2"},
		{"any", func(b *bounded) { b.Any = nan }, ""},
		{"text", func(b *bounded) { b.Text = "" }, "is empty: say one"},
		{"text", func(b *bounded) { b.Text = " " }, ""},
		{"seed", func(b *bounded) { b.Seed = math.MaxUint64 }, ""},
		{"quiet", func(b *bounded) { b.Quiet = true }, ""},
	} {
		b := sound()
		tt.change(b)
		var want []Fault
		if tt.want != "" {
			want = []Fault{{tt.key, tt.want}}
		}
		if got := Check(b); !slices.Equal(got, want) {
			t.Errorf("%s: faults %v, want %v", tt.key, got, want)
		}
	}
}

// Every broken rule is told, in the order of the fields.
func TestCheckAllAtOnce(t *testing.T) {
	broken := &bounded{Most: 10, Both: 4, From: -1, UpTo: 2, Share: 2, Part: 1}
	var keys []string
	for _, f := range Check(broken) {
		keys = append(keys, f.Key)
	}
	if want := []string{"least", "most", "both", "from", "up_to", "share", "part", "positive", "above", "text"}; !slices.Equal(keys, want) {
		t.Errorf("faults of %v, want %v", keys, want)
	}
	if got := (Fault{"rank", "0 is below 1"}).Error(); got != "rank: 0 is below 1" {
		t.Errorf("a fault reads %q", got)
	}
}

// A rule is broken where its inequality, written out, does not hold.
func TestRulesProperty(t *testing.T) {
	finite := func(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.OneOf(rapid.Float64(), rapid.Float64Range(-3, 3), rapid.SampledFrom([]float64{0, 1, 1.5, 2, math.NaN(), math.Inf(1), math.Inf(-1)}))
		whole := rapid.OneOf(rapid.Int(), rapid.IntRange(-12, 12))
		b := &bounded{
			Least: whole.Draw(t, "least"), Most: whole.Draw(t, "most"), Both: whole.Draw(t, "both"),
			From: number.Draw(t, "from"), UpTo: number.Draw(t, "up_to"), Share: number.Draw(t, "share"), Part: number.Draw(t, "part"),
			Positive: number.Draw(t, "positive"), Above: number.Draw(t, "above"), Text: rapid.SampledFrom([]string{"", "x"}).Draw(t, "text"),
		}
		holds := map[string]bool{
			"least": b.Least >= 1, "most": b.Most <= 9, "both": -2 <= b.Both && b.Both <= 3,
			"from": finite(b.From) && b.From >= 0, "up_to": finite(b.UpTo) && b.UpTo <= 1.5, "share": b.Share >= 0 && b.Share <= 1, "part": b.Part >= 0 && b.Part < 1,
			"positive": finite(b.Positive) && b.Positive > 0, "above": finite(b.Above) && b.Above > 2, "text": b.Text != "",
		}
		told := map[string]string{}
		for _, f := range Check(b) {
			told[f.Key] = f.What
		}
		for key, ok := range holds {
			if _, broken := told[key]; broken == ok {
				t.Errorf("%s of %+v: holds %v, told %q", key, b, ok, fmt.Sprint(told[key]))
			}
			delete(told, key)
		}
		if len(told) > 0 {
			t.Errorf("faults of what has no rule: %v", told)
		}
	})
}

func TestRange(t *testing.T) {
	want := map[string]string{
		"least": "1 or more", "most": "up to 9", "both": "-2 to 3", "from": "0 or more", "up_to": "up to 1.5", "share": "0 to 1", "part": "0 to below 1", "positive": "above 0", "above": "above 2",
	}
	for _, f := range Fields(new(bounded)) {
		if got := f.Range(); got != want[f.Key] {
			t.Errorf("%s allows %q, want %q", f.Key, got, want[f.Key])
		}
	}
}
