package evaluate

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestValue(t *testing.T) {
	tests := []struct {
		in         float64
		text, json string
	}{
		{0, "0", "0"},
		{0.8756, "0.8756", "0.8756"},
		{-1, "-1", "-1"},
		{1.0 / 3, "0.3333333333333333", "0.3333333333333333"},
		{math.NaN(), "undefined", "null"},
		{math.Inf(1), "undefined", "null"},
		{math.Inf(-1), "undefined", "null"},
	}
	for _, tt := range tests {
		v := Number(tt.in)
		b, err := json.Marshal(v)
		if v.String() != tt.text || string(b) != tt.json || err != nil {
			t.Errorf("Number(%v) = %q, JSON %s, %v; want %q, %s", tt.in, v, b, err, tt.text, tt.json)
		}
		var back Value
		if err := json.Unmarshal(b, &back); err != nil || back != v {
			t.Errorf("Number(%v) read back = %v, %v", tt.in, back, err)
		}
	}
	if zero := (Value{}); zero.String() != "undefined" || zero == Number(0) {
		t.Error("the zero Value is not undefined, or equals 0")
	}
	v := Number(1)
	if err := json.Unmarshal([]byte(`"x"`), &v); err == nil {
		t.Error("a string was read as a value")
	}
}

func TestValueSub(t *testing.T) {
	if got := Number(3).Sub(Number(1)); got != Number(2) {
		t.Errorf("3 - 1 = %v", got)
	}
	if got := Number(3).Sub(Value{}); got != (Value{}) {
		t.Errorf("3 - undefined = %v", got)
	}
	if got := (Value{}).Sub(Number(3)); got != (Value{}) {
		t.Errorf("undefined - 3 = %v", got)
	}
}

func TestMetrics(t *testing.T) {
	m := Metrics{{"pearson", Value{}}, {"accuracy", Number(0.5)}}
	if got := m.Headline(); got != m[0] {
		t.Errorf("headline = %v", got)
	}
	if got := (Metrics{}).Headline(); got != (Metric{}) {
		t.Errorf("headline of nothing = %v", got)
	}
	if m.Get("accuracy") != Number(0.5) || m.Get("f1") != (Value{}) {
		t.Errorf("Get: accuracy %v, f1 %v", m.Get("accuracy"), m.Get("f1"))
	}
	if diff := cmp.Diff(map[string]float64{"accuracy": 0.5}, m.Floats()); diff != "" {
		t.Errorf("Floats (-want +got):\n%s", diff)
	}
	b, err := json.Marshal(m)
	if want := `{"pearson":null,"accuracy":0.5}`; string(b) != want || err != nil {
		t.Errorf("JSON %s, %v; want %s", b, err, want)
	}
	for _, bad := range []string{`[]`, `{"a":"b"}`, `{"a":{}}`, `7`} {
		if err := json.Unmarshal([]byte(bad), &m); err == nil {
			t.Errorf("%s was read as metrics", bad)
		}
	}
}

// TestMetricsRoundTrip: JSON keeps names, values and their order.
func TestMetricsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := Metrics{}
		for _, name := range rapid.SliceOfDistinct(rapid.String(), rapid.ID[string]).Draw(t, "names") {
			m = append(m, Metric{name, Number(rapid.Float64().Draw(t, "value"))})
		}
		b, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		back := Metrics{}
		if err := json.Unmarshal(b, &back); err != nil {
			t.Fatalf("%s: %v", b, err)
		}
		if len(m) == 0 && len(back) == 0 {
			return
		}
		if diff := cmp.Diff(m, back, cmp.AllowUnexported(Value{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", b, diff)
		}
	})
}
