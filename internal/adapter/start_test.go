package adapter_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/fault"
)

func TestStartFrom(t *testing.T) {
	from := trained(t)
	fresh := func(rank int, alpha float64, modules ...string) *adapter.Adapter {
		a, err := adapter.New(rank, alpha, adapter.Paper, shapes(modules...), nil, 11)
		must(t, err)
		return a
	}
	a := fresh(4, 16, "attention.self.query", "attention.self.value")
	must(t, a.StartFrom(from))
	if diff := cmp.Diff(from.Modules, a.Modules); diff != "" {
		t.Errorf("other weights (-from +a):\n%s", diff)
	}
	if len(a.Head) != 0 {
		t.Error("the head came along")
	}
	a.Modules[0].A[0]++
	if a.Modules[0].A[0] == from.Modules[0].A[0] {
		t.Error("the two share memory")
	}

	for want, b := range map[string]*adapter.Adapter{
		"rank is 4, not 2: set rank to 4":                              fresh(2, 16, "attention.self.query", "attention.self.value"),
		"alpha is 16, not 8":                                           fresh(4, 8, "attention.self.query", "attention.self.value"),
		"adapts roberta.encoder.layer.0.attention.self.value as well":  fresh(4, 16, "attention.self.query"),
		"does not adapt roberta.encoder.layer.0.attention.self.key: s": fresh(4, 16, "attention.self.query", "attention.self.key", "attention.self.value"),
	} {
		before := b.Fingerprint()
		err := b.StartFrom(from)
		if err == nil || fault.ClassOf(err) != fault.Usage || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
		if b.Fingerprint() != before {
			t.Errorf("%s: refused, but changed", want)
		}
	}
	for _, s := range scalings {
		from := trained(t)
		from.Scaling = s
		for _, mine := range scalings {
			b := fresh(4, 16, "attention.self.query", "attention.self.value")
			b.Scaling = mine
			err := b.StartFrom(from)
			if want := fmt.Sprintf("its scaling is %v, not %v, and its weights are made for that scale: set scaling to %v", s, mine, s); (err == nil) != (s == mine) || err != nil && (fault.ClassOf(err) != fault.Usage || err.Error() != want) {
				t.Errorf("%v, want %q", err, want)
			}
		}
	}
	wide := fresh(4, 16, "attention.self.query", "attention.self.value")
	wide.Modules[1].In = 7
	if err := wide.StartFrom(from); err == nil || !strings.Contains(err.Error(), "another model") {
		t.Errorf("another shape: %v", err)
	}
}

// TestStartFromSlice: a training that goes on with a slice has the slice's scale at every rank,
// with the alpha that it asks for.
func TestStartFromSlice(t *testing.T) {
	for s, alpha := range map[adapter.Scaling]float64{adapter.Paper: 16, adapter.Sqrt: 16, adapter.Constant: 8, power("1.5"): 16 * math.Pow(0.5, -0.5)} {
		whole := trained(t)
		whole.Scaling = s
		cut, err := whole.Slice(2)
		must(t, err)
		a, err := adapter.New(2, alpha, s, shapes("attention.self.query", "attention.self.value"), nil, 11)
		must(t, err)
		a.Alpha = 3
		if err := a.StartFrom(cut); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("set alpha to %v", alpha)) {
			t.Errorf("%v: %v, want alpha %v", s, err, alpha)
		}
		a.Alpha = alpha
		must(t, a.StartFrom(cut))
		for r := 1; r <= 2; r++ {
			_, want := whole.Scale(&whole.Modules[0], r)
			if _, got := a.Scale(&a.Modules[0], r); math.Abs(got-want) > 1e-14*want {
				t.Errorf("%v at rank %d: scale %v, the slice's %v", s, r, got, want)
			}
		}
	}
}

// TestFingerprintStays: an adapter keeps the fingerprint that trainings recorded it by.
func TestFingerprintStays(t *testing.T) {
	stable := trained(t)
	stable.Scaling = adapter.Sqrt
	for want, a := range map[string]*adapter.Adapter{
		"31cce492973522ac41017aaa06ebdef52d790add9a6604c3f1eb42438d7ea87d": trained(t),
		"e2e1471a2c05d79db56131a499fdc391f5506e93b8b2d529b749c679338a4f9a": stable,
		"50d6f1828e128b92f65517c315b2c5623f5c9454880ea941855ec449b4ce3160": mixed(t),
	} {
		if got := a.Fingerprint(); got != want {
			t.Errorf("%s became %s", want, got)
		}
	}
}

// TestFingerprint: everything that changes a result changes the fingerprint, and nothing else.
func TestFingerprint(t *testing.T) {
	same := trained(t)
	if same.Fingerprint() != trained(t).Fingerprint() || same.Fingerprint() != same.Clone().Fingerprint() {
		t.Error("equal adapters differ")
	}
	seen := map[string]string{same.Fingerprint(): "unchanged"}
	for name, change := range map[string]func(a *adapter.Adapter){
		"alpha":  func(a *adapter.Adapter) { a.Alpha = 8 },
		"rank":   func(a *adapter.Adapter) { a.Rank = 2 },
		"sqrt":   func(a *adapter.Adapter) { a.Scaling = adapter.Sqrt },
		"flat":   func(a *adapter.Adapter) { a.Scaling = adapter.Constant },
		"power":  func(a *adapter.Adapter) { a.Scaling = power("0.75") },
		"steep":  func(a *adapter.Adapter) { a.Scaling = power("1.5") },
		"cut":    func(a *adapter.Adapter) { a.Scaling, a.ScalingRank = adapter.Constant, 8 },
		"A":      func(a *adapter.Adapter) { a.Modules[1].A[3] = -a.Modules[1].A[3] },
		"B":      func(a *adapter.Adapter) { a.Modules[0].B[0] = 0 },
		"module": func(a *adapter.Adapter) { a.Modules[0].Name += "x" },
		"head":   func(a *adapter.Adapter) { a.Head[3].Data[1] = 0 },
	} {
		a := trained(t)
		change(a)
		f := a.Fingerprint()
		if other, ok := seen[f]; ok {
			t.Errorf("%s: the fingerprint of %s", name, other)
		}
		seen[f] = name
	}
}
