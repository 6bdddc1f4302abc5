package predict

import (
	"path/filepath"
	"strings"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/enum"
	"github.com/dylora/dylora/internal/fault"
)

// Format is how texts or answers are written down.
type Format int

// The formats of inputs and outputs.
const (
	Plain Format = iota // a text, or two with a tab between, per line
	JSONL               // an object per line
	CSV                 // comma-separated, with a header
	TSV                 // tab-separated, with a header
	JSON                // an array of objects; as input also an object per line
)

var formatNames = enum.Names[Format]{"text", "jsonl", "csv", "tsv", "json"}

// ParseFormat reads "text", "jsonl", "csv", "tsv" or "json", and "lines", which text was once called.
func ParseFormat(name string) (Format, error) {
	if name == "lines" {
		return Plain, nil
	}
	f, err := formatNames.Parse(name)
	if err != nil {
		return 0, fault.Usagef("%w", err)
	}
	return f, nil
}

// String is the name that ParseFormat reads.
func (f Format) String() string { return formatNames.String(f) }

// endings are those of files with named columns, by format.
var endings = map[Format]string{CSV: ".csv", TSV: ".tsv", JSON: ".json", JSONL: ".jsonl"}

// FormatOf is the format of a file by the ending of its name: Plain where it is none of those
// with named columns. The ending of a compression behind it does not count.
func FormatOf(name string) Format {
	for f, ending := range endings {
		if data.Ending(name) == ending {
			return f
		}
	}
	return Plain
}

// Named says whether the texts of a format stand in named columns.
func (f Format) Named() bool { return endings[f] != "" }

// objects says whether the rows of a format are objects of JSON.
func (f Format) objects() bool { return f == JSON || f == JSONL }

// table says whether the rows of a format have a letter between columns.
func (f Format) table() bool { return f == CSV || f == TSV }

// OutputFormat is the format of the answers to an input in a file of that name: that of its ending, and where it has
// no ending that says one, that of the input. Rows are passed on, so that what cannot hold them is refused (fault.Usage): objects may
// each have other keys than the columns of a table, and tables differ in what a field may hold.
func OutputFormat(in Format, name string) (Format, error) {
	out := FormatOf(name)
	switch ending := strings.ToLower(filepath.Ext(name)); {
	case ending == ".gz" || ending == ".zst":
		return 0, fault.Usagef("%s: answers are written without compression: leave %s out", name, ending)
	case out == Plain && ending != ".txt":
		return in, nil
	case !out.Named() || out.objects() || in == Plain || in == out:
		return out, nil
	}
	return 0, fault.Usagef("%s: the rows of %s cannot be passed on as %s: name a file that ends in %s, .jsonl or .txt", name, in, out, endings[in])
}
