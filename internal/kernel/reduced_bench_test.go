package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

func BenchmarkQuantize(b *testing.B) {
	mc := best(b, 0)
	x := normals(rand.New(rand.NewPCG(1, 2)), 480*768)
	q, c := new(quantized), mc.coding(I16)
	q.resize(480, 384)
	b.SetBytes(4 * 480 * 768)
	for b.Loop() {
		q.round(&c, x, 768, 768, nil, 0, 480)
	}
}

func BenchmarkInteger(b *testing.B) {
	mc := best(b, 0)
	for _, s := range []struct{ rows, out, in int }{{480, 2304, 768}, {480, 768, 768}, {480, 3072, 768}, {480, 768, 3072}, {480, 768, 256}, {480, 1024, 256}, {480, 256, 1024}, {32, 768, 768}} {
		rng := rand.New(rand.NewPCG(1, 2))
		w, x := normals(rng, s.out*s.in), normals(rng, s.rows*s.in)
		y := make([]float32, s.rows*s.out)
		for _, p := range []Precision{Float32, I16, Int8} {
			f := mc.Pack(p, w, s.out, s.in)
			flops := 2 * float64(s.rows) * float64(s.out) * float64(s.in)
			name := fmt.Sprintf("%dx%dx%d/%s", s.rows, s.out, s.in, p)
			b.Run("forward/"+name, func(b *testing.B) {
				for b.Loop() {
					f.Forward(y, s.out, x, s.in, s.rows, nil)
				}
				b.ReportMetric(flops*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
			})
			if !p.Trains() {
				continue
			}
			b.Run("backward/"+name, func(b *testing.B) {
				for b.Loop() {
					f.Backward(x, s.in, y, s.out, s.rows, false)
				}
				b.ReportMetric(flops*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
			})
		}
	}
}
