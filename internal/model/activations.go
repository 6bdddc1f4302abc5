package model

// ActivationBytes is a lower bound of the memory that a training graph with a capacity of so
// many tokens takes: the outputs that each operation of the layers keeps until the backward
// pass, and the embeddings with their scratch. Gradients, attention's scores and the last
// layer's first tokens come on top.
func (c *Config) ActivationBytes(tokens int) int64 {
	h, i, embedded := int64(c.HiddenSize), int64(c.IntermediateSize), 2*int64(c.embeddingWidth())
	if c.widens() {
		embedded += h
	}
	kept := 7*h + i // query, key, value; attention output, feed-forward; the norm after each
	last := 2 * h   // keys and values
	return 4 * int64(tokens) * (embedded + int64(c.Layers-1)*kept + last)
}
