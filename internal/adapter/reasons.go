package adapter

import "github.com/dylora/dylora/internal/fault"

// Reasons why an adapter is not used as asked.
const (
	// OtherBase: the adapter was trained on another base model than the one given.
	OtherBase fault.Reason = "adapter: other base model"
	// PickledWeights: the weights are a Python pickle, which is read only if that is allowed.
	PickledWeights fault.Reason = "adapter: pickled weights"
	// NoAlpha: a file of loralib's does not hold lora_alpha, and none was given.
	NoAlpha fault.Reason = "adapter: no alpha"
	// HasBiases: the adapter holds biases or whole modules of the base model, which the form asked for cannot.
	HasBiases fault.Reason = "adapter: has biases"
	// OtherRank: the adapter to start from has another rank than the one to train.
	OtherRank fault.Reason = "adapter: other rank"
)
