package adapter

import "github.com/dylora/dylora/internal/fault"

// Compat is a for servers that know one rank and one alpha: all modules padded to the
// largest rank, their scales in B, alpha equal to the rank, so that PEFT's scale is 1. At
// its rank it computes what a does, but for the rounding of B. Biases are refused
// (fault.Usage, HasBiases), as such servers drop them.
func (a *Adapter) Compat() (*Adapter, error) {
	if len(a.Saved) > 0 {
		return nil, fault.Because(HasBiases, fault.Usagef("the adapter holds modules of the base model whole, such as %s, which the compatible form leaves out", show(parent(a.Saved[0].Name))))
	}
	if len(a.Biases) > 0 {
		return nil, fault.Because(HasBiases, fault.Usagef("the adapter holds biases of the base model, which the compatible form leaves out"))
	}
	c := a.Clone()
	c.Heads = nil // such servers have one head
	for i := range c.Modules {
		m := &c.Modules[i]
		_, scale := c.Scale(m, c.Rank)
		for j := range m.B {
			m.B[j] = float32(scale * float64(m.B[j]))
		}
		m.Rank, m.Alpha = 0, 0
	}
	c.Alpha, c.Scaling, c.ScalingRank = float64(c.Rank), Paper, 0
	return c, nil
}
