package baseline

import "github.com/dylora/dylora/internal/fault"

// Reasons why an adapter is not compared.
const (
	// NoRun: the adapter is in no run folder, whose settings could be trained with.
	NoRun fault.Reason = "baseline: no run"
	// OtherSettings: a baseline of the run was trained with other settings than it would be now.
	OtherSettings fault.Reason = "baseline: other settings"
)
