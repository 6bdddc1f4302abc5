package predict

import (
	"slices"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/fault"
)

// collect is the texts as A or A|B, and the error that ended them.
func collect(text string, f Format, c Columns, pair bool) (all []string, err error) {
	for t, err := range ReadColumns(strings.NewReader(text), "in", f, c, pair) {
		if err != nil {
			return all, err
		}
		if t.B != nil {
			t.A += "|" + *t.B
		}
		all = append(all, t.A)
	}
	return all, nil
}

// TestReadColumns: every format gives the texts of its rows, whatever else is in them; blank
// lines are no rows, and an empty field is an empty text.
func TestReadColumns(t *testing.T) {
	one, two := Columns{Text: "text"}, Columns{Text: "a", Pair: "b"}
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
		"tsv, quoted":   {"text\tid\n\"a\tb\"\t1\n", TSV, Columns{Text: "text", Quoting: data.QuoteCSV}, false, []string{"a\tb"}},
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
		"no column":         {"id,review\n1,x\n", CSV, Columns{Text: "text"}, false, 0, `in: line 1: no column "text"; there are: "id", "review"`, fault.Invalid},
		"no second column":  {"text\nx\n", CSV, Columns{Text: "text"}, true, 0, `no column "text_pair"`, fault.Invalid},
		"short row":         {"id,text\n1,x\n2\n", CSV, Columns{Text: "text"}, false, 1, "in: line 3", fault.Invalid},
		"a number":          {"{\"text\":\"x\"}\n{\"text\":3}\n", JSONL, Columns{Text: "text"}, false, 1, "in: line 2", fault.Invalid},
		"a second text":     {"text,b\nx,y\n", CSV, Columns{Text: "text", Pair: "b"}, false, 0, `pair_column: "b" is a second text`, fault.Usage},
		"a pointer of LFS":  {"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", CSV, Columns{Text: "text"}, false, 0, "LFS", fault.Invalid},
		"UTF-16":            {"\xff\xfet\x00", CSV, Columns{Text: "text"}, false, 0, "UTF-16", fault.Invalid},
		"an open quotation": {"text\n\"x\n", CSV, Columns{Text: "text"}, false, 0, "in: line 2", fault.Invalid},
	} {
		got, err := collect(tt.text, tt.f, tt.c, tt.pair)
		if err == nil || !strings.Contains(err.Error(), tt.says) || fault.ClassOf(err) != tt.class || len(got) != tt.good {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

// TestReadColumnsEnough: whoever stops reading gets no more.
func TestReadColumnsEnough(t *testing.T) {
	for x, err := range ReadColumns(strings.NewReader("text\na\nb\n"), "in", CSV, Columns{Text: "text"}, false) {
		if err != nil || x.A != "a" {
			t.Fatalf("%v, %v", x, err)
		}
		break
	}
}

func TestFormatOf(t *testing.T) {
	for name, want := range map[string]Format{"a.csv": CSV, "b/A.TSV": TSV, "x.json": JSON, "x.jsonl": JSONL, "x.txt": Lines, "-": Lines, "csv": Lines} {
		if got := FormatOf(name); got != want || got.Named() != (want != Lines) {
			t.Errorf("%s: %v", name, got)
		}
	}
}
