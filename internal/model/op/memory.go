package op

// Memory gives forward-only graphs their output buffers. Layer by layer the same
// operations are built in the same order, and nothing but a layer's result outlives it,
// so a layer takes the buffers of the layer two below. A nil Memory never reuses: what
// the backward pass reads must stay.
type Memory struct {
	slots  [2][][]float32
	parity int
	next   int
}

// Layer begins layer i.
func (m *Memory) Layer(i int) {
	if m != nil {
		m.parity, m.next = i%2, 0
	}
}

// take gives n floats.
func (m *Memory) take(n int) []float32 {
	if m == nil {
		return make([]float32, n)
	}
	s := &m.slots[m.parity]
	if m.next == len(*s) {
		*s = append(*s, nil)
	}
	if cap((*s)[m.next]) < n {
		(*s)[m.next] = make([]float32, n)
	}
	m.next++
	return (*s)[m.next-1][:n]
}
