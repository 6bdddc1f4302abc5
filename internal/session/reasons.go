package session

import "github.com/dylora/dylora/internal/fault"

// Reasons why something is not opened, read or written as asked.
const (
	// NoTask: the adapter's files record no task, and none is given.
	NoTask fault.Reason = "session: no task"
	// NoModel: the adapter's files record no base model, and none is given.
	NoModel fault.Reason = "session: no model"
	// OtherTask: the adapter was trained for a task of another kind or size than the one given.
	OtherTask fault.Reason = "session: other task"
	// OtherLabels: the names of the head's columns are not the task's labels.
	OtherLabels fault.Reason = "session: other labels"
	// OtherProblem: the base model's head is for another kind of task.
	OtherProblem fault.Reason = "session: other problem type"
	// OtherModel: the adapter does not fit the base model.
	OtherModel fault.Reason = "session: other model"
	// NoAdapterYet: the folder is a run's that has not finished.
	NoAdapterYet fault.Reason = "session: no adapter yet"
	// NoData: a split is neither in a folder that was given nor in the cache, nor could it be downloaded.
	NoData fault.Reason = "session: no data"
	// ChangedData: a file of data is where the run had it and holds something else.
	ChangedData fault.Reason = "session: changed data"
	// MovedTraining: the training file of a task of the user's own is not where it was.
	MovedTraining fault.Reason = "session: moved training data"
	// MovedDev: the dev file of such a task is not where it was.
	MovedDev fault.Reason = "session: moved dev data"
	// MovedFolder: the folder of GLUE's files is not where it was.
	MovedFolder fault.Reason = "session: moved data folder"
	// Occupied: there is something where a result is to be written.
	Occupied fault.Reason = "session: occupied"
	// Undecided: no rank is chosen, because the examples cannot tell.
	Undecided fault.Reason = "session: undecided"
	// NotCached: a name is of nothing that the caches hold.
	NotCached fault.Reason = "session: not cached"
)
