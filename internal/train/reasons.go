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
	// NoneFinished: runs have been started under this root, and none has finished.
	NoneFinished fault.Reason = "train: no run has finished"
	// NotFinished: a run that is to be made longer is not at its end.
	NotFinished fault.Reason = "train: the run is not at its end"
	// GroupSize: so many processes cannot share the parts of a batch.
	GroupSize fault.Reason = "train: group size"
)
