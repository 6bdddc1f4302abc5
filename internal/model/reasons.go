package model

import "github.com/dylora/dylora/internal/fault"

// Reasons why an encoder is not loaded.
const (
	// PickledWeights: the weights are only there as a Python pickle, which is read only if
	// that is allowed.
	PickledWeights fault.Reason = "model: pickled weights"
	// NoPooler: the checkpoint lacks the pooler alone, as those of masked-language modelling do.
	NoPooler fault.Reason = "model: no pooler"
)
