package train

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/dylora/dylora/internal/fault"
)

var undefined = math.NaN()

// values are those of ranks 1, 2, …
func values(of ...float64) Values {
	var v Values
	for i, x := range of {
		v = append(v, Value{i + 1, x})
	}
	return v
}

// TestBetter: what beats a record, by the mean and by one rank.
func TestBetter(t *testing.T) {
	for _, tt := range []struct {
		name   string
		best   Best
		v, w   Values
		better bool
	}{
		{"a higher mean", BestByMean(), values(0.1, 0.9), values(0.4, 0.5), true},
		{"a lower mean", BestByMean(), values(0.4, 0.5), values(0.1, 0.9), false},
		{"a tie keeps the record", BestByMean(), values(0.5, 0.25), values(0.25, 0.5), false},
		{"its rank only", BestAt(2), values(0.9, 0.4), values(0.1, 0.5), false},
		{"its rank is higher", BestAt(2), values(0.1, 0.6), values(0.9, 0.5), true},
		{"a tie at its rank", BestAt(2), values(0.9, 0.5), values(0.1, 0.5), false},
		{"a number beats undefined", BestByMean(), values(-1, -1), values(undefined, undefined), true},
		{"undefined never beats a number", BestByMean(), values(undefined, undefined), values(-1, -1), false},
		{"undefined at both", BestByMean(), values(undefined), values(undefined), false},
		{"more are defined", BestByMean(), values(0.1, 0.1), values(0.9, undefined), true},
		{"fewer are defined", BestByMean(), values(0.9, undefined), values(0.1, 0.1), false},
		{"as many are defined, elsewhere", BestByMean(), values(undefined, 0.6), values(0.5, undefined), true},
		{"undefined at another rank", BestAt(1), values(0.6, undefined), values(0.5, 0.5), true},
		{"undefined at its rank", BestAt(1), values(undefined, 0.9), values(0.5, 0.5), false},
		{"its rank was not evaluated", BestAt(7), values(0.9, 0.9), values(0.5, 0.5), false},
		{"the last, whatever it is", LastEpoch(), values(0.1, undefined), values(0.9, 0.9), true},
		{"negative values", BestByMean(), values(-0.1), values(-0.2), true},
	} {
		if got := tt.best.better(tt.v, tt.w, false); got != tt.better {
			t.Errorf("%s: %v before %v by %v: %v", tt.name, tt.v, tt.w, tt.best, got)
		}
		if got := tt.best.better(negative(tt.v), negative(tt.w), true); got != tt.better {
			t.Errorf("%s: %v before %v by %v, of losses: %v", tt.name, tt.v, tt.w, tt.best, got)
		}
	}
}

// negative turns the sign of values.
func negative(v Values) Values {
	n := slices.Clone(v)
	for i := range n {
		n[i].Value = -n[i].Value
	}
	return n
}

// TestBetterIsAnOrder: no two beat each other, none beats itself, and it is transitive.
func TestBetterIsAnOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		less := rapid.Bool().Draw(t, "less")
		b := rapid.SampledFrom([]Best{BestByMean(), BestAt(1), BestAt(3)}).Draw(t, "best")
		draw := func(name string) Values {
			return values(rapid.SliceOfN(rapid.SampledFrom([]float64{undefined, -0.5, 0, 0.5, 1}), 3, 3).Draw(t, name)...)
		}
		u, v, w := draw("u"), draw("v"), draw("w")
		switch {
		case b.better(u, u, less):
			t.Fatalf("%v beats itself", u)
		case b.better(u, v, less) && b.better(v, u, less):
			t.Fatalf("%v and %v beat each other", u, v)
		case b.better(u, v, less) && b.better(v, w, less) && !b.better(u, w, less):
			t.Fatalf("%v beats %v, that beats %v, which the first does not", u, v, w)
		}
	})
}

func TestParseBest(t *testing.T) {
	for _, tt := range []struct {
		spec, name string
		rank       int
	}{{"mean", "mean", 0}, {"last", "last", 0}, {"R", "8", 8}, {"1", "1", 1}, {"8", "8", 8}} {
		b, err := ParseBest(tt.spec, 8)
		if err != nil || b.Rank() != tt.rank || b.String() != tt.name {
			t.Errorf("%s is %v of rank %d, %v", tt.spec, b, b.Rank(), err)
		}
		if text, err := json.Marshal(b); err != nil || string(text) != `"`+tt.name+`"` {
			t.Errorf("%s as JSON is %s, %v", tt.spec, text, err)
		}
	}
	for _, spec := range []string{"", "r", "Mean", "0", "9", "-1", "1.5"} {
		if b, err := ParseBest(spec, 8); fault.ClassOf(err) != fault.Usage {
			t.Errorf("%q is %v, %v", spec, b, err)
		}
	}
}

// TestBestOf: a metric chooses by its mean, and has its name in settings and checkpoints.
func TestBestOf(t *testing.T) {
	b := BestOf("log_loss")
	if b.Metric() != "log_loss" || b.Rank() != 0 || b.Last() || b.String() != "log_loss" || BestAt(1).Metric() != "" {
		t.Errorf("%v of rank %d", b, b.Rank())
	}
	if !b.better(values(0.1, 0.2), values(0.2, 0.2), true) || b.better(values(0.1, 0.2), values(0.2, 0.2), false) {
		t.Error("its values are not compared by their mean")
	}
}

// TestValuesJSON: an object in the order of the ranks, null where undefined.
func TestValuesJSON(t *testing.T) {
	b, err := json.Marshal(Values{{1, 0.5}, {2, undefined}, {10, -1e-9}, {12, math.Inf(1)}})
	if want := `{"1":0.5,"2":null,"10":-1e-09,"12":null}`; err != nil || string(b) != want {
		t.Errorf("%s, %v; want %s", b, err, want)
	}
	for _, text := range []string{`[1]`, `{"a":1}`, `{"1":"x"}`, `{`} {
		if err := new(Values).UnmarshalJSON([]byte(text)); err == nil {
			t.Errorf("%s was read", text)
		}
	}
}

// TestValuesJSONBack: what is written is read, undefined values included.
func TestValuesJSONBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ranks := rapid.SliceOfNDistinct(rapid.IntRange(1, 300), 0, 9, rapid.ID[int]).Draw(t, "ranks")
		slices.Sort(ranks)
		var v Values
		for _, r := range ranks {
			v = append(v, Value{r, rapid.OneOf(rapid.Just(undefined), rapid.Float64Range(-1, 1)).Draw(t, "value")})
		}
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		var got Values
		if err := json.Unmarshal(b, &got); err != nil || fmt.Sprint(got) != fmt.Sprint(v) {
			t.Fatalf("%s was read as %v, %v", b, got, err)
		}
	})
}
