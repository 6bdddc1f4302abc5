package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// BenchmarkIntegerPeak is the micro-kernel alone, its operands in the L1 cache.
func BenchmarkIntegerPeak(b *testing.B) {
	before := active.Load()
	defer active.Store(before)
	for _, name := range Names()[1:] {
		if err := Configure(name); err != nil {
			b.Fatal(err)
		}
		f := activeForm()
		rows := len(f.tiles)
		a, panel, c := make([]int32, rows*wordBlock), make([]int32, wordBlock*f.width), make([]float32, rows*f.width)
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				for range 1000 {
					f.tiles[rows-1](wordBlock, &a[0], &panel[0], &c[0])
				}
			}
			b.ReportMetric(2*1000*float64(rows*f.width*2*wordBlock)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
		})
	}
}

func BenchmarkQuantize(b *testing.B) {
	x := normals(rand.New(rand.NewPCG(1, 2)), 480*768)
	q := new(quantized)
	q.resize(480, 384)
	b.SetBytes(4 * 480 * 768)
	for b.Loop() {
		q.quantize(x, 768, 768, nil, 0, 480)
	}
}

func BenchmarkInteger(b *testing.B) {
	for _, s := range []struct{ rows, out, in int }{{480, 2304, 768}, {480, 768, 768}, {480, 3072, 768}, {480, 768, 3072}, {480, 768, 256}, {480, 1024, 256}, {480, 256, 1024}, {32, 768, 768}} {
		rng := rand.New(rand.NewPCG(1, 2))
		w, x := normals(rng, s.out*s.in), normals(rng, s.rows*s.in)
		y := make([]float32, s.rows*s.out)
		for _, p := range Precisions() {
			f := p.Pack(w, s.out, s.in)
			f.Backward(x, s.in, y, s.out, 1, true)
			flops := 2 * float64(s.rows) * float64(s.out) * float64(s.in)
			name := fmt.Sprintf("%dx%dx%d/%s", s.rows, s.out, s.in, p)
			b.Run("forward/"+name, func(b *testing.B) {
				for b.Loop() {
					f.Forward(y, s.out, x, s.in, s.rows, nil)
				}
				b.ReportMetric(flops*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
			})
			b.Run("backward/"+name, func(b *testing.B) {
				for b.Loop() {
					f.Backward(x, s.in, y, s.out, s.rows, false)
				}
				b.ReportMetric(flops*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
			})
		}
	}
}
