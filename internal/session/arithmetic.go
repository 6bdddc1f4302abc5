package session

import (
	"github.com/dylora/dylora/internal/cluster"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/settings"
)

// Arithmetic is with what and how precisely an encoder computes.
type Arithmetic struct {
	Machine   *kernel.Machine
	Precision kernel.Precision
}

// NewArithmetic makes a machine with the kernel and the threads that the settings ask for.
func NewArithmetic(m settings.Machine) (Arithmetic, error) {
	mc, err := kernel.New(m.Kernel, m.Threads)
	if err != nil {
		return Arithmetic{}, fault.Usagef("kernel: %w", err)
	}
	return Arithmetic{Machine: mc, Precision: m.Precision}, nil
}

// TrainingArithmetic is NewArithmetic for training, which refuses a precision that has no
// gradients.
func TrainingArithmetic(r *settings.Resolved) (Arithmetic, error) {
	if p := r.Machine.Precision; !p.Trains() {
		return Arithmetic{}, fault.Usagef("precision: %s is for evaluation only, it is too coarse for gradients: train in i16 or float32, and evaluate the adapter in %s (%s)",
			p, p, r.Place("precision"))
	}
	return NewArithmetic(r.Machine)
}

// TellBinding tells the user where a launcher keeps this process from processors that it could use.
func (e *Env) TellBinding(a Arithmetic) {
	if line := cluster.Bound(e.Getenv, a.Machine.Threads()); line != "" {
		e.Say("warning: " + line)
	}
}

// exact is the same arithmetic with unrounded weights.
func (a Arithmetic) exact() Arithmetic {
	a.Precision = kernel.Float32
	return a
}

// loadPrecision is the precision to load a model in: what is calibrated first needs float32.
func (a Arithmetic) loadPrecision() kernel.Precision {
	if a.Precision == kernel.Int8 {
		return kernel.Float32
	}
	return a.Precision
}
