package data

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"github.com/dylora/dylora/internal/fault"
)

func TestParse(t *testing.T) {
	b := func(s string) *string { return &s }
	tests := []struct {
		name, task, file string
		want             []Example
	}{
		{"spaces at the ends stay", "sst2", "sentence\tlabel\n a b \t1\n", []Example{{A: " a b ", Class: 1}}},
		{"columns in another order", "sst2", "label\tid\tsentence\n0\t7\ta\n", []Example{{A: "a"}}},
		{"no final line end", "sst2", "sentence\tlabel\na\t1", []Example{{A: "a", Class: 1}}},
		{"CRLF", "sst2", "sentence\tlabel\r\na\t1\r\nb\t0\r\n", []Example{{A: "a", Class: 1}, {Index: 1, A: "b"}}},
		{"blank lines at the end", "sst2", "sentence\tlabel\na\t1\n\n \r\n\n", []Example{{A: "a", Class: 1}}},
		{"blank lines at the end of a file without a header", "cola", "gj04\t1\t\ta\n\n", []Example{{A: "a", Class: 1}}},
		{"blank lines at the end of a file with torn rows", "qqp", "question1\tquestion2\tis_duplicate\na\tb\t1\n\n\n", []Example{{A: "a", B: b("b"), Class: 1}}},
		{"byte-order mark", "mrpc", "\ufeffQuality\t#1 ID\t#2 ID\t#1 String\t#2 String\n1\t3\t4\ta\tb\n",
			[]Example{{A: "a", B: b("b"), Class: 1}}},
		{"unbalanced quote", "qnli", "index\tquestion\tsentence\tlabel\n0\t\"a\tb\tnot_entailment\n1\tc\td\"\tentailment\n",
			[]Example{{A: `"a`, B: b("b"), Class: 1}, {Index: 1, A: "c", B: b(`d"`)}}},
		{"no header", "cola", "gj04\t1\t\ta\ngj04\t0\t*\tb\n", []Example{{A: "a", Class: 1}, {Index: 1, A: "b"}}},
		{"empty columns that do not matter", "mnli", "x\tsentence1\tsentence2\tgold_label\n\ta\tb\tcontradiction\n",
			[]Example{{A: "a", B: b("b"), Class: 2}}},
		{"scores", "stsb", "sentence1\tsentence2\tscore\na\tb\t3.800\nc\td\t0\ne\tf\t5\n",
			[]Example{{A: "a", B: b("b"), Score: 3.8}, {Index: 1, A: "c", B: b("d")}, {Index: 2, A: "e", B: b("f"), Score: 5}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := lookup(t, tt.task).parse("f.tsv", strings.NewReader(tt.file))
			if err != nil {
				t.Fatal(err)
			}
			if g, w := show(got), show(tt.want); g != w {
				t.Errorf("got  %s\nwant %s", g, w)
			}
		})
	}
}

// TestParseWithoutLabels reads what the official test files look like; a column of labels
// in one is nobody's business.
func TestParseWithoutLabels(t *testing.T) {
	b := "b"
	tests := []struct {
		name, task, split, file string
		want                    []Example
	}{
		{"a header where labelled files have none", "cola", "test", "index\tsentence\n0\ta\n1\tb c\n", []Example{{A: "a", Class: NoLabel}, {Index: 1, A: "b c", Class: NoLabel}}},
		{"a pair", "mrpc", "test", "index\t#1 ID\t#2 ID\t#1 String\t#2 String\n0\t1\t2\ta\tb\n", []Example{{A: "a", B: &b, Class: NoLabel}}},
		{"blank lines at the end", "mrpc", "test", "index\t#1 ID\t#2 ID\t#1 String\t#2 String\n0\t1\t2\ta\tb\n\n\n", []Example{{A: "a", B: &b, Class: NoLabel}}},
		{"a label", "rte", "test", "sentence1\tsentence2\tlabel\na\tb\tentailment\n", []Example{{A: "a", B: &b, Class: NoLabel}}},
		{"scores", "stsb", "test", "sentence1\tsentence2\na\tb\n", []Example{{A: "a", B: &b, Score: float32(math.NaN())}}},
		{"diagnostic", "mnli", "diagnostic", "index\tsentence1\tsentence2\n0\ta\tb\n", []Example{{A: "a", B: &b, Class: NoLabel}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := lookup(t, tt.task).parseSplit("f.tsv", tt.split, strings.NewReader(tt.file))
			if err != nil {
				t.Fatal(err)
			}
			if g, w := show(got), show(tt.want); g != w {
				t.Errorf("got  %s\nwant %s", g, w)
			}
		})
	}
	_, err := lookup(t, "qqp").parseSplit("f.tsv", "test", strings.NewReader("id\tquestion1\tquestion2\n"+strings.Repeat("0\ta\tb\n", 2*rowsPerTorn)+"torn\n"))
	checkError(t, err, fault.Invalid, "1 columns where 3 are due")
	_, err = lookup(t, "cola").parseSplit("f.tsv", "test", strings.NewReader("gj04\t1\t\ta\n"))
	checkError(t, err, fault.Invalid, `no column "sentence"`)
}

func show(es []Example) string {
	var b strings.Builder
	for _, e := range es {
		second := "-"
		if e.B != nil {
			second = fmt.Sprintf("%q", *e.B)
		}
		fmt.Fprintf(&b, "[%d %q %s %d %v]", e.Index, e.A, second, e.Class, e.Score)
	}
	return b.String()
}

func TestParseErrors(t *testing.T) {
	long := strings.Repeat("x", maxLine)
	tests := []struct{ name, task, file, want string }{
		{"empty file", "sst2", "", "f.tsv has no rows"},
		{"only a header", "sst2", "sentence\tlabel\n", "f.tsv has no rows"},
		{"no such column", "sst2", "text\tlabel\na\t1\n", `f.tsv: line 1: no column "sentence" in the header`},
		{"no label column", "rte", "index\tsentence1\tsentence2\n0\ta\tb\n", `line 1: no column "label"`},
		{"no second text", "rte", "sentence1\tlabel\na\tentailment\n", `line 1: no column "sentence2"`},
		{"too few columns", "sst2", "sentence\tlabel\na\t1\nb\n", "line 3: 1 columns where 2 are due"},
		{"too many columns", "sst2", "sentence\tlabel\na\tb\t1\n", "line 2: 3 columns where 2 are due"},
		{"too few without a header", "cola", "gj04\t1\t\n", "line 1: 3 columns where 4 are due"},
		{"blank line", "sst2", "sentence\tlabel\n\na\t1\n", "line 2: 1 columns"},
		{"blank lines between rows", "sst2", "sentence\tlabel\na\t1\n\n \nb\t0\n\n", "line 3: 1 columns where 2 are due"},
		{"blank line before a row without a header", "cola", "\ngj04\t1\t\ta\n", "line 1: 1 columns where 4 are due"},
		{"blank line before the header", "sst2", "\nsentence\tlabel\na\t1\n", `line 1: no column "sentence" in the header`},
		{"blank lines alone", "cola", "\n\n", "f.tsv has no rows"},
		{"a line of separators at the end", "sst2", "sentence\tlabel\na\t1\n\t\n", "line 3: sentence is empty"},
		{"torn blank rows, too many", "qqp", "question1\tquestion2\tis_duplicate\na\tb\t1\n\n\nc\td\t1\n", "line 3: not the header's 3 columns, and 2 such rows"},
		{"empty text", "sst2", "sentence\tlabel\n \t1\n", "line 2: sentence is empty"},
		{"empty text without a header", "cola", "gj04\t1\t\t\n", "line 1: sentence is empty"},
		{"empty second text", "wnli", "sentence1\tsentence2\tlabel\na\t\t1\n", "line 2: sentence2 is empty"},
		{"label outside the set", "sst2", "sentence\tlabel\na\t2\n", `line 2: label "2" is not one of 0, 1`},
		{"label with a space", "sst2", "sentence\tlabel\na\t1 \n", `label "1 " is not one of`},
		{"label is a text", "cola", "0\twhat?\twho?\tentailment\n", `line 1: label "what?" is not one of 0, 1`},
		{"label of another task", "rte", "sentence1\tsentence2\tlabel\na\tb\tneutral\n", "not one of entailment, not_entailment"},
		{"not a number", "stsb", "sentence1\tsentence2\tscore\na\tb\thigh\n", `line 2: score "high" is not a number`},
		{"NaN", "stsb", "sentence1\tsentence2\tscore\na\tb\tNaN\n", "is not a number"},
		{"infinite", "stsb", "sentence1\tsentence2\tscore\na\tb\tInf\n", "score Inf is outside 0 to 5"},
		{"out of range", "stsb", "sentence1\tsentence2\tscore\na\tb\t5.001\n", "score 5.001 is outside 0 to 5"},
		{"negative", "stsb", "sentence1\tsentence2\tscore\na\tb\t-0.5\n", "score -0.5 is outside 0 to 5"},
		{"not UTF-8", "sst2", "sentence\tlabel\na\t1\nb\xff\t1\n", "line 3: the text is not UTF-8"},
		{"endless line", "sst2", "sentence\tlabel\na\t1\n" + long, "line 3: longer than 1048576 bytes"},
		{"torn rows, too many", "qqp", "question1\tquestion2\tis_duplicate\na\tb\t1\nc\nd\t1\n", "line 3: not the header's 3 columns, and 2 such rows"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := lookup(t, tt.task).parse("f.tsv", strings.NewReader(tt.file))
			checkError(t, err, fault.Invalid, tt.want)
		})
	}
}

func TestParsePassesOnReadErrors(t *testing.T) {
	_, err := lookup(t, "sst2").parse("f.tsv", io.MultiReader(
		strings.NewReader("sentence\tlabel\na\t1\n"), iotest.ErrReader(errors.New("the disk is gone"))))
	checkError(t, err, fault.Invalid, "cannot read f.tsv: the disk is gone")
}

// TestParseSkipsTornRows has a file as long as it takes for two torn rows, as QQP has.
func TestParseSkipsTornRows(t *testing.T) {
	var b strings.Builder
	b.WriteString("id\tquestion1\tquestion2\tis_duplicate\n")
	for i := range 2 * rowsPerTorn {
		fmt.Fprintf(&b, "%d\ta\tb\t1\n", i)
	}
	b.WriteString("7\tfirst half\nsecond half\tb\t1\n8\t\tlast\t0\n")
	got, err := lookup(t, "qqp").parse("f.tsv", strings.NewReader(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	last := got[len(got)-1]
	if len(got) != 2*rowsPerTorn+1 || last.Index != len(got)-1 || last.A != "" || *last.B != "last" {
		t.Errorf("%d examples, last %+v", len(got), last)
	}
}

// TestParseRoundTrip writes any examples as TSV and reads them back.
func TestParseRoundTrip(t *testing.T) {
	text := rapid.StringMatching(`[^\t\n\r]*[^\s][^\t\n\r]*`).Filter(func(s string) bool { return strings.TrimSpace(s) != "" })
	task := lookup(t, "mnli")
	rapid.Check(t, func(t *rapid.T) {
		var b strings.Builder
		b.WriteString("sentence1\tgold_label\tsentence2\n")
		var want []Example
		for i := range rapid.IntRange(1, 9).Draw(t, "rows") {
			second := text.Draw(t, "b")
			e := Example{Index: i, A: text.Draw(t, "a"), B: &second, Class: int32(rapid.IntRange(0, 2).Draw(t, "class"))}
			want = append(want, e)
			fmt.Fprintf(&b, "%s\t%s\t%s\n", e.A, task.Labels[e.Class], second)
		}
		b.WriteString(rapid.StringMatching(`( *\r?\n)*`).Draw(t, "blank lines"))
		got, err := task.parse("f.tsv", strings.NewReader(b.String()))
		if err != nil {
			t.Fatal(err)
		}
		if g, w := show(got), show(want); g != w {
			t.Errorf("got  %s\nwant %s", g, w)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"sentence\tlabel\na \t1\n", "\ufeffsentence\tlabel\r\n\"a\t0\r\n", "gj04\t1\t\ta\n", "label\tsentence\n\t\n",
		"sentence1\tsentence2\tscore\na\tb\t0x1p1\n", "question1\tquestion2\tis_duplicate\na\n", "\xff",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, file string) {
		for _, task := range Tasks() {
			got, err := task.parse("f.tsv", strings.NewReader(file))
			if err != nil {
				if fault.ClassOf(err) != fault.Invalid || strings.Contains(err.Error(), "\n") {
					t.Errorf("error = %q", err)
				}
				continue
			}
			for i, e := range got {
				if e.Index != i || (e.B != nil) != task.Pair || e.Class < 0 || int(e.Class) >= max(1, len(task.Labels)) ||
					!(e.Score >= 0 && e.Score <= 5) || !task.rough && strings.TrimSpace(e.A) == "" {
					t.Errorf("%s: example %d = %+v", task.Name, i, e)
				}
			}
		}
	})
}
