package train

import "github.com/dylora/dylora/internal/fault"

// Reasons why a run is not started or resumed.
const (
	// NothingToResume: the folder of the run to resume does not exist.
	NothingToResume fault.Reason = "train: nothing to resume"
	// HoldsRun: the folder of a new run holds one already.
	HoldsRun fault.Reason = "train: folder holds a run"
	// NoRun: no run has been started under this root.
	NoRun fault.Reason = "train: no run"
)
