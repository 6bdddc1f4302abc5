package op

// rankRange is the ranks from, from+1, … to-1 of a pair, counted from 0: rows of its A and columns
// of its B. What gates multiply by 0 in all sequences is not computed. The results have the same
// bits, since a product adds its terms in the order of the ranks to a sum that starts at 0, and a
// term of 0 leaves a sum as it is. (Only a zero may have another sign, where all else underflows;
// and a NaN that 0 times infinity would make is left out.)
type rankRange struct{ from, to int }

// count is the number of ranks.
func (u rankRange) count() int { return u.to - u.from }

// with is the smallest range that has both.
func (u rankRange) with(v rankRange) rankRange {
	switch {
	case u.count() == 0:
		return v
	case v.count() == 0:
		return u
	}
	return rankRange{min(u.from, v.from), max(u.to, v.to)}
}

// used is the range of ranks with a gate other than 0 in any sequence that has one of the rows
// [lo, hi); gates are (sequences, width).
func (t *term) used(gates []float32, width int, per Rows, l Layout, lo, hi int) (u rankRange) {
	per.each(l, lo, hi, func(seq, _, _ int) {
		u = u.with(nonZero(gates[seq*width+t.gates:][:t.rank]))
	})
	return u
}

// span is the rows from the first to the last of the sequences with a gate other than 0: all that a pair adds to.
func (t *term) span(gates []float32, width int, per Rows, l Layout) (first, end int) {
	rows := per.count(l)
	first = rows
	per.each(l, 0, rows, func(seq, lo, hi int) {
		if nonZero(gates[seq*width+t.gates:][:t.rank]).count() > 0 {
			first, end = min(first, lo), hi
		}
	})
	return first, end
}

// nonZero is the smallest range that has all elements of g other than 0. NaN is one.
func nonZero(g []float32) rankRange {
	u := rankRange{0, len(g)}
	for u.to > 0 && g[u.to-1] == 0 {
		u.to--
	}
	for u.from < u.to && g[u.from] == 0 {
		u.from++
	}
	if u.from == u.to {
		return rankRange{}
	}
	return u
}
