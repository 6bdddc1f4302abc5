package predict_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/predict"
)

func pair(a, b string) predict.Text { return predict.Text{A: a, B: &b} }

// all is the texts of an input, and the first error.
func all(r io.Reader, f predict.Format, pairs bool) (texts []predict.Text, err error) {
	in := predict.Input{Name: "stdin", Format: f}
	if pairs {
		in.Arity = predict.Pairs
	}
	for row, e := range in.Rows(r) {
		if e != nil {
			return texts, e
		}
		if row.Err != nil {
			return texts, row.Err
		}
		texts = append(texts, row.Text)
	}
	return texts, nil
}

func TestRead(t *testing.T) {
	long := strings.Repeat("x", 1<<20)
	tests := []struct {
		name, in string
		format   predict.Format
		pairs    bool
		want     []predict.Text
		err      string
	}{
		{name: "nothing", in: ""},
		{name: "lines", in: "\ufeffa b \r\n\n\"c\n{\"text\": 1}", want: []predict.Text{{A: "a b "}, {}, {A: `"c`}, {A: `{"text": 1}`}}},
		{name: "pairs", pairs: true, in: "a\tb\n\t\n", want: []predict.Text{pair("a", "b"), pair("", "")}},
		{name: "one column", pairs: true, in: "a\tb\nc\n", want: []predict.Text{pair("a", "b")}, err: "stdin: line 2: 1 columns, the task takes two texts"},
		{name: "three columns", pairs: true, in: "a\tb\tc\n", err: "line 1: 3 columns"},
		{name: "a tab too many", in: "a\nb\tc\n", want: []predict.Text{{A: "a"}}, err: "stdin: line 2: 2 columns, the task takes one text"},
		{name: "no UTF-8", in: "a\n\xff\n", want: []predict.Text{{A: "a"}}, err: "line 2: the text is not UTF-8"},
		{name: "too long", in: "a\n" + long, want: []predict.Text{{A: "a"}}, err: "line 2: longer than"},
		{name: "objects", format: predict.JSONL, in: `{"text":"a\tb","id":7}` + "\n" + ` { "text" : "" , "text_pair":null}`, want: []predict.Text{{A: "a\tb"}, {}}},
		{name: "pairs of objects", format: predict.JSONL, pairs: true, in: `{"text":"a","text_pair":"b"}`, want: []predict.Text{pair("a", "b")}},
		{name: "a Git LFS pointer", in: "version https://git-lfs.github.com/spec/v1\noid sha256:0123\nsize 9\n", err: "stdin: a Git LFS pointer"},
		{name: "its objects", format: predict.JSONL, in: "version https://git-lfs.github.com/spec/v1\r\noid sha256:0123\r\n", err: "stdin: a Git LFS pointer"},
		{name: "a text about one", in: "a\nversion https://git-lfs.github.com/spec/v1\n", want: []predict.Text{{A: "a"}, {A: "version https://git-lfs.github.com/spec/v1"}}},
		{name: "blank lines between objects", format: predict.JSONL, in: "\n{\"text\":\"a\"}\n \r\n{\"text\":\"\"}\n\n", want: []predict.Text{{A: "a"}, {}}},
		{name: "no object", format: predict.JSONL, in: "{\"text\":\"a\"}\nb\n", want: []predict.Text{{A: "a"}}, err: "line 2: not a JSON object"},
		{name: "a list", format: predict.JSONL, in: `["a"]`, err: "line 1: not a JSON object"},
		{name: "a number", format: predict.JSONL, in: `{"text":1}`, err: `line 1: column "text" holds 1 where a text belongs`},
		{name: "twice", format: predict.JSONL, in: `{"text":"a","text":"b"}`, err: "duplicate"},
		{name: "no text", format: predict.JSONL, in: `{"Text":"a"}`, err: `line 1: no key "text"; there are: "Text"`},
		{name: "no pair", format: predict.JSONL, pairs: true, in: `{"text":"a"}`, err: `no key "text_pair"; there are: "text"`},
		{name: "a pair", format: predict.JSONL, in: `{"text":"a","text_pair":"b"}`, err: "takes one text"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := all(strings.NewReader(tt.in), tt.format, tt.pairs)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("texts (-want +got):\n%s", diff)
			}
			switch {
			case tt.err == "" && err != nil:
				t.Error(err)
			case tt.err != "" && (err == nil || fault.ClassOf(err) != fault.Invalid || !strings.Contains(err.Error(), tt.err)):
				t.Errorf("error %v, want %q", err, tt.err)
			case err != nil && strings.Contains(err.Error(), "\n"):
				t.Errorf("error of several lines: %q", err)
			}
		})
	}
}

// broken is a reader that fails after its text.
type broken struct{ r io.Reader }

func (b broken) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if errors.Is(err, io.EOF) {
		err = errors.New("the disk is gone")
	}
	return n, err
}

func TestReadBroken(t *testing.T) {
	got, err := all(broken{strings.NewReader("a\nb\n")}, predict.Plain, false)
	if len(got) != 2 || err == nil || !strings.Contains(err.Error(), "cannot read stdin: the disk is gone") {
		t.Errorf("%v, %v", got, err)
	}
}

func TestParseFormat(t *testing.T) {
	for name, want := range map[string]predict.Format{"text": predict.Plain, "lines": predict.Plain, "jsonl": predict.JSONL, "csv": predict.CSV, "tsv": predict.TSV, "json": predict.JSON} {
		if f, err := predict.ParseFormat(name); err != nil || f != want {
			t.Errorf("%s: %v, %v", name, f, err)
		}
	}
	if _, err := predict.ParseFormat("xlsx"); fault.ClassOf(err) != fault.Usage {
		t.Errorf("xlsx: %v", err)
	}
}

func FuzzReadObjects(f *testing.F) {
	f.Add(`{"text":"a","text_pair":"b"}`, true)
	f.Add("{\"text\":\"\\ud800\"}\n[", false)
	f.Fuzz(func(t *testing.T, in string, pairs bool) {
		got, err := all(strings.NewReader(in), predict.JSONL, pairs)
		for _, x := range got {
			if (x.B != nil) != pairs {
				t.Errorf("%q: a text of the wrong kind", in)
			}
		}
		if err != nil && fault.ClassOf(err) != fault.Invalid {
			t.Errorf("%q: %v of class %d", in, err, fault.ClassOf(err))
		}
	})
}
