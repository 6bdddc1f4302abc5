package parquet

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	library "github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/parquet/parquettest"
)

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == Argument {
		os.Exit(Child(os.Args[2:], os.Stdout, os.Stderr))
	}
	if len(os.Args) == 3 && os.Args[1] == eat {
		allocate(os.Args[2])
	}
	if len(os.Args) == 5 && os.Args[1] == many {
		if err := readDamaged(os.Args[2:]); err != nil {
			fmt.Println(err)
			os.Exit(2)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

type (
	sentence = parquettest.Sentence
	scored   = parquettest.Scored
)

// file writes rows as the library does.
func file[T any](t testing.TB, rows []T, options ...library.WriterOption) string {
	t.Helper()
	b, err := parquettest.Encode(rows, options...)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "f.parquet")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func sentences(n int) []sentence { return parquettest.Sentences(n) }

var sst2 = Layout{Texts: []Key{{"sentence", "text_a"}}, Label: "label", Labels: []string{"0", "1"}, Names: []string{"negative", "positive"}}

func lines(t testing.TB, path string, l Layout) (string, error) {
	t.Helper()
	program, err := Program()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	err = Lines(t.Context(), program, path, l, &b)
	return b.String(), err
}

func TestLines(t *testing.T) {
	got, err := lines(t, file(t, sentences(3)), sst2)
	want := `{"text_a":"this film is the 0. of its \"kind\" \n","label":"0"}` + "\n" +
		`{"text_a":"this film is the 1. of its \"kind\" \n","label":"1"}` + "\n" +
		`{"text_a":"this film is the 4. of its \"kind\" \n","label":"0"}` + "\n"
	if err != nil || got != want {
		t.Errorf("got  %s\nwant %s, %v", got, want, err)
	}
	unlabelled := sst2
	unlabelled.Label = ""
	got, err = lines(t, file(t, []sentence{{Sentence: "a", Label: -1}}), unlabelled)
	if err != nil || got != `{"text_a":"a"}`+"\n" {
		t.Errorf("without labels: %s, %v", got, err)
	}
	two := "é\t"
	pairs := Layout{Texts: []Key{{"sentence1", "text_a"}, {"sentence2", "text_b"}}, Label: "label"}
	got, err = lines(t, file(t, []scored{{One: "a", Two: &two, Score: 3.8}, {One: "b", Two: &two, Score: 5}}), pairs)
	if err != nil || got != `{"text_a":"a","text_b":"é\t","label":"3.8"}`+"\n"+`{"text_a":"b","text_b":"é\t","label":"5"}`+"\n" {
		t.Errorf("pairs: %s, %v", got, err)
	}
}

// TestLinesOfManyGroups: rows of several groups and pages come in their order.
func TestLinesOfManyGroups(t *testing.T) {
	for _, codec := range []compress.Codec{&library.Snappy, &library.Zstd, &library.Gzip, &library.Uncompressed} {
		rows := sentences(1000)
		got, err := lines(t, file(t, rows, library.MaxRowsPerRowGroup(300), library.PageBufferSize(512), library.Compression(codec)), sst2)
		if err != nil || strings.Count(got, "\n") != len(rows) {
			t.Fatalf("%d lines, %v", strings.Count(got, "\n"), err)
		}
		for i, line := range strings.SplitAfter(strings.TrimSuffix(got, "\n"), "\n") {
			if want := fmt.Sprintf("the %d. of", i*i%17); !strings.Contains(line, want) {
				t.Fatalf("line %d is %s", i, line)
			}
		}
	}
}

func TestLinesErrors(t *testing.T) {
	names := func(text string) []library.WriterOption {
		return []library.WriterOption{library.KeyValueMetadata("huggingface", text)}
	}
	good := `{"info":{"features":{"label":{"names":["negative","positive"],"_type":"ClassLabel"},"sentence":{"dtype":"string"}}}}`
	if _, err := lines(t, file(t, sentences(2), names(good)...), sst2); err != nil {
		t.Error(err)
	}
	for _, note := range []string{"{", `{"info":{"features":{"label":{"dtype":"int64"}}}}`, `{"info":7}`} {
		if _, err := lines(t, file(t, sentences(2), names(note)...), sst2); err != nil {
			t.Errorf("note %s: %v", note, err)
		}
	}
	column := func(text, label string) Layout {
		return Layout{Texts: []Key{{text, "text_a"}}, Label: label, Labels: []string{"0", "1"}}
	}
	tests := []struct {
		name, path string
		layout     Layout
		want       string
	}{
		{"labels in another order", file(t, sentences(2), names(strings.Replace(good, `"negative","positive"`, `"positive","negative"`, 1))...), sst2, "of another version"},
		{"no column", file(t, sentences(2)), column("text", "label"), `no column "text"`},
		{"label out of range", file(t, []sentence{{Sentence: "a", Label: 2}}), sst2, `row 0: column "label": 2 is not a label from 0 to 1`},
		{"no label", file(t, []sentence{{Sentence: "a", Label: -1}}), sst2, "-1 is not a label"},
		{"a text for a label", file(t, sentences(2)), column("sentence", "sentence"), "is not a label"},
		{"a number for a text", file(t, sentences(2)), column("label", "label"), "not a text"},
		{"null", file(t, []scored{{One: "a", Two: nil, Score: 1}}), Layout{Texts: []Key{{"sentence2", "text_a"}}}, "no value"},
		{"not UTF-8", file(t, []sentence{{Sentence: "\xff", Label: 1}}), sst2, `column "sentence": `},
		{"a list", file(t, []struct {
			Sentence []string `parquet:"sentence"`
		}{{[]string{"a", "b"}}}), Layout{Texts: []Key{{"sentence", "text_a"}}}, `no column "sentence"`},
		{"no number", file(t, sentences(2)), Layout{Texts: []Key{{"sentence", "text_a"}}, Label: "label"}, "is not a number"},
		{"not there", "/none.parquet", sst2, "no such file"},
		{"a folder", t.TempDir(), sst2, "cannot be read as a parquet file"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := lines(t, tt.path, tt.layout)
			checkInvalid(t, err)
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error = %v, want %q", err, tt.want)
			}
		})
	}
}

func checkInvalid(t testing.TB, err error) {
	t.Helper()
	if err == nil || fault.ClassOf(err) != fault.Invalid || strings.Contains(err.Error(), "\n") || len(err.Error()) > 1000 {
		t.Fatalf("error = %v, want one line of class Invalid", err)
	}
}
