package bench

import (
	"math"
	"slices"

	"github.com/dylora/dylora/internal/data"
)

// Cost predicts what a step takes, on one number of threads: for each operation so many
// seconds a step, a token, and so on. With T tokens and n sequences of lengths L,
//
//	seconds = Σ over operations of a + b·min(T, 16) + c·T + d·n + e·ΣL²
//
// a is what does not depend on the batch (the optimizer, starting each operation, weights
// that come from memory whatever they are multiplied with); b is what rows cost while they
// do not fill the micro-kernel's tiles; c has the products and all that works on rows; d
// the head and what the last layer computes for first tokens alone; e is attention.
type Cost map[string]Terms

// Terms are seconds of one operation.
type Terms struct {
	Step       float64 `json:"step"`
	FirstToken float64 `json:"first_token"` // of the first 16, beside Token
	Token      float64 `json:"token"`
	Sequence   float64 `json:"sequence"`
	Pair       float64 `json:"pair"` // of tokens of one sequence
}

// fewTokens are the tokens of a step that cost more.
const fewTokens = 16

// terms are what each of the Terms counts.
func terms(tokens, sequences, pairs float64) [5]float64 {
	return [5]float64{1, min(tokens, fewTokens), tokens, sequences, pairs}
}

func (t Terms) seconds(n [5]float64) float64 {
	return t.Step*n[0] + t.FirstToken*n[1] + t.Token*n[2] + t.Sequence*n[3] + t.Pair*n[4]
}

// Seconds is what a step with these lengths takes.
func (c Cost) Seconds(lengths []int) float64 {
	tokens, pairs := 0.0, 0.0
	for _, l := range lengths {
		tokens += float64(l)
		pairs += float64(l) * float64(l)
	}
	n := terms(tokens, float64(len(lengths)), pairs)
	total := 0.0
	for _, op := range Ops() { // in order: the same bits each time
		total += c[op].seconds(n)
	}
	return total
}

// Lengths are those of a batch's sequences.
func Lengths(b *data.Batch) []int {
	lengths := make([]int, b.Len())
	for i := range lengths {
		lengths[i] = int(b.Offsets[i+1] - b.Offsets[i])
	}
	return lengths
}

// Fit finds the cost of each operation from the points that are to be fitted, by least
// squares of relative errors with no term below zero, and predicts all points.
func Fit(points []Point) Cost {
	var rows [][5]float64
	var fitted []*Point
	for i := range points {
		if p := &points[i]; p.Fitted {
			row := terms(float64(p.Batch*p.Length), float64(p.Batch), float64(p.Batch*p.Length*p.Length))
			for j := range row {
				row[j] /= p.Seconds
			}
			rows, fitted = append(rows, row), append(fitted, p)
		}
	}
	c := Cost{}
	for _, op := range Ops() {
		want := make([]float64, len(rows))
		for i, p := range fitted {
			want[i] = p.Ops[op] / p.Seconds
		}
		x := leastSquares(rows, want)
		c[op] = Terms{Step: x[0], FirstToken: x[1], Token: x[2], Sequence: x[3], Pair: x[4]}
	}
	for i := range points {
		points[i].Predicted = c.Seconds(slices.Repeat([]int{points[i].Length}, points[i].Batch))
	}
	return c
}

// leastSquares minimises |rows·x − want|² over x ≥ 0, one coordinate after the other, which
// needs no rank of the rows and cannot leave the bounds.
func leastSquares(rows [][5]float64, want []float64) (x [5]float64) {
	const sweeps = 200_000
	var gram [5][5]float64
	var target [5]float64
	for i, row := range rows {
		for j := range row {
			target[j] += row[j] * want[i]
			for k := range row {
				gram[j][k] += row[j] * row[k]
			}
		}
	}
	for range sweeps {
		moved := 0.0
		for j := range x {
			if gram[j][j] == 0 {
				continue
			}
			slope := target[j]
			for k := range x {
				slope -= gram[j][k] * x[k]
			}
			next := max(0, x[j]+slope/gram[j][j])
			moved = max(moved, math.Abs(next-x[j])*math.Sqrt(gram[j][j]))
			x[j] = next
		}
		if moved < 1e-12 {
			break
		}
	}
	return x
}

// LargestError is the point whose prediction is furthest off, of those that were fitted or
// of those that were not; nil if there is none.
func LargestError(points []Point, fitted bool) (worst *Point) {
	for i := range points {
		if p := &points[i]; p.Fitted == fitted && (worst == nil || math.Abs(p.Error()) > math.Abs(worst.Error())) {
			worst = p
		}
	}
	return worst
}
