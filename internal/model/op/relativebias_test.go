package op_test

import (
	"fmt"
	"math"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/kernel/kerneltest"
	"github.com/dylora/dylora/internal/model/op"
	"github.com/dylora/dylora/internal/model/op/optest"
)

// slope is a bias that no other distance and no other head has.
func slope(head, distance int) float32 {
	return float32(math.Sin(float64(distance)*0.7+float64(head))) * 1.5
}

// biased are heads with slope as their bias, in sequences of up to reach tokens.
func biased(count, size, reach int, p float64) op.Heads {
	h := op.Heads{Count: count, Size: size, Drop: op.Drop{P: p, Site: 2}}
	h.Bias = op.NewRelativeBias(h, reach, slope)
	return h
}

// expected is attention with slope added, query by query, in float64, for sequences of the
// given lengths; qkv is (tokens, 3·count·size).
func expected(qkv []float32, lengths []int, count, size int) []float64 {
	h := count * size
	var ctx []float64
	for _, n := range lengths {
		at := func(row, part, head, j int) float64 { return float64(qkv[row*3*h+part*h+head*size+j]) }
		for i := range n {
			for head := range count {
				p, sum := make([]float64, n), 0.0
				for k := range n {
					for j := range size {
						p[k] += at(i, 0, head, j) * at(k, 1, head, j)
					}
					p[k] = math.Exp(p[k]/math.Sqrt(float64(size)) + float64(slope(head, k-i)))
					sum += p[k]
				}
				for j := range size {
					y := 0.0
					for k := range n {
						y += p[k] / sum * at(k, 2, head, j)
					}
					ctx = append(ctx, y)
				}
			}
		}
		qkv = qkv[n*3*h:]
	}
	return ctx
}

// The bias of each head and distance reaches its score, on every level, whatever the lengths
// before it, over several blocks of queries, and in the attention of first tokens alone.
func TestRelativeBiasIsAdded(t *testing.T) {
	t.Parallel()
	const count, size, h = 2, 5, 10
	lengths := []int{1, 70, 3, 17, 130}
	layout, total := []int32{int32(len(lengths)), 0}, 0
	for _, n := range lengths {
		total += n
		layout = append(layout, int32(total))
	}
	qkv := ramp(total*3*h, 1)
	for i := range qkv { // otherwise periodic
		qkv[i] *= 1 + float32(i%101)/50
	}
	want := expected(qkv, lengths, count, size)
	queries, kv := make([]float32, len(lengths)*h), make([]float32, 0, total*2*h)
	for i := range lengths {
		copy(queries[i*h:], qkv[int(layout[1+i])*3*h:][:h])
	}
	for row := range total {
		kv = append(kv, qkv[row*3*h+h:(row+1)*3*h]...)
	}
	for _, level := range kernel.Levels() {
		t.Run(fmt.Sprint(level), func(t *testing.T) {
			g := newGraph(t, layout, []int64{0, 0})
			g.in.Machine = kernel.At(level, 2)
			heads := biased(count, size, 130, 0)
			all, err := op.Attention(&g.in, "all", g.input("qkv", qkv, total, 3*h), heads, [3]bool{})
			if err != nil {
				t.Fatal(err)
			}
			first, err := op.FirstAttention(&g.in, "first", g.input("q", queries, len(lengths), h), g.input("kv", kv, total, 2*h), heads, false, [2]bool{})
			if err != nil {
				t.Fatal(err)
			}
			g.run(t)
			near := func(what string, got []float32, want []float64) {
				for i, w := range want {
					if d := math.Abs(float64(got[i]) - w); !(d < 1e-5) {
						t.Fatalf("%s: element %d is %v, want %v", what, i, got[i], w)
					}
				}
			}
			near("attention", all.Value().Data().([]float32), want)
			for i := range lengths {
				near("attention of first tokens", first.Value().Data().([]float32)[i*h:(i+1)*h], want[int(layout[1+i])*h:][:h])
			}
		})
	}
}

func TestRelativeBiasGradient(t *testing.T) {
	t.Parallel()
	mc := kerneltest.New(t)
	for _, p := range []float64{0, 0.3} {
		h := biased(2, 3, 5, p)
		optest.Check(t, []optest.Input{matrix("qkv", rows, 18), layout(), random(5)}, tokens, tolerance, func(in G.Nodes) (*G.Node, error) {
			return op.Attention(&op.Inputs{Machine: mc, Layout: in[1], Random: in[2]}, "a", in[0], h, [3]bool{true, true, true})
		})
		optest.Check(t, []optest.Input{matrix("q", sequences, 6), matrix("kv", rows, 12), layout(), random(5)}, used, tolerance, func(in G.Nodes) (*G.Node, error) {
			return op.FirstAttention(&op.Inputs{Machine: mc, Layout: in[2], Random: in[3]}, "a", in[0], in[1], h, true, [2]bool{true, true})
		})
	}
	const n = 70 // longer than a block of query rows
	l := optest.Input{Name: "layout", Shape: tensor.Shape{3}, Fixed: []int32{1, 0, n}}
	optest.Check(t, []optest.Input{matrix("qkv", n, 6), l}, n, 5e-3, func(in G.Nodes) (*G.Node, error) {
		return op.Attention(&op.Inputs{Machine: mc, Layout: in[1]}, "a", in[0], biased(1, 2, n, 0), [3]bool{true, true, true})
	})
}

// BenchmarkAttention is RoBERTa-base's attention, forwards, without and with the bias.
func BenchmarkAttention(b *testing.B) {
	const count, size, h, n, sequences = 12, 64, 768, 128, 8
	layout := []int32{sequences}
	for i := range sequences + 1 {
		layout = append(layout, int32(i*n))
	}
	plain := op.Heads{Count: count, Size: size}
	for _, v := range []struct {
		name  string
		heads op.Heads
	}{{"plain", plain}, {"bias", biased(count, size, 512, 0)}} {
		b.Run(v.name, func(b *testing.B) {
			g := &graph{ExprGraph: G.NewGraph()}
			g.in.Machine, g.in.Layout = kerneltest.New(b), g.input("layout", layout, len(layout))
			if _, err := op.Attention(&g.in, "a", g.input("qkv", ramp(sequences*n*3*h, 1), sequences*n, 3*h), v.heads, [3]bool{}); err != nil {
				b.Fatal(err)
			}
			m := G.NewTapeMachine(g.ExprGraph)
			defer m.Close()
			for b.Loop() {
				m.Reset()
				if err := m.RunAll(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
