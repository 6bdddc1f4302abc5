package session

import (
	"testing"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/kernel/kerneltest"
)

// TestLoadPrecision: int8 is loaded exactly, as it is calibrated first; what else is asked
// for is loaded so.
func TestLoadPrecision(t *testing.T) {
	f, err := find(t, env(t), "model: "+reference(t, "roberta").Model())
	must(t, err)
	for asked, want := range map[kernel.Precision]kernel.Precision{
		kernel.Float32: kernel.Float32, kernel.I16: kernel.I16, kernel.Int8: kernel.Float32, kernel.BF16: kernel.BF16,
	} {
		a := Arithmetic{Machine: kerneltest.New(t), Precision: asked}
		e, err := f.Load(env(t), a)
		must(t, err)
		if got := e.Model.Precision(); got != want || e.Model.Machine() != a.Machine {
			t.Errorf("%s: loaded as %s, want %s, on the machine that was given", asked, got, want)
		}
		if a.exact().Precision != kernel.Float32 || a.exact().Machine != a.Machine {
			t.Errorf("%s: exact is %+v", asked, a.exact())
		}
	}
	if f.Model != nil {
		t.Error("loading has changed the files")
	}
}

func TestArithmetic(t *testing.T) {
	a, err := NewArithmetic(settled(t, "kernel: portable; threads: 3; precision: i16").Machine)
	must(t, err)
	if a.Machine.Name() != "portable" || a.Machine.Threads() != 3 || a.Precision != kernel.I16 {
		t.Errorf("machine %s of %d threads, %s", a.Machine.Name(), a.Machine.Threads(), a.Precision)
	}
	r := settled(t, "")
	m := r.Machine
	m.Kernel = "abacus"
	_, err = NewArithmetic(m)
	refused(t, err, fault.Usage, "", "kernel: ", "abacus")
	for precision, trains := range map[string]bool{"float32": true, "i16": true, "int8": false, "bf16": false} {
		_, err := TrainingArithmetic(settled(t, "kernel: portable; precision: "+precision))
		if trains {
			must(t, err)
			continue
		}
		refused(t, err, fault.Usage, "", "precision: "+precision+" is for evaluation only", "test.yaml line 2")
	}
}
