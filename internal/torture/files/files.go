// Package files tries what dylora writes: checkpoints, run folders, exports and caches, under
// kills, signals, failing disks and other processes.
package files

import "github.com/dylora/dylora/internal/torture/row"

// Rows are the rows of this package.
func Rows() []row.Row {
	return []row.Row{
		{Name: "R1", Count: 50, Check: killedAnywhere,
			Promise: "a training that is killed at any moment and resumed ends with the adapter, optimizer state and metrics of one that was not, bit for bit"},
		{Name: "R2", Check: killedInSave,
			Promise: "killed before or after any file operation of a checkpoint, a training has the old or the new one and resumes to the same bits"},
		{Name: "R3", Count: 500, Check: powerLost,
			Promise: "whatever of the unflushed writes and renames is lost with the power, the last checkpoint or the one before loads"},
		{Name: "R8", Count: 40, Check: diskFails,
			Promise: "when the disk is full or fails at any operation, the message names the path, the old checkpoint loads and the training can be resumed to the same bits"},
		{Name: "R10", Count: 100, Check: locked,
			Promise: "of 8 processes on one run folder one trains and 7 are refused; a dead owner's lock is taken over, and a living one's never"},
		{Name: "R12", Count: 100, Check: stopped,
			Promise: "SIGINT or SIGTERM ends a training with a checkpoint within 5 s of the step's end and exit code 130 or 143; a second signal ends it at once"},
	}
}
