// Package files tries what dylora writes: checkpoints, run folders, exports and caches, under
// kills, signals, failing disks and other processes.
package files

import "github.com/dylora/dylora/internal/torture/row"

// Rows are the rows of this package. They take Linux, whose calls they watch and whose signals they send.
func Rows() []row.Row {
	rows := []row.Row{
		{Name: "R1", Count: 50, Promise: "a training that is killed at any moment and resumed ends with the adapter, optimizer state and metrics of one that was not, bit for bit"},
		{Name: "R2", Promise: "killed before or after any file operation of a checkpoint, a training has the old or the new one and resumes to the same bits"},
		{Name: "R3", Count: 500, Promise: "whatever of the unflushed writes and renames is lost with the power, the last checkpoint or the one before loads"},
		{Name: "R8", Count: 40, Promise: "when the disk is full or fails at any operation, the message names the path, the old checkpoint loads and the training can be resumed to the same bits"},
		{Name: "R10", Count: 100, Promise: "of 8 processes on one run folder one trains and 7 are refused; a dead owner's lock is taken over, and a living one's never"},
		{Name: "R12", Count: 100, Promise: "SIGINT or SIGTERM ends a training with a checkpoint within 5 s of the step's end and exit code 130 or 143; a second signal ends it at once"},
		{Name: "R17", Count: 100, Promise: "killed while it writes a checkpoint, an export, a cache or a download, or taken back by a queue, the same command ends with the same bits, and nothing half made has ever a final name"},
		{Name: "R18", Promise: "when any operation of an export, a prediction, a sweep, a cache or a download fails, the message names the path, the output is absent or the old one, and the next run leaves nothing else"},
		{Name: "R19", Count: 100, Promise: "8 processes at once on one repository, cache, slice or output end well or say why not in a line, and the result is whole"},
		{Name: "R20", Count: 400, Promise: "SIGXCPU, a closed terminal, SIGTERM with SIGKILL soon after and a pipe that nobody reads end a program with its documented code, a training with a checkpoint, and nothing half written"},
		{Name: "R21", Promise: "without locks, exchanges, links or flushes of folders, with no home, strange names, circles of links, any umask, times to come and on other file systems, all is as usual or refused in a line"},
	}
	for i := range rows {
		if rows[i].Check = checks()[rows[i].Name]; rows[i].Check == nil {
			rows[i].Check = func(*row.Trial) error { return row.Skipped{Why: "it takes Linux"} }
		}
	}
	return rows
}
