package predict

import "github.com/dylora/dylora/internal/fault"

// Reasons why rows are not answered.
const (
	// BadRow: a row cannot be read, behind which the reading could go on.
	BadRow fault.Reason = "predict: bad row"
	// NoThreshold: what has no effect without a threshold is given without one.
	NoThreshold fault.Reason = "predict: no threshold"
)
