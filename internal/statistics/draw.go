package statistics

import (
	"cmp"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/dylora/dylora/internal/seed"
)

// drawer makes resamples of rows. Rows of many examples get theirs by conditional binomials,
// the rest one example at a time, so that the time depends on the number of rows more than on
// that of examples.
type drawer struct {
	mass  []float64
	large []int     // rows, the largest first
	units []int32   // rows of the others, once for each whole example
	odd   []int     // rows with a part of an example
	sums  []float64 // running sums of those parts
	total float64
}

// largeRow is the mass from which a binomial, of about 100 ns, is cheaper than a draw for each
// example.
const largeRow = 48

func newDrawer(mass []float64) *drawer {
	d := &drawer{mass: mass}
	parts := 0.0
	for i, m := range mass {
		d.total += m
		if m >= largeRow {
			d.large = append(d.large, i)
			continue
		}
		whole := int(m)
		for range whole {
			d.units = append(d.units, int32(i))
		}
		if part := m - float64(whole); part > 0 {
			parts += part
			d.odd, d.sums = append(d.odd, i), append(d.sums, parts)
		}
	}
	slices.SortStableFunc(d.large, func(a, b int) int { return cmp.Compare(mass[b], mass[a]) })
	return d
}

// draw fills weights with a resample of n examples.
func (d *drawer) draw(n int, random *seed.Stream, weights []float64) {
	clear(weights)
	left, mass := n, d.total
	for _, row := range d.large {
		if left == 0 {
			return
		}
		k := left
		if p := d.mass[row] / mass; p < 1 {
			k = int(distuv.Binomial{N: float64(left), P: p, Src: random}.Rand())
		}
		weights[row] = float64(k)
		left, mass = left-k, mass-d.mass[row]
	}
	if len(d.odd) == 0 {
		for range left {
			weights[d.units[seed.Below(random.Uint64(), len(d.units))]]++
		}
		return
	}
	rest := float64(len(d.units)) + d.sums[len(d.sums)-1]
	for range left {
		at := seed.Unit(random.Uint64()) * rest
		if i := int(at); i < len(d.units) {
			weights[d.units[i]]++
			continue
		}
		i, _ := slices.BinarySearch(d.sums, at-float64(len(d.units)))
		weights[d.odd[min(i, len(d.odd)-1)]]++
	}
}
