package op

// Memory lends operations their output buffers, layer by layer: an operation takes the
// buffer that the one in its place had two layers before. Forwards that holds where no
// backward pass follows, since nothing but a layer's result outlives it. Backwards it holds
// too, since a layer's gradients are read in that layer and the next one below. A nil
// Memory lends nothing: each output is its own.
type Memory struct {
	slots [2][][]float32
	taken map[int]int // by layer
}

// take gives an operation of a layer n floats.
func (m *Memory) take(layer, n int) []float32 {
	if m == nil {
		return make([]float32, n)
	}
	if m.taken == nil {
		m.taken = map[int]int{}
	}
	s, next := &m.slots[layer&1], m.taken[layer]
	m.taken[layer]++
	if next == len(*s) {
		*s = append(*s, nil)
	}
	if cap((*s)[next]) < n {
		(*s)[next] = make([]float32, n)
	}
	return (*s)[next][:n]
}
