package predict

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/fault"
)

// collect is the texts as A or A|B, and the first error.
func collect(text string, f Format, c Columns, pair bool) (all []string, err error) {
	in := Input{Name: "in", Format: f, Columns: c}
	if pair {
		in.Arity = Pairs
	}
	for r, err := range in.Rows(strings.NewReader(text)) {
		switch {
		case err != nil:
			return all, err
		case r.Err != nil:
			return all, r.Err
		case r.Header:
			continue
		case r.B != nil:
			r.A += "|" + *r.B
		}
		all = append(all, r.A)
	}
	return all, nil
}

// TestReadColumns: every format gives the texts of its rows, whatever else is in them; blank
// lines are no rows, and an empty field is an empty text.
func TestReadColumns(t *testing.T) {
	one, two := Columns{A: []string{"text"}}, Columns{A: []string{"a"}, B: []string{"b"}}
	for name, tt := range map[string]struct {
		text string
		f    Format
		c    Columns
		pair bool
		want []string
	}{
		"csv":           {"id,text\n1,\"good, \"\"very\"\"\"\n\n2,\n3,bad\n", CSV, one, false, []string{`good, "very"`, "", "bad"}},
		"csv, Windows":  {"\ufefftext,id\r\ngood,1\r\n", CSV, one, false, []string{"good"}},
		"tsv":           {"text\tid\n\"good\t1\n", TSV, one, false, []string{`"good`}},
		"tsv, quoted":   {"text\tid\n\"a\tb\"\t1\n", TSV, Columns{A: []string{"text"}, Quoting: data.QuoteCSV}, false, []string{"a\tb"}},
		"json":          {`[{"text":"x","id":[1]},{"text":""}]`, JSON, one, false, []string{"x", ""}},
		"json of lines": {"{\"text\":\"x\"}\n\n{\"text\":\"y\"}\n", JSON, one, false, []string{"x", "y"}},
		"jsonl":         {"{\"a\":\"x\",\"b\":\"y\"}\n", JSONL, two, true, []string{"x|y"}},
		"pairs":         {"b,a\n1,2\n3,4\n", CSV, two, true, []string{"2|1", "4|3"}},
		"usual pair":    {"text,text_pair\n1,2\n", CSV, one, true, []string{"1|2"}},
		"no rows":       {"text\n", CSV, one, false, nil},
		"nothing":       {"", CSV, one, false, nil},
	} {
		got, err := collect(tt.text, tt.f, tt.c, tt.pair)
		if err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, %v, want %q", name, got, err, tt.want)
		}
	}
}

// TestReadColumnsFaults: an error names the input, the line and the columns that are there, after
// the good rows before it.
func TestReadColumnsFaults(t *testing.T) {
	for name, tt := range map[string]struct {
		text  string
		f     Format
		c     Columns
		pair  bool
		good  int
		says  string
		class fault.Class
	}{
		"no column":           {"id,review\n1,x\n", CSV, Columns{A: []string{"text"}}, false, 0, `in: line 1: no column "text"; there are: "id", "review"`, fault.Invalid},
		"no second column":    {"text\nx\n", CSV, Columns{A: []string{"text"}}, true, 0, `no column "text_pair"`, fault.Invalid},
		"short row":           {"id,text\n1,x\n2\n", CSV, Columns{A: []string{"text"}}, false, 1, "in: line 3", fault.Invalid},
		"a number":            {"{\"text\":\"x\"}\n{\"text\":3}\n", JSONL, Columns{A: []string{"text"}}, false, 1, "in: line 2", fault.Invalid},
		"a second text":       {"text,b\nx,y\n", CSV, Columns{A: []string{"text"}, B: []string{"b"}}, false, 0, `pair_column: "b" is a second text`, fault.Usage},
		"a pointer of LFS":    {"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", CSV, Columns{A: []string{"text"}}, false, 0, "LFS", fault.Invalid},
		"a header in Latin 1": {"id,t\xe4xt\n", CSV, Columns{A: []string{"täxt"}}, false, 0, "the name of column 2 is not UTF-8", fault.Invalid},
		"UTF-16":              {"\xff\xfet\x00", CSV, Columns{A: []string{"text"}}, false, 0, "UTF-16", fault.Invalid},
		"an open quotation":   {"text\n\"x\n", CSV, Columns{A: []string{"text"}}, false, 0, "in: line 2", fault.Invalid},
	} {
		got, err := collect(tt.text, tt.f, tt.c, tt.pair)
		if err == nil || !strings.Contains(err.Error(), tt.says) || fault.ClassOf(err) != tt.class || len(got) != tt.good {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

// TestReadColumnsEnough: whoever stops reading gets no more.
func TestReadColumnsEnough(t *testing.T) {
	for r, err := range (Input{Name: "in", Format: CSV}).Rows(strings.NewReader("text\na\nb\n")) {
		if err != nil || !r.Header {
			t.Fatalf("%v, %v", r, err)
		}
		break
	}
}

// TestNames: the columns that the user names count most, then those of the training, and a table of GLUE's own
// columns is read as well.
func TestNames(t *testing.T) {
	for _, tt := range []struct {
		task          string
		user, trained Columns
		want          Columns
	}{
		{"demo", Columns{}, Columns{A: []string{"text"}}, Columns{A: []string{"text"}}},
		{"sst2", Columns{}, Columns{A: []string{"text"}}, Columns{A: []string{"text", "sentence"}}},
		{"sst2", Columns{A: []string{"review"}, Quoting: data.QuoteCSV}, Columns{A: []string{"text"}, Delimiter: ";"}, Columns{A: []string{"review"}, Quoting: data.QuoteCSV, Delimiter: ";"}},
		{"rte", Columns{}, Columns{A: []string{"text"}}, Columns{A: []string{"text", "sentence1"}, B: []string{"text_pair", "sentence2"}}},
		{"rte", Columns{B: []string{"b"}}, Columns{A: []string{"a"}}, Columns{A: []string{"a", "sentence1"}, B: []string{"b"}}},
	} {
		task, err := data.LookupTask(tt.task)
		if err != nil {
			t.Fatal(err)
		}
		if got := Names(task, tt.user, tt.trained); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: %+v, want %+v", tt.task, got, tt.want)
		}
	}
}

// TestOutputFormat: answers have the input's format, or another that can hold its rows.
func TestOutputFormat(t *testing.T) {
	for _, tt := range []struct {
		in   Format
		out  string
		want Format
		says string
	}{
		{in: CSV, out: "", want: CSV},
		{in: CSV, out: "answers", want: CSV},
		{in: TSV, out: "a.TSV", want: TSV},
		{in: CSV, out: "a.jsonl", want: JSONL},
		{in: JSONL, out: "a.json", want: JSON},
		{in: JSON, out: "a.txt", want: Plain},
		{in: Plain, out: "a.csv", want: CSV},
		{in: JSONL, out: "a.csv", says: "the rows of jsonl cannot be passed on as csv"},
		{in: CSV, out: "a.tsv", says: "the rows of csv cannot be passed on as tsv"},
		{in: CSV, out: "a.csv.gz", says: "without compression"},
	} {
		got, err := OutputFormat(tt.in, tt.out)
		if tt.says == "" && (err != nil || got != tt.want) || tt.says != "" && (fault.ClassOf(err) != fault.Usage || !strings.Contains(err.Error(), tt.says)) {
			t.Errorf("%s to %q: %s, %v", tt.in, tt.out, got, err)
		}
	}
}

func TestFormatOf(t *testing.T) {
	for name, want := range map[string]Format{"a.csv": CSV, "b/A.TSV": TSV, "x.json": JSON, "x.jsonl": JSONL, "x.txt": Plain, "-": Plain, "csv": Plain, "a.csv.gz": CSV} {
		if got := FormatOf(name); got != want || got.Named() != (want != Plain) {
			t.Errorf("%s: %v", name, got)
		}
	}
}
