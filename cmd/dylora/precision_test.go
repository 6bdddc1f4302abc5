package main

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/program"
)

// logits are those of the built-in model and a random head for sentences of the built-in
// task, in a precision.
func logits(t *testing.T, p kernel.Precision) []float32 {
	t.Helper()
	b, err := loadBase(context.Background(), nil, dataConfig{Model: "mini"}, loaded(p))
	if err != nil {
		t.Fatal(err)
	}
	task, err := data.LookupTask("demo")
	if err != nil {
		t.Fatal(err)
	}
	a := &adapter.Adapter{Rank: 1, Alpha: 1, Head: b.model.Head(evaluate.Outputs(task), 7)}
	build := func() *program.Program {
		made, err := program.New(b.model, a, task, program.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
	made := build()
	if p == kernel.Int8 {
		if err := b.reduce(context.Background(), made, 0, builtInSample(), 64); err != nil {
			t.Fatal(err)
		}
		made = build()
	}
	dev, err := task.Read("", "dev")
	if err != nil {
		t.Fatal(err)
	}
	stream := data.Encode(context.Background(), b.tokenizer, everyNth(dev, 64), 64)
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

// What is said follows the rates: nothing where a precision gains, else by how much not.
func TestPrecisionNote(t *testing.T) {
	for _, c := range []struct {
		p                         kernel.Precision
		float32s, i16, int8, bf16 float64
		want                      string
	}{
		{kernel.I16, 100, 200, 400, 200, ""},
		{kernel.Int8, 100, 200, 400, 200, ""},
		{kernel.BF16, 100, 200, 400, 200, ""},
		{kernel.BF16, 178e9, 383e9, 766e9, 88e9, "bf16 is slower than float32 here, and less exact: 88 against 178 GFLOP/s"},
		{kernel.Int8, 90e9, 160e9, 163e9, 3e9, "int8 is no faster than i16 here, and less exact: 163 against 160 GFLOP/s"},
		{kernel.Int8, 4e9, 2e9, 3e9, 3e9, "int8 is slower than float32 here"},
	} {
		rates := map[kernel.Precision]float64{kernel.Float32: c.float32s, kernel.I16: c.i16, kernel.Int8: c.int8, kernel.BF16: c.bf16}
		got := note(c.p, func(p kernel.Precision) float64 { return rates[p] })
		if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%+v: %q", c, got)
		}
	}
}
