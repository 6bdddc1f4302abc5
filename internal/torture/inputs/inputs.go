// Package inputs tries what dylora reads: damaged and hostile files, archives, texts and hubs,
// and files that others change meanwhile.
package inputs

import "github.com/dylora/dylora/internal/torture/row"

// Rows are the rows of this package.
func Rows() []row.Row {
	return []row.Row{
		{Name: "R4", Promise: "a damaged safetensors file is an error of one line, in at most 64 MiB and 100 ms", Count: 5000, Check: weights},
		{Name: "R5", Promise: "a hostile model or adapter folder is refused, and nothing outside it is opened or written", Count: hostileFolders, Check: folders},
		{Name: "R6", Promise: "a hostile pickle or zip archive is refused in at most 64 MiB, and nothing of it is executed", Count: hostilePickles, Check: pickles},
		{Name: "R7", Promise: "the process survives a damaged parquet file", Count: 2000, Check: tables},
		{Name: "R11", Promise: "8 downloads from a faulty Hub give one blob of the right hash, and no other host sees the token", Count: 200, Check: downloads},
		{Name: "R15", Promise: "token ids equal those of the Rust library", Count: 20_000, Check: texts},
		{Name: "R22", Promise: "what is changed while it is read or used is read whole, of one version, or refused", Count: changesEach * 4, Check: changing},
		{Name: "R23", Promise: "tokens and passwords are in no file, no message, no process title and no core dump", Count: secretCases, Check: hidden},
	}
}
