package adapter_test

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/fault"
)

// scalings are one of each law.
var scalings = []adapter.Scaling{adapter.Paper, adapter.Sqrt, adapter.Constant, power("0.75"), power("1.5")}

func power(p string) adapter.Scaling {
	s, err := adapter.ParseScaling("power:" + p)
	if err != nil {
		panic(err)
	}
	return s
}

// TestScalings: the table of scales for R = 8 and α = 16 at ranks 1, 2, 4 and 8.
func TestScalings(t *testing.T) {
	for text, want := range map[string][4]float64{
		"paper":     {16, 8, 4, 2},
		"sqrt":      {16, 16 / math.Sqrt2, 8, 16 / math.Sqrt(8)},
		"constant":  {2, 2, 2, 2},
		"power:0.5": {16 / math.Sqrt(8), 4, 16 / math.Sqrt(32), 2},
		"power:2":   {128, 32, 8, 2},
	} {
		s, err := adapter.ParseScaling(text)
		must(t, err)
		a := &adapter.Adapter{Rank: 8, Alpha: 16, Scaling: s}
		for i, b := range []int{1, 2, 4, 8} {
			own, scale := a.Scale(&adapter.Module{}, b)
			if own != b || math.Abs(scale-want[i]) > 1e-14*want[i] {
				t.Errorf("%s at rank %d: %d rows of scale %v, want %v", text, b, own, scale, want[i])
			}
		}
	}
}

func TestParseScaling(t *testing.T) {
	for text, want := range map[string]string{
		"paper": "paper", "sqrt": "sqrt", "constant": "constant", "power:0.75": "power:0.75", "power:.5": "power:0.5", "power:5e-1": "power:0.5",
		"power:0": "constant", "power:-0": "constant", "power:1": "paper", "power:1.0": "paper", "power:2": "power:2", "power:1e-300": "power:1e-300",
	} {
		s, err := adapter.ParseScaling(text)
		if err != nil || s.String() != want {
			t.Errorf("%s is %v, %v, want %s", text, s, err, want)
		}
		if again, err := adapter.ParseScaling(s.String()); err != nil || again != s {
			t.Errorf("%s is %v again, %v", s, again, err)
		}
	}
	for _, text := range []string{"", "Paper", "paper ", "rslora", "power", "power:"} {
		if _, err := adapter.ParseScaling(text); fault.ClassOf(err) != fault.Usage || !strings.Contains(err.Error(), "power") {
			t.Errorf("%q: %v", text, err)
		}
	}
	for _, p := range []string{"x", "NaN", "Inf", "-Inf", "-1", "2.5", "1e999", "0.5 ", "0,5", "--1"} {
		if _, err := adapter.ParseScaling("power:" + p); fault.ClassOf(err) != fault.Usage || !strings.Contains(err.Error(), "from 0 to 2, as in power:0.75") {
			t.Errorf("power:%s: %v", p, err)
		}
	}
}

// FuzzParseScaling: what is read is written as it is read again, with a scale above 0.
func FuzzParseScaling(f *testing.F) {
	for _, text := range []string{"paper", "sqrt", "constant", "power:0.75", "power:0x1p-3", "power:1_0", "power:-0", "power:nan"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := adapter.ParseScaling(text)
		if err != nil {
			if s != adapter.Paper || strings.ContainsAny(err.Error(), "\r\n") {
				t.Errorf("%q: %v, %q", text, s, err)
			}
			return
		}
		again, err := adapter.ParseScaling(s.String())
		if err != nil || again != s {
			t.Errorf("%q is %v, again %v, %v", text, s, again, err)
		}
		a := &adapter.Adapter{Rank: 1 << 16, Alpha: 16, Scaling: s}
		if _, scale := a.Scale(&adapter.Module{}, 3); !(scale > 0) || math.IsInf(scale, 1) {
			t.Errorf("%q: scale %v", text, scale)
		}
	})
}

// TestScalingLaws: the scale never grows with the rank, b independent rows keep their size
// with sqrt, the others are α/R at full rank, and power:p is its formula.
func TestScalingLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rank := rapid.IntRange(1, 64).Draw(t, "rank")
		alpha := rapid.Float64Range(0.01, 100).Draw(t, "alpha")
		b := rapid.IntRange(1, rank).Draw(t, "b")
		scale := func(s adapter.Scaling, b int) float64 {
			a := &adapter.Adapter{Rank: rank, Alpha: alpha, Scaling: s}
			_, scale := a.Scale(&adapter.Module{}, b)
			return scale
		}
		for _, s := range scalings {
			switch got := scale(s, b); {
			case b > 1 && got > scale(s, b-1)*(1+1e-15):
				t.Fatalf("%v: %v at rank %d, %v below", s, got, b, scale(s, b-1))
			case s == adapter.Sqrt && math.Abs(got*math.Sqrt(float64(b))-alpha) > 1e-12*alpha:
				t.Fatalf("%d rows of scale %v have the size %v", b, got, got*math.Sqrt(float64(b)))
			case s != adapter.Sqrt && scale(s, rank) != alpha/float64(rank):
				t.Fatalf("%v at full rank: %v, want %v", s, scale(s, rank), alpha/float64(rank))
			}
		}
		p := rapid.Float64Range(0.001, 1.999).Draw(t, "p")
		s, err := adapter.ParseScaling("power:" + strconv.FormatFloat(p, 'g', -1, 64))
		if err != nil {
			t.Fatal(err)
		}
		want := alpha * math.Pow(float64(rank), p-1) / math.Pow(float64(b), p)
		if got := scale(s, b); math.Abs(got-want) > 1e-12*want {
			t.Fatalf("%v at rank %d of %d: %v, want %v", s, b, rank, got, want)
		}
	})
}
