package data

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/dylora/dylora/internal/fault"
)

// own makes a task of files called train and dev with an extension.
func own(t *testing.T, kind, train, dev string, change func(*Files)) (*Task, error) {
	t.Helper()
	dir := t.TempDir()
	write(t, train, dir, "train."+kind)
	write(t, dev, dir, "dev."+kind)
	f := Files{Train: filepath.Join(dir, "train."+kind), Dev: filepath.Join(dir, "dev."+kind), Text: "text", Label: "label", Quoting: QuoteAuto}
	if change != nil {
		change(&f)
	}
	return f.Task()
}

func TestFiles(t *testing.T) {
	pair := func(f *Files) { f.Text, f.Pair, f.Label = "first", "second", "same" }
	b := func(s string) *string { return &s }
	tests := []struct {
		name, kind, train, dev string
		change                 func(*Files)
		labels, metrics        []string
		want                   []Example // of dev
	}{
		{name: "csv", kind: "csv", train: "text,label\na,pos\nb,neg\n", dev: "id,label,text\n1,pos,\"a, \"\"b\"\"\nc\"\n",
			labels: []string{"neg", "pos"}, metrics: []string{"accuracy", "f1", "macro_f1"}, want: []Example{{A: "a, \"b\"\nc", Class: 1}}},
		{name: "csv with BOM and CRLF", kind: "csv", train: "\ufefftext,label\r\na,1\r\nb,0\r\n", dev: "\ufefftext,label\r\nb,0\r\n",
			labels: []string{"0", "1"}, metrics: []string{"accuracy", "f1", "macro_f1"}, want: []Example{{A: "b"}}},
		{name: "csv without quoting", kind: "csv", train: "text,label\n\"a,1\nb,0\n", dev: "text,label\n\"a,1\n", change: func(f *Files) { f.Quoting = QuoteNone },
			labels: []string{"0", "1"}, metrics: []string{"accuracy", "f1", "macro_f1"}, want: []Example{{A: "\"a", Class: 1}}},
		{name: "tsv", kind: "tsv", train: "text\tlabel\n\"a\tx\nb \tz\nc\ty\n", dev: "label\ttext\nz\t b \"c\n",
			labels: []string{"x", "y", "z"}, metrics: []string{"accuracy", "macro_f1"}, want: []Example{{A: " b \"c", Class: 2}}},
		{name: "tsv with quoting", kind: "tsv", train: "text\tlabel\n\"a\tb\"\tx\nb\ty\n", dev: "text\tlabel\n\"a\tb\"\tx\n", change: func(f *Files) { f.Quoting = QuoteCSV },
			labels: []string{"x", "y"}, metrics: []string{"accuracy", "f1", "macro_f1"}, want: []Example{{A: "a\tb"}}},
		{name: "jsonl", kind: "jsonl", train: `{"text":"a","label":10}` + "\n" + `{"label":9,"text":"b","x":{"y":[1]}}` + "\n", dev: `{"text":"\u00e9\n","label":10}`,
			labels: []string{"9", "10"}, metrics: []string{"accuracy", "f1", "macro_f1"}, want: []Example{{A: "é\n", Class: 1}}},
		{name: "jsonl of truth", kind: "jsonl", train: `{"text":"a","label":true}` + "\n" + `{"text":"b","label":false}`, dev: `{"text":"a","label":"true"}`,
			labels: []string{"false", "true"}, metrics: []string{"accuracy", "f1", "macro_f1"}, want: []Example{{A: "a", Class: 1}}},
		{name: "csv with quotes within fields", kind: "csv", train: "text,label\n5\" wide,a\nb,b\n", dev: "text,label\nb \"c\" d,b\n",
			labels: []string{"a", "b"}, metrics: []string{"accuracy", "f1", "macro_f1"}, want: []Example{{A: `b "c" d`, Class: 1}}},
		{name: "csv with blanks around names and labels", kind: "csv", train: " text, label\na, pos\nb,neg \n", dev: "text ,\tlabel\n c,pos\n",
			labels: []string{"neg", "pos"}, metrics: []string{"accuracy", "f1", "macro_f1"}, want: []Example{{A: " c", Class: 1}}},
		{name: "csv with blank lines", kind: "csv", train: "\n \ntext,label\na,1\n\n\t\r\nb,0\n\n", dev: "text,label\nb,0\n  ",
			labels: []string{"0", "1"}, metrics: []string{"accuracy", "f1", "macro_f1"}, want: []Example{{A: "b"}}},
		{name: "tsv with blank lines", kind: "tsv", train: "text\tlabel\na\t1\n\nb\t0\n\n", dev: "\ntext\tlabel\r\nb\t0\r\n \r\n\r\n",
			labels: []string{"0", "1"}, metrics: []string{"accuracy", "f1", "macro_f1"}, want: []Example{{A: "b"}}},
		{name: "jsonl with blank lines", kind: "jsonl", train: `{"text":"a","label":1}` + "\n\n" + `{"text":"b","label":0}` + "\n\n \t\n", dev: "\n" + `{"text":"b","label":0}` + "\n\n",
			labels: []string{"0", "1"}, metrics: []string{"accuracy", "f1", "macro_f1"}, want: []Example{{A: "b"}}},
		{name: "jsonl of mixed numbers", kind: "jsonl", train: `{"text":"a","label":1.0}` + "\n" + `{"text":"b","label":"0"}` + "\n" + `{"text":"b","label":1}`, dev: `{"text":"a","label":"1e0"}`,
			labels: []string{"0", "1"}, metrics: []string{"accuracy", "f1", "macro_f1"}, want: []Example{{A: "a", Class: 1}}},
		{name: "json of lines", kind: "json", train: "\ufeff" + `{"text":"a","label":"x"}` + "\r\n" + `{"text":"b","label":"y"}` + "\r\n\r\n", dev: "\n" + `{"text":"a","label":"y"}`,
			labels: []string{"x", "y"}, metrics: []string{"accuracy", "f1", "macro_f1"}, want: []Example{{A: "a", Class: 1}}},
		{name: "json of an array", kind: "json", train: "\ufeff\n [\n" + `  {"text":"a",` + "\n" + `"label":true}, {"text":"b","label":false,"x":[{}]}` + "\n]\n", dev: `[{"text":"[\n]","label":true}]`,
			labels: []string{"false", "true"}, metrics: []string{"accuracy", "f1", "macro_f1"}, want: []Example{{A: "[\n]", Class: 1}}},
		{name: "pairs", kind: "csv", train: "first,second,same\na,b,no\nc,d,yes\n", dev: "first,second,same\ne,f,yes\n", change: pair,
			labels: []string{"no", "yes"}, metrics: []string{"accuracy", "f1", "macro_f1"}, want: []Example{{A: "e", B: b("f"), Class: 1}}},
		{name: "regression", kind: "csv", train: "text,label\na,1\n", dev: "text,label\na,-1e3\nb, 2.5 \n", change: func(f *Files) { f.Kind = Regression },
			metrics: []string{"pearson", "spearman"}, want: []Example{{A: "a", Score: -1000}, {Index: 1, A: "b", Score: 2.5}}},
		{name: "labels that were trained", kind: "csv", train: "none", dev: "text,label\na,b\n", change: func(f *Files) { f.Labels = []string{"c", "b"} },
			labels: []string{"c", "b"}, metrics: []string{"accuracy", "f1", "macro_f1"}, want: []Example{{A: "a", Class: 1}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			task, err := own(t, tt.kind, tt.train, tt.dev, tt.change)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(task.Labels, tt.labels) || !slices.Equal(task.Metrics, tt.metrics) || task.Name != "train."+tt.kind {
				t.Errorf("task %+v", task)
			}
			got, err := task.Read("", "dev")
			if err != nil {
				t.Fatal(err)
			}
			if g, w := show(got), show(tt.want); g != w {
				t.Errorf("got  %s\nwant %s", g, w)
			}
		})
	}
}

func TestFilesErrors(t *testing.T) {
	many := strings.Builder{}
	many.WriteString("text,label\n")
	for i := range mostLabels + 1 {
		fmt.Fprintf(&many, "a,%d.5\n", i)
	}
	good := "text,label\na,1\nb,0\n"
	regression := func(f *Files) { f.Kind = Regression }
	tests := []struct {
		name, kind, train, dev string
		change                 func(*Files)
		class                  fault.Class
		want                   string
	}{
		{"empty", "csv", "", good, nil, fault.Invalid, "train.csv has no rows"},
		{"only a header", "csv", "text,label\n", good, nil, fault.Invalid, "train.csv has no rows"},
		{"no column", "csv", "a,b c\n1,2\n", good, nil, fault.Invalid, `train.csv: line 1: no column "label"; there are: "a", "b c"`},
		{"column twice", "csv", "text,label,label\n1,2,3\n", good, nil, fault.Invalid, `line 1: column "label" is there twice`},
		{"no label", "csv", "text,label\na,1\nb,\n", good, nil, fault.Invalid, `train.csv: line 3: column "label" is empty`},
		{"one label", "csv", "text,label\na,1\nb,1\n", good, nil, fault.Invalid, "in every row: there is nothing to learn"},
		{"too many labels", "csv", many.String(), good, nil, fault.Invalid, `line 1002: column "label" is the label "1000.5", one more than 1000 different ones`},
		{"a text for a label", "csv", "text,label\na," + strings.Repeat("x", 300) + "\n", good, nil, fault.Invalid, "no label is so long"},
		{"row too short", "csv", good, "text,label\na,1\nb\n", nil, fault.Invalid, "dev.csv: line 3: another number of columns"},
		{"letters behind quotes", "csv", good, "text,label\na,1\n\"b\" d,0\n", nil, fault.Invalid, `dev.csv: line 3, column 3: extraneous or missing " in quoted-field: `},
		{"quote without its end", "csv", good, "text,label\n\"a,1\n", nil, fault.Invalid, `dev.csv: line 2, column 6: extraneous or missing "`},
		{"endless quote", "csv", good, "text,label\n\"a" + strings.Repeat("b\n", maxLine), nil, fault.Invalid, "is there a quote without its end?"},
		{"unknown label", "csv", good, "text,label\na,2\n", nil, fault.Invalid, `dev.csv: line 2: column "label" is "2", which training does not know: its labels are 0, 1`},
		{"no label in dev", "csv", good, "text,label\na,\n", nil, fault.Invalid, `dev.csv: line 2: column "label" is empty`},
		{"empty text", "csv", good, "text,label\n\"\",1\n", nil, fault.Invalid, `dev.csv: line 2: column "text" is empty`},
		{"blank text", "csv", good, "text,label\n\" \",1\n", nil, fault.Invalid, `dev.csv: line 2: column "text" is empty`},
		{"not UTF-8", "csv", good, "text,label\n\xff,1\n", nil, fault.Invalid, `line 2: column "text" is not UTF-8`},
		{"a header that is not UTF-8", "csv", good, "id,t\xe4xt,label\n1,a,1\n", nil, fault.Invalid, `line 1: the name of column 2 is not UTF-8: convert the file, such as with iconv -f WINDOWS-1252`},
		{"UTF-16", "csv", good, "\xff\xfet\x00", nil, fault.Invalid, "is UTF-16: convert it"},
		{"not a number", "csv", good, "text,label\na,high\n", regression, fault.Invalid, `column "label" is "high", not a number`},
		{"infinite", "csv", good, "text,label\na,inf\n", regression, fault.Invalid, "not a number"},
		{"too wide", "tsv", "text\tlabel\na\t1\tx\n", good, nil, fault.Invalid, "train.tsv: line 2: 3 columns where the header has 2"},
		{"long line", "tsv", "text\tlabel\n" + strings.Repeat("a", maxLine+1), good, nil, fault.Invalid, "line 2: longer than"},
		{"no JSON", "jsonl", "text,label\n", good, nil, fault.Invalid, "train.jsonl: line 1: not a JSON object"},
		{"broken JSON", "jsonl", `{"text":"a","label":1}` + "\n" + `{"text":"a","label":}`, good, nil, fault.Invalid, "train.jsonl: line 2: column 21: not as JSON should be"},
		{"two objects", "jsonl", `{"text":"a","label":1}{}`, good, nil, fault.Invalid, "line 1: more than one JSON object"},
		{"key twice", "jsonl", `{"text":"a","label":1,"label":2}`, good, nil, fault.Invalid, "line 1: column"},
		{"no key", "jsonl", `{"text":"a"}`, good, nil, fault.Invalid, `line 1: no key "label"`},
		{"no key, and which there are", "jsonl", `{"text":"a"," label":2}`, good, nil, fault.Invalid, `line 1: no key "label"; there are: "text", " label"`},
		{"an object over lines", "jsonl", "{\n\"text\":\"a\",\"label\":1}\n", good, nil, fault.Invalid, "line 1: column 2: the line ends within a JSON object, which must be on one line"},
		{"blanks within a name", "csv", "text,la bel\na,1\n", good, nil, fault.Invalid, `no column "label"; there are: "text", "la bel"`},
		{"column twice but for blanks", "csv", "text, label,label \na,1,2\n", good, nil, fault.Invalid, `line 1: column "label" is there twice`},
		{"a row of separators", "tsv", "text\tlabel\na\t1\nb\t0\n", "text\tlabel\na\t1\n\t\n", nil, fault.Invalid, `dev.tsv: line 3: column "text" is empty`},
		{"blank label", "csv", "text,label\na,1\nb, \n", good, nil, fault.Invalid, `train.csv: line 3: column "label" is empty`},
		{"1 and true", "jsonl", `{"text":"a","label":1}` + "\n" + `{"text":"a","label":true}`, good, nil, fault.Invalid,
			`train.jsonl: line 2: column "label" is "true", but line 1 has "1": write them alike`},
		{"1 and 01", "csv", "text,label\na,01\nb,2\nc,1.0\n", good, nil, fault.Invalid, `train.csv: line 4: column "label" is "1.0", but line 2 has "01": write them alike`},
		{"one label in two spellings", "csv", "text,label\na,1\nb,1.0\n", good, nil, fault.Invalid, "in every row: there is nothing to learn"},
		{"another kind of label in dev", "jsonl", `{"text":"a","label":true}` + "\n" + `{"text":"b","label":false}`, `{"text":"a","label":1}`, nil, fault.Invalid,
			`dev.jsonl: line 1: column "label" is "1", which training does not know: its labels are false, true`},
		{"null", "jsonl", `{"text":"a","label":null}`, good, nil, fault.Invalid, `column "label" holds null where a label belongs`},
		{"number for a text", "jsonl", `{"text":"a","label":1}` + "\n" + `{"text":"a","label":2}`, `{"text":3,"label":1}`, nil, fault.Invalid, `dev.jsonl: line 1: column "text" holds 3 where a text belongs`},
		{"no dev file", "csv", good, "", func(f *Files) { f.Dev = "" }, fault.Usage, "task train.csv has no file for dev"},
		{"another kind of dev file", "csv", good, "", func(f *Files) { f.Dev = "dev.xlsx" }, fault.Usage, "want a file that ends in .csv"},
		{"dev file is not there", "csv", good, "", func(f *Files) { f.Dev = "/none/dev.csv" }, fault.Invalid, "cannot read /none/dev.csv: no such file"},
		{"a folder", "csv", good, "", func(f *Files) { f.Dev = t.TempDir() + ".csv"; _ = os.Mkdir(f.Dev, 0o700) }, fault.Invalid, "is not a file"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			task, err := own(t, tt.kind, tt.train, tt.dev, tt.change)
			if err == nil {
				_, err = task.Read("", "dev")
			}
			checkError(t, err, tt.class, tt.want)
		})
	}
	task, err := own(t, "csv", good, good, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = task.Read("", "test")
	checkError(t, err, fault.Usage, `task train.csv has no split "test"`)
}

func TestListed(t *testing.T) {
	for _, tt := range []struct {
		names []string
		want  string
	}{
		{nil, ""},
		{[]string{"text", " label", "a\tb", "\xff"}, `"text", " label", "a\tb", "\xff"`},
		{slices.Repeat([]string{"0123456789"}, 50), strings.Repeat(`"0123456789", `, 15) + "…"},
		{[]string{strings.Repeat("x", maxLine), "y"}, `"` + strings.Repeat("x", 200) + `", …`},
	} {
		if got := listed(tt.names); got != tt.want {
			t.Errorf("listed: %s, want %s", got, tt.want)
		}
	}
}

func TestSortLabels(t *testing.T) {
	for _, tt := range [][2]string{
		{"10 9 -1", "-1 9 10"}, {"b a", "a b"}, {"10 9 x", "10 9 x"}, {"01 1 +1", "+1 01 1"}, {"1.5 1.25", "1.25 1.5"},
	} {
		labels := strings.Fields(tt[0])
		sortLabels(labels)
		if got := strings.Join(labels, " "); got != tt[1] {
			t.Errorf("%s sorts to %s, want %s", tt[0], got, tt[1])
		}
	}
}

func TestIsFile(t *testing.T) {
	for name, want := range map[string]bool{"a.csv": true, "x/A.TSV": true, "a.jsonl": true, "a.json": true, "a.xlsx": false, "sst2": false, "csv": false, "a.csv/": false} {
		if IsFile(name) != want {
			t.Errorf("IsFile(%q) is %v", name, !want)
		}
	}
	for _, task := range Tasks() {
		if IsFile(task.Name) {
			t.Errorf("%s passes for a file", task.Name)
		}
	}
}

// TestFilesRoundTrip writes any texts with the standard library and reads them back.
func TestFilesRoundTrip(t *testing.T) {
	dir := t.TempDir()
	text := rapid.String().Filter(func(s string) bool {
		return strings.TrimSpace(s) != "" && !strings.ContainsAny(s, "\r\x00") && !strings.HasPrefix(s, "\ufeff")
	})
	rapid.Check(t, func(rt *rapid.T) {
		var csvFile, jsonFile strings.Builder
		csvFile.WriteString("label,text\n")
		var want []Example
		for i := range rapid.IntRange(2, 9).Draw(rt, "rows") {
			e := Example{Index: i, A: text.Draw(rt, "text"), Class: int32(i % 2)}
			want = append(want, e)
			fmt.Fprintf(&csvFile, "l%d,\"%s\"\n", e.Class, strings.ReplaceAll(e.A, `"`, `""`))
			fmt.Fprintf(&jsonFile, "{\"text\":%s,\"label\":\"l%d\"}\n", jsonString(rt, e.A), e.Class)
		}
		array := "[" + strings.ReplaceAll(strings.TrimSuffix(jsonFile.String(), "\n"), "\n", ",\n") + "]"
		ends := strings.Repeat(rapid.SampledFrom([]string{"\n", " \n", "\r\n"}).Draw(rt, "blank line"), rapid.IntRange(0, 3).Draw(rt, "blank lines"))
		for kind, content := range map[string]string{"csv": csvFile.String(), "jsonl": jsonFile.String(), "json": array} {
			content += ends
			path := filepath.Join(dir, "f."+kind)
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				rt.Fatal(err)
			}
			task, err := Files{Train: path, Text: "text", Label: "label", Quoting: QuoteAuto}.Task()
			if err != nil {
				rt.Fatal(err)
			}
			got, err := task.Read("", "train")
			if err != nil {
				rt.Fatal(err)
			}
			if g, w := show(got), show(want); g != w {
				rt.Errorf("%s: got  %s\nwant %s", kind, g, w)
			}
		}
	})
}

func jsonString(t *rapid.T, s string) []byte {
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func FuzzFiles(f *testing.F) {
	for _, s := range []string{"text,label\na,1\nb,0\n", "text\tlabel\n\"a\t1\n", `{"text":"a","label":1}`, "\ufefftext,label\r\n\"a\"\"\",x\r\n", "\xff\xfe",
		" text , label\n5\" b,1\n\n", `[{"text":"a","label":1},` + "\n" + `{"text":"b","label":true}]`, "\n[\n", `[{"text":"a"}]`, `[{"label":1,"text":2}] x`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, content string) {
		for _, path := range []string{"f.csv", "f.tsv", "f.jsonl", "f.json"} {
			for _, q := range []Quoting{QuoteAuto, QuoteCSV, QuoteNone} {
				err := scanRows(path, strings.NewReader(content), Format{Ending: extension(path), Quoting: q}, []field{{name: "label"}, {name: "text", text: true}}, func(at place, values []string) error {
					if at.line < 1 || len(values) != 2 {
						t.Errorf("row at %d: %q", at.line, values)
					}
					return nil
				})
				if err != nil && (fault.ClassOf(err) != fault.Invalid || strings.Contains(err.Error(), "\n") || len(err.Error()) > 1000) {
					t.Errorf("error = %q", err)
				}
			}
		}
	})
}
