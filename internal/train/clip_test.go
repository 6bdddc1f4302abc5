package train

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/dylora/dylora/internal/kernel/kerneltest"
	"github.com/dylora/dylora/internal/program"
)

// gradients are params whose gradients are given, one vector each.
func gradients(vectors ...[]float32) []program.Param {
	var params []program.Param
	for _, v := range vectors {
		params = append(params, program.Param{Value: make([]float32, len(v)), Grad: v, Shape: []int{len(v)}, RankAxis: -1})
	}
	return params
}

// TestGradNorm is that of all gradients as one vector, and not finite if one is not.
func TestGradNorm(t *testing.T) {
	mc := kerneltest.New(t)
	if got := GradNorm(mc, gradients([]float32{3, 0}, []float32{-4}, nil, []float32{12})); got != 13 {
		t.Errorf("norm %v, want 13", got)
	}
	if got := GradNorm(mc, gradients([]float32{3e30}, []float32{4e30})); math.Abs(got/5e30-1) > 1e-6 {
		t.Errorf("norm %v of large gradients, want 5e30", got)
	}
	for _, x := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if got := GradNorm(mc, gradients([]float32{1}, []float32{float32(x)})); finite(got) {
			t.Errorf("norm %v with a gradient of %v", got, x)
		}
	}
}

// TestClip: as torch.nn.utils.clip_grad_norm_ does.
func TestClip(t *testing.T) {
	mc := kerneltest.New(t)
	for _, tt := range []struct {
		name  string
		limit float64
		want  []float32
	}{
		{"far above", 1, []float32{0.6, 0.8}},
		{"below the limit: never up", 100, []float32{3, 4}},
		{"just below the limit", 5.000002, []float32{3, 4}},
	} {
		params := gradients([]float32{3}, []float32{4})
		Clip(mc, params, GradNorm(mc, params), tt.limit)
		for i, p := range params {
			if math.Abs(float64(p.Grad[0]-tt.want[i])) > 3e-7 {
				t.Errorf("%s: %v, want %v", tt.name, p.Grad[0], tt.want[i])
			}
		}
	}
	zero := gradients([]float32{0, 0})
	if Clip(mc, zero, GradNorm(mc, zero), 1); !slices.Equal(zero[0].Grad, []float32{0, 0}) {
		t.Errorf("gradients of 0 are now %v", zero[0].Grad)
	}
}

// TestClipScales: one factor for all gradients, not above 1, that leaves a norm of at most
// the limit.
func TestClipScales(t *testing.T) {
	mc := kerneltest.New(t)
	rapid.Check(t, func(t *rapid.T) {
		vector := rapid.SliceOfN(rapid.Float32Range(-50, 50), 1, 9)
		params := gradients(vector.Draw(t, "first"), vector.Draw(t, "second"))
		before := gradients(slices.Clone(params[0].Grad), slices.Clone(params[1].Grad))
		limit := rapid.Float64Range(0.01, 100).Draw(t, "limit")
		norm := GradNorm(mc, params)
		Clip(mc, params, norm, limit)
		scale := min(1, limit/(norm+1e-6))
		for i, p := range params {
			for j, g := range p.Grad {
				if want := float64(before[i].Grad[j]) * scale; math.Abs(float64(g)-want) > 1e-6*math.Abs(want)+1e-44 { // the least float32
					t.Fatalf("%v became %v, want %v", before[i].Grad[j], g, want)
				}
			}
		}
		if after := GradNorm(mc, params); after > min(norm, limit)*(1+1e-6) {
			t.Fatalf("norm %v after clipping %v at %v", after, norm, limit)
		}
	})
}
