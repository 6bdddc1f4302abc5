package session

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/kernel/kerneltest"
	"github.com/dylora/dylora/internal/program"
)

// logits are those of the built-in model and a random head for sentences of the built-in
// task, in a precision.
func logits(t *testing.T, p kernel.Precision) []float32 {
	t.Helper()
	b, err := LoadEncoder(context.Background(), env(t), settled(t, ""), Arithmetic{Machine: kerneltest.New(t), Precision: p}, nil)
	if err != nil {
		t.Fatal(err)
	}
	task, err := data.LookupTask("demo")
	if err != nil {
		t.Fatal(err)
	}
	a := &adapter.Adapter{Rank: 1, Alpha: 1, Head: b.Model.Head(evaluate.Outputs(task), 7)}
	build := func() *program.Program {
		made, err := program.New(b.Model, a, task, program.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
	made := build()
	if p == kernel.Int8 {
		if err := b.Calibrate(context.Background(), env(t), made, 0, findSample(env(t), task, settled(t, "").Data)); err != nil {
			t.Fatal(err)
		}
		made = build()
	}
	dev, err := task.Read("", "dev")
	if err != nil {
		t.Fatal(err)
	}
	stream := data.Encode(context.Background(), b.Tokenizer, data.Spaced(dev, 64), 64)
	defer stream.Close()
	var list []data.Encoded
	for i := range stream.Len() {
		list = append(list, stream.At(i))
	}
	out, err := made.Logits(data.Pack(list), make([]int, len(list)))
	if err != nil {
		t.Fatal(err)
	}
	return slices.Clone(out)
}

// The error of each precision on a trained model: the difference of a logit from float32's,
// root mean square over the standard deviation of the logits. Bounds are two to three times
// what was measured.
func TestPrecisionOnMini(t *testing.T) {
	want := logits(t, kernel.Float32)
	for p, bound := range map[kernel.Precision]float64{
		kernel.I16:  2e-3, // measured: 7.4e-4
		kernel.Int8: 5e-2, // 2.1e-2
		kernel.BF16: 1e-2, // 4.6e-3
	} {
		t.Run(p.String(), func(t *testing.T) {
			got := logits(t, p)
			var mean, deviation, off float64
			for _, v := range want {
				mean += float64(v) / float64(len(want))
			}
			for i, v := range want {
				deviation += (float64(v) - mean) * (float64(v) - mean)
				off += math.Pow(float64(got[i])-float64(v), 2)
			}
			off = math.Sqrt(off / deviation)
			t.Logf("%.2g of the logits' deviation", off)
			if !(off > 0 && off <= bound) {
				t.Errorf("off by %.2g of the logits' deviation, bound %.2g", off, bound)
			}
		})
	}
}
