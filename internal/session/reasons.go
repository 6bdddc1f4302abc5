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
	// Occupied: there is something where a result is to be written.
	Occupied fault.Reason = "session: occupied"
	// Undecided: no rank is chosen, because the examples cannot tell.
	Undecided fault.Reason = "session: undecided"
)
