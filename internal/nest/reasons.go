package nest

import "github.com/dylora/dylora/internal/fault"

// Reasons why an adapter is not nested as asked.
const (
	// NestedAlready: a prefix of the adapter's ranks is an adapter already.
	NestedAlready fault.Reason = "nest: nested already"
	// NotTrainable: no training starts from what the adapter is.
	NotTrainable fault.Reason = "nest: not trainable"
)
