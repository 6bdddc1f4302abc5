package data

import (
	"testing"

	"github.com/dylora/dylora/internal/fault"
)

func TestParseDelimiter(t *testing.T) {
	for in, want := range map[string]string{"": "", ";": ";", "|": "|", "tab": "\t", "TAB": "\t", `\t`: "\t", "\t": "\t", " ": " ", ",": ","} {
		if got, err := ParseDelimiter(in); err != nil || got != want {
			t.Errorf("%q: %q, %v", in, got, err)
		}
	}
	for _, in := range []string{"||", `"`, "\n", "\r", "§", "\x00", "comma"} {
		if got, err := ParseDelimiter(in); err == nil {
			t.Errorf("%q is taken for %q", in, got)
		}
	}
}

// TestDelimiter: a file with another letter between its columns, with and without quoting.
func TestDelimiter(t *testing.T) {
	for name, tt := range map[string]struct{ kind, delimiter, train string }{
		"semicolons":       {"csv", ";", "text;label\n\"a; b\";x\nc, d;y\n"},
		"tabs":             {"csv", "tab", "text\tlabel\n\"a; b\"\tx\nc, d\ty\n"},
		"bars, no quoting": {"tsv", "|", "text|label\na; b|x\nc, d|y\n\n \t\n"},
		"blanks":           {"csv", " ", "text label\n\"a; b\" x\n\"c, d\" y\n"},
	} {
		task, err := own(t, tt.kind, tt.train, tt.train, func(f *Files) { f.Delimiter = tt.delimiter })
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, err := task.Read("", "dev")
		if want := show([]Example{{A: "a; b"}, {Index: 1, A: "c, d", Class: 1}}); err != nil || show(got) != want {
			t.Errorf("%s: %s, %v; want %s", name, show(got), err, want)
		}
	}
	_, err := own(t, "csv", "text;label\na;x\nb;y\n", "", nil)
	checkError(t, err, fault.Invalid, `line 1: no column "label"; there are: "text;label"`)
	if fault.ReasonOf(err) != WrongDelimiter {
		t.Errorf("reason %q", fault.ReasonOf(err))
	}
	_, err = own(t, "csv", "text,label\na,x\nb,y\n", "", func(f *Files) { f.Delimiter = "||" })
	checkError(t, err, fault.Usage, `delimiter: "||" is not one letter`)
}

func TestDelimited(t *testing.T) {
	if !Delimited("a.jsonl,b.CSV.gz", "") || !Delimited("a.jsonl", "dev.tsv") || Delimited("a.jsonl.gz", "b.json") || Delimited("sst2", "") {
		t.Error("it is not as the endings say")
	}
}
