package session

import (
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/model"
)

// LeastTokens is what a sequence has at least: the two special tokens around its text.
const LeastTokens = 2

// CheckFit refuses training batches of so many tokens where the activations that the backward
// pass needs are more than the memory of the process. It is a lower bound: a batch that it
// lets pass may still be too large.
func (e *Env) CheckFit(c *model.Config, tokens int) error {
	need := c.ActivationBytes(tokens)
	if e.Memory > 0 && need > e.Memory {
		return fault.Usagef("batch: %d tokens, the fewest that its sequences can have, need %d GiB for activations, and there are %d GiB: lower batch, and raise grad_accumulation instead",
			tokens, need>>30, e.Memory>>30)
	}
	return nil
}
