package adapter

import "github.com/dylora/dylora/internal/fault"

// Reasons why an adapter is not used as asked.
const (
	// OtherBase: the adapter was trained on another base model than the one given.
	OtherBase fault.Reason = "adapter: other base model"
)
