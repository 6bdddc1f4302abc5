package adapter_test

import (
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
	wide := fresh(4, 16, "attention.self.query", "attention.self.value")
	wide.Modules[1].In = 7
	if err := wide.StartFrom(from); err == nil || !strings.Contains(err.Error(), "another model") {
		t.Errorf("another shape: %v", err)
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
