package kernel

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// at reads element (i, j) of op(A), transposed or not.
func at(a []float32, ld, i, j int, transposed bool) float64 {
	if transposed {
		i, j = j, i
	}
	return float64(a[i*ld+j])
}

func TestStridedProducts(t *testing.T) {
	t.Parallel()
	products := []struct {
		name   string
		f      func(mc *Machine, c []float32, ldc int, a []float32, lda int, b []float32, ldb, m, n, k int, alpha float32, acc bool)
		ta, tb bool
	}{{"NT", (*Machine).MulNT, false, true}, {"NN", (*Machine).MulNN, false, false}, {"TN", (*Machine).MulTN, true, false}}
	onEveryLevel(t, func(t *testing.T, mc *Machine) {
		rng := rand.New(rand.NewPCG(1, 9))
		for _, p := range products {
			for _, s := range [][3]int{{1, 1, 1}, {3, 5, 2}, {8, 8, 64}, {13, 8, 300}, {9, 70, 8}, {8, 257, 31}, {17, 17, 64}, {4, 33, 1}, {31, 3, 19}} {
				m, n, k := s[0], s[1], s[2]
				lda, ldb, ldc := max(m, k)+3, max(n, k)+2, n+1
				a, b := normals(rng, max(m, k)*lda), normals(rng, max(n, k)*ldb)
				for _, acc := range []bool{false, true} {
					c := normals(rng, m*ldc)
					before := slices.Clone(c)
					p.f(mc, c, ldc, a, lda, b, ldb, m, n, k, 0.5, acc)
					want := make([]float64, len(c))
					for i := range c {
						want[i] = float64(before[i])
					}
					for i := range m {
						for j := range n {
							sum := 0.0
							for q := range k {
								sum += at(a, lda, i, q, p.ta) * at(b, ldb, q, j, p.tb)
							}
							want[i*ldc+j] = 0.5 * sum
							if acc {
								want[i*ldc+j] += float64(before[i*ldc+j])
							}
						}
					}
					closeTo(t, fmt.Sprintf("%s %v acc=%t", p.name, s, acc), c, want, 2e-6)
				}
			}
		}
	})
}

// A tile's place must not show: rows alone, and columns alone, have the bits of the whole.
func TestStridedBits(t *testing.T) {
	t.Parallel()
	onEveryLevel(t, func(t *testing.T, mc *Machine) {
		rng := rand.New(rand.NewPCG(2, 9))
		const m, n, k = 19, 45, 70
		a, b := normals(rng, m*k), normals(rng, n*k)
		whole := make([]float32, m*n)
		mc.MulNT(whole, n, a, k, b, k, m, n, k, 1, false)
		for i := range m {
			row := make([]float32, n)
			mc.MulNT(row, n, a[i*k:], k, b, k, 1, n, k, 1, false)
			if !slices.Equal(row, whole[i*n:(i+1)*n]) {
				t.Fatalf("NT: row %d alone has other bits", i)
			}
		}
		for cut := range 9 { // ranks that adapters have
			part := make([]float32, m*n)
			mc.MulNT(part, n, a, k, b, k, m, cut, k, 1, false)
			mc.MulNT(part[cut:], n, a, k, b[cut*k:], k, m, n-cut, k, 1, false)
			if !slices.Equal(part, whole) {
				t.Fatalf("NT: cut at column %d has other bits", cut)
			}
		}
		mc.MulNN(whole, n, a, k, b, n, m, n, k, 1, false)
		part := make([]float32, m*n)
		for _, cut := range []int{1, 16, 31, 40} {
			mc.MulNN(part, n, a, k, b, n, m, cut, k, 1, false)
			mc.MulNN(part[cut:], n, a, k, b[cut:], n, m, n-cut, k, 1, false)
			if !slices.Equal(part, whole) {
				t.Fatalf("NN: cut at column %d has other bits", cut)
			}
		}
	})
}

func BenchmarkStrided(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	x, w := normals(rng, 512*768), normals(rng, 768*64)
	c := make([]float32, 512*768)
	for _, l := range Levels()[1:] {
		mc := At(l, 0)
		for _, s := range []struct {
			name    string
			m, n, k int
			f       func()
		}{
			{"A·x", 480, 8, 768, func() { mc.MulNT(c, 8, x, 768, w, 768, 480, 8, 768, 1, false) }},
			{"B·h", 480, 768, 8, func() { mc.MulNN(c, 768, x, 8, w, 768, 480, 768, 8, 1, true) }},
			{"dA", 8, 768, 480, func() { mc.MulTN(c, 768, w, 8, x, 768, 8, 768, 480, 1, false) }},
			{"scores", 26, 26, 64, func() { mc.MulNT(c, 26, x, 768, w, 768, 26, 26, 64, 1, false) }},
			{"context", 26, 64, 26, func() { mc.MulNN(c, 64, x, 26, w, 768, 26, 64, 26, 1, false) }},
		} {
			b.Run(s.name+"/"+l.String(), func(b *testing.B) {
				for b.Loop() {
					s.f()
				}
				b.ReportMetric(2*float64(s.m*s.n*s.k)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
			})
		}
	}
}
