package finetune

import "github.com/dylora/dylora/internal/fault"

// Reasons why a training does not begin.
const (
	// OtherHead: the base model's head has the task's number of columns, and other names.
	OtherHead fault.Reason = "finetune: other head"
)
