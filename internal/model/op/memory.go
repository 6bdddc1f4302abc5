package op

// Memory lends operations their output buffers, layer by layer: an operation takes the
// buffer that the one in its place had two layers before. A nil Memory lends nothing: each
// output is its own.
//
// A buffer may be taken again once everything that reads it has run, so what lends memory
// relies on where outputs are read. Whoever adds an operation has to keep to this:
//
//  1. An output is read in its own layer and the next one alone: the next one above for
//     forward outputs, the next one below for gradients. What is read at the end of a run,
//     as the gradients of trained inputs are, is no such output and takes its place from
//     spec.leaf. Guarded by TestLentMemoryIsFree in package model, which holds every reader
//     of a buffer against the operation that takes it next, and by TestLeavesAreTheirOwn.
//  2. A reader runs before the buffer is taken because the taker depends on it, not because
//     the machine happens to run it first. An operation that reads a gradient and on which
//     no later gradient depends becomes an input of the one that does, for the order alone:
//     so dA and dB are inputs of the gradient of x in [LowRank]. Guarded by
//     TestLentMemoryIsFree, too, and by TestPairGradientsComeFirst.
//  3. In a graph with a backward pass a forward output is lent only if no gradient reads it
//     (Inputs.Scratch); whether one does depends on the operation after it, of which the
//     gradient may need its input. Guarded by TestSharedMemory in package model, which
//     compares graphs with and without lending, bit for bit.
//  4. A buffer holds what another layer has left in it. An operation writes every row in use
//     of its output and relies on none beyond; what hands its output to an operation of
//     Gorgonia's own, which computes the whole capacity, writes all of it, as [Trim] does.
//     Guarded by TestSharedMemory, which runs a long batch before a short one, and by
//     TestRowsBeyondTheBatch.
//  5. Operations are built layer by layer with Inputs.Layer set, in one order in every layer,
//     since places are counted. Another order costs memory, never bits. Guarded by
//     TestMemory.
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
