package train

import (
	"slices"

	"github.com/dylora/dylora/internal/data"
)

// piece is the sequences of one batch of a window that are learnt together, and their ranks.
type piece struct {
	batch *data.Batch
	ranks []int
}

// parted cuts each batch of a window into so many parts of about as many tokens: part k has a piece of every batch. A piece may be
// empty. With one part the batches are as they were.
func parted(window []*data.Batch, ranks [][]int, parts int) [][]piece {
	cut := make([][]piece, max(parts, 1))
	for i, b := range window {
		if len(cut) == 1 {
			cut[0] = append(cut[0], piece{b, ranks[i]})
			continue
		}
		for k, places := range Balanced(lengths(b), len(cut)) {
			own := make([]int, len(places))
			for j, place := range places {
				own[j] = ranks[i][place]
			}
			cut[k] = append(cut[k], piece{b.Take(places), own})
		}
	}
	return cut
}

// lengths are those of a batch's sequences, in tokens.
func lengths(b *data.Batch) []int {
	n := make([]int, b.Len())
	for i := range n {
		n[i] = int(b.Offsets[i+1] - b.Offsets[i])
	}
	return n
}

// Balanced gives each part of a batch, whose sequences have these lengths, the places of its sequences, ascending: the longest sequence
// first, each to the part that has the fewest tokens so far, of equals the first (longest processing time first, Graham 1969).
func Balanced(lengths []int, parts int) [][]int {
	order := make([]int, len(lengths))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return lengths[j] - lengths[i] })
	places, tokens := make([][]int, parts), make([]int, parts)
	for _, i := range order {
		k := slices.Index(tokens, slices.Min(tokens))
		places[k], tokens[k] = append(places[k], i), tokens[k]+lengths[i]
	}
	for _, list := range places {
		slices.Sort(list)
	}
	return places
}

// tree learns the parts [lo, hi), each by learn, which adds a part's gradient to the parameters' Grad. It leaves their sum there and
// gives the sum of their losses, both added up as a binary tree, whose shape is a function of the number of parts alone: whoever
// computes some of its branches elsewhere gets the same bits.
func (l *Loop) tree(lo, hi int, learn func(part int) (float64, error)) (loss float64, err error) {
	if hi-lo == 1 {
		return learn(lo)
	}
	middle := branch(lo, hi)
	if loss, err = l.tree(lo, middle, learn); err != nil {
		return 0, err
	}
	params := l.learner.Params()
	left := l.sums.take(len(params))
	for i, p := range params {
		left[i] = append(left[i][:0], p.Grad...)
		clear(p.Grad)
	}
	right, err := l.tree(middle, hi, learn)
	if err != nil {
		return 0, err
	}
	for i, p := range params {
		l.learner.Machine().AddScaled(p.Grad, left[i], 1)
	}
	l.sums.give(left)
	return loss + right, nil
}

// branch is where the tree over [lo, hi) parts: in halves, and where the number is odd before the last.
func branch(lo, hi int) int {
	if n := hi - lo; n%2 == 0 {
		return lo + n/2
	}
	return hi - 1
}

// sums are copies of gradients that are not in use.
type sums [][][]float32

// take gives one, or a new one of so many tensors.
func (s *sums) take(tensors int) [][]float32 {
	if n := len(*s); n > 0 {
		last := (*s)[n-1]
		*s = (*s)[:n-1]
		return last
	}
	return make([][]float32, tensors)
}

func (s *sums) give(x [][]float32) { *s = append(*s, x) }
