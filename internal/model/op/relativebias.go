package op

// RelativeBias is added to the scores of attention by how far a key lies from its query,
// head by head: MPNet's, which T5 has, too. It is frozen. A row of the matrix (queries, keys)
// that it stands for is the row above shifted by one, so one line a head is all that is kept.
type RelativeBias struct {
	reach int       // the longest sequence
	lines []float32 // (heads, 2·reach-1): the bias over the scores' scale at distance d is at reach-1+d
}

// NewRelativeBias is the bias for heads like h, in sequences of at most reach tokens; at gives
// it for a head, and a key that lies distance tokens after the query, from 1-reach to reach-1.
func NewRelativeBias(h Heads, reach int, at func(head, distance int) float32) *RelativeBias {
	width, scale := 2*reach-1, h.scale()
	r := &RelativeBias{reach: reach, lines: make([]float32, h.Count*width)}
	for i := range r.lines {
		r.lines[i] = at(i/width, i%width-reach+1) / scale
	}
	return r
}

// write sets rows of a tile, ld apart, to the bias of the queries from first on and n keys.
func (r *RelativeBias) write(tile []float32, ld, head, first, rows, n int) {
	line := r.lines[head*(2*r.reach-1):]
	for i := range rows {
		from := r.reach - 1 - first - i
		row := tile[i*ld : (i+1)*ld]
		clear(row[copy(row, line[from:from+n]):])
	}
}
