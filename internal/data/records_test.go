package data

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"github.com/dylora/dylora/internal/fault"
)

// recordsOf is each record as "line raw -> A|B", or with the error in the place of texts.
func recordsOf(s Source, text string) (list []string, err error) {
	s.Name = "in"
	err = s.Records(iotest.OneByteReader(strings.NewReader(text)), func(r *Record) error {
		answer := r.A
		if r.Err != nil && r.Raw == nil {
			r.Raw = []byte(fmt.Sprint(r.Fields))
		}
		switch {
		case r.Header:
			answer = "header"
		case r.Err != nil:
			answer = r.Err.Error()
		case r.B != nil:
			answer += "|" + *r.B
		}
		list = append(list, fmt.Sprintf("%d %s -> %s", r.Line, r.Raw, answer))
		return nil
	})
	return list, err
}

// TestRecords: rows come with their own bytes and their texts, and one that is not as it should be costs no other.
func TestRecords(t *testing.T) {
	one, two := []string{"text"}, []string{"b"}
	long := strings.Repeat("x", maxLine)
	for name, tt := range map[string]struct {
		s    Source
		in   string
		want []string
	}{
		"lines": {Source{}, "\ufeffa\r\n\nb\xff\n" + long + "y\nc", []string{"1 a -> ", "2  -> ", "3 b\xff -> in: line 3: the text is not UTF-8: convert the file, such as with iconv -f WINDOWS-1252 -t UTF-8",
			"4 " + long + " -> in: line 4: longer than 1048576 bytes", "5 c -> "}},
		"csv": {Source{Format: Format{Ending: ".csv"}, A: one}, "\ufeffid, text \r\n1,\"a, \"\"b\"\"\r\n c\"\r\n\r\n2,\n", []string{"1 \ufeffid, text  -> header", "2 1,\"a, \"\"b\"\"\r\n c\" -> a, \"b\"\n c", "5 2, -> "}},
		"a quote without its end": {Source{Format: Format{Ending: ".csv"}, A: one}, "id,text\n1,\"a\n2,b\n3,\"c\"\n4,d\n", []string{"1 id,text -> header",
			"2 [1] -> in: line 4, column 3: extraneous or missing \" in quoted-field: a quote within quotes is written twice", "3 2,b -> b", "4 3,\"c\" -> c", "5 4,d -> d"}},
		"a quote that takes the rest": {Source{Format: Format{Ending: ".csv"}, A: one}, "id,text\n1,\"a\n2,b\n3,c", []string{"1 id,text -> header",
			"2 [1] -> in: line 4, column 4: extraneous or missing \" in quoted-field: a quote within quotes is written twice", "3 2,b -> b", "4 3,c -> c"}},
		"two of them": {Source{Format: Format{Ending: ".csv"}, A: one}, "id,text\n1,\"a\n2,b\"x\n3,\"c\n4,d", []string{"1 id,text -> header",
			"2 [1] -> in: line 3, column 4: extraneous or missing \" in quoted-field: a quote within quotes is written twice", "3 2,b\"x -> b\"x",
			"4 [3] -> in: line 5, column 4: extraneous or missing \" in quoted-field: a quote within quotes is written twice", "5 4,d -> d"}},
		"a row that is too long": {Source{Format: Format{Ending: ".csv"}, A: one}, "text\n" + long + "x\nb\n\"" + long + "\nc\n", []string{"1 text -> header",
			"2 [] -> in: line 2: a row is longer than 1048576 bytes: is there a quote without its end?", "3 b -> b",
			"4 [] -> in: line 4: a row is longer than 1048576 bytes: is there a quote without its end?", "5 c -> c"}},
		"columns": {Source{Format: Format{Ending: ".csv"}, A: one}, "id,text\n1\n2,b,c\n3,d\xff\n4,e\n", []string{"1 id,text -> header", "2 1 -> in: line 2: 1 columns where the header has 2",
			"3 2,b,c -> in: line 3: 3 columns where the header has 2", "4 3,d\xff -> in: line 4: column \"text\" is not UTF-8: convert the file, such as with iconv -f WINDOWS-1252 -t UTF-8", "5 4,e -> e"}},
		"the second name":             {Source{Format: Format{Ending: ".csv"}, A: []string{"text", "sentence"}}, "sentence\na\n", []string{"1 sentence -> header", "2 a -> a"}},
		"pairs":                       {Source{Format: Format{Ending: ".tsv"}, A: one, B: two}, "b\ttext\n\"1\t2\n\n", []string{"1 b\ttext -> header", "2 \"1\t2 -> 2|\"1"}},
		"a second text that may lack": {Source{Format: Format{Ending: ".csv"}, A: one, B: two, MayLack: true}, "text\n1\n", []string{"1 text -> header", "2 1 -> 1"}},
		"jsonl": {Source{Format: Format{Ending: ".jsonl"}, A: one}, "{\"text\":\"a\",\"n\":1.0}\n\n b\n{}\n[1]\n{\"text\":1}\n{\"text\":\"x\"}{}\n{\"text\":\"c\",\"text\":\"d\"}\n" + long + "\n{\"text\":\"e\"}", []string{
			`1 {"text":"a","n":1.0} -> a`, "3 b -> in: line 3: not a JSON object", `4 {} -> in: line 4: no key "text"; there are: `, "5 [1] -> in: line 5: not a JSON object",
			`6 {"text":1} -> in: line 6: column "text" holds 1 where a text belongs`, `7 {"text":"x"}{} -> in: line 7: more than one JSON object`,
			`8 {"text":"c","text":"d"} -> in: line 8: column 13: not as JSON should be: duplicate object member name`,
			"9 " + long + " -> in: line 9: longer than 1048576 bytes", `10 {"text":"e"} -> e`}},
		"pairs of objects": {Source{Format: Format{Ending: ".jsonl"}, A: []string{"x", "text"}, B: two, MayLack: true}, "{\"b\":null,\"text\":\"a\"}\n{\"x\":\"c\",\"b\":\"d\",\"text\":1}\n", []string{
			`1 {"b":null,"text":"a"} -> a`, `2 {"x":"c","b":"d","text":1} -> c|d`}},
		"no second text": {Source{Format: Format{Ending: ".jsonl"}, A: one, B: two}, "{\"text\":\"a\"}\n{\"text\":\"a\",\"b\":null}\n", []string{
			`1 {"text":"a"} -> in: line 1: no key "b"; there are: "text"`, `2 {"text":"a","b":null} -> in: line 2: column "b" holds null where a text belongs`}},
		"an array": {Source{Format: Format{Ending: ".json"}, A: one}, "[\n{\"text\":\n\"a\"},7]", []string{"2 {\"text\":\n\"a\"} -> a", `3 7 -> in: line 3, element 2: not a JSON object`}},
		"a later key": {Source{Format: Format{Ending: ".json"}, A: one, Reserved: []string{"label", "score"}}, "{\"text\":\"a\",\"score\":1}\n{\"text\":\"b\"}\n{\"text\":\"c\",\"label\":1}", []string{
			`1 {"text":"a","score":1} -> a`, `2 {"text":"b"} -> b`,
			`3 {"text":"c","label":1} -> in: line 3: the key "label" is that of an answer, and the first object does not have it: give it to all objects or to none`}},
	} {
		got, err := recordsOf(tt.s, tt.in)
		if err != nil || strings.Join(got, "\n") != strings.Join(tt.want, "\n") {
			t.Errorf("%s: %v\n%.3000s\nwant\n%.3000s", name, err, strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
		}
	}
}

// TestRecordsEnd: what reading cannot go on from ends it, with the place.
func TestRecordsEnd(t *testing.T) {
	for name, tt := range map[string]struct {
		s        Source
		in, says string
		reason   fault.Reason
	}{
		"no column":      {Source{Format: Format{Ending: ".csv"}, A: []string{"text", "sentence"}}, "id,review\n1,a\n", `in: line 1: no column "text"; there are: "id", "review"`, NoTextColumn},
		"no second one":  {Source{Format: Format{Ending: ".tsv"}, A: []string{"id"}, B: []string{"b"}}, "id\n", `no column "b"`, NoTextColumn},
		"a torn header":  {Source{Format: Format{Ending: ".csv"}, A: []string{"text"}}, "\"text\nx\n", "in: line 2", StrayQuote},
		"UTF-16":         {Source{}, "\xff\xfea\x00", "in is UTF-16", ""},
		"a pointer":      {Source{}, "version https://git-lfs.github.com/spec/v1\noid\n", "a Git LFS pointer", ""},
		"a broken array": {Source{Format: Format{Ending: ".json"}, A: []string{"text"}}, "[{\"text\":\"a\"},{]", "in: line 1, element 2", ""},
	} {
		_, err := recordsOf(tt.s, tt.in)
		if err == nil || !strings.Contains(err.Error(), tt.says) || fault.ClassOf(err) != fault.Invalid || fault.ReasonOf(err) != tt.reason {
			t.Errorf("%s: %v of reason %q", name, err, fault.ReasonOf(err))
		}
	}
	enough := errors.New("enough")
	if err := (Source{}).Records(strings.NewReader("a\nb\n"), func(*Record) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("whoever has enough gets %v", err)
	}
	gone := iotest.ErrReader(errors.New("the disk is gone"))
	for _, ending := range []string{"", ".csv", ".tsv", ".json", ".jsonl"} {
		err := Source{Name: "in", Format: Format{Ending: ending}, A: []string{"text"}}.Records(io.MultiReader(strings.NewReader("text\n"), gone), func(*Record) error { return nil })
		if err == nil || !strings.Contains(err.Error(), "cannot read in: the disk is gone") {
			t.Errorf("%q: a disk that is gone is %v", ending, err)
		}
	}
}

// TestRecordsTornInTime: rows that each open a quote are read in time that grows with the input, not with its square.
func TestRecordsTornInTime(t *testing.T) {
	for _, row := range []string{"\"a\n", "\"\"\"\n", "x,\"\n", "\"\n", "\"a\nb\nc\n", ",\"\"\"\n\"\"\n"} {
		in, n := "text,x\n"+strings.Repeat(row, 1<<20/len(row)), 0
		if err := (Source{Format: Format{Ending: ".csv"}, A: []string{"text"}}).Records(strings.NewReader(in), func(*Record) error { n++; return nil }); err != nil || n < 1000 {
			t.Errorf("%q: %d rows, %v", row, n, err)
		}
	}
}

// TestRecordsWhole: the bytes of the rows are those of the input, and the fields those of csvReader.
func TestRecordsWhole(t *testing.T) {
	field := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "ü", ",", "\t", "\"", "\n", "\r\n", " ", "'", "\xff"}), 0, 6)
	rapid.Check(t, func(t *rapid.T) {
		separator, end := rapid.SampledFrom([]string{",", "\t"}).Draw(t, "separator"), rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(t, "end")
		in := "text" + separator + "x" + end
		for range rapid.IntRange(0, 5).Draw(t, "rows") {
			cells := make([]string, 2)
			for i := range cells {
				text := strings.Join(field.Draw(t, "field"), "")
				cells[i] = `"` + strings.ReplaceAll(text, `"`, `""`) + `"`
			}
			in += strings.Join(cells, separator) + end
		}
		ending := map[string]string{",": ".csv", "\t": ".tsv"}[separator]
		var whole strings.Builder
		var rows [][]string
		err := Source{Format: Format{Ending: ending, Quoting: QuoteCSV}, A: []string{"text"}}.Records(strings.NewReader(in), func(r *Record) error {
			whole.Write(r.Raw)
			whole.WriteString(r.End)
			rows = append(rows, append([]string{}, r.Fields...))
			return nil
		})
		want, _, readErr := readCSV(in, separator)
		if err != nil || readErr != nil || whole.String() != in || fmt.Sprint(rows) != fmt.Sprint(want) {
			t.Fatalf("%q: %v, %v\n%q\n%q\n%q", in, err, readErr, whole.String(), rows, want)
		}
	})
}

// FuzzRecords: nothing that is read panics or is lost: in lines and objects every line that is not blank is a record, and what has
// no error is UTF-8 and, of JSON, an object as a decoder reads it.
func FuzzRecords(f *testing.F) {
	f.Add("id,text\n1,\"a\n2,b\n")
	f.Add("{\"text\":\"a\"}\n{\n[{\"text\":1}]")
	f.Add("\ufeff[{\"text\":\"a\"},\n{}]")
	f.Fuzz(func(t *testing.T, in string) {
		for _, ending := range []string{"", ".csv", ".tsv", ".json", ".jsonl"} {
			n, last := 0, 0
			err := Source{Format: Format{Ending: ending}, A: []string{"text", "id"}, B: []string{"b"}, MayLack: true}.Records(strings.NewReader(in), func(r *Record) error {
				if n++; r.Line < last {
					t.Errorf("%s %q: line %d after %d", ending, in, r.Line, last)
				}
				last = r.Line
				var object map[string]any
				if r.Object && json.Unmarshal(r.Raw, &object) != nil {
					t.Errorf("%s %q: no object: %q", ending, in, r.Raw)
				}
				if r.Err != nil && fault.ClassOf(r.Err) != fault.Invalid {
					t.Errorf("%s %q: %v", ending, in, r.Err)
				}
				return nil
			})
			if err != nil && fault.ClassOf(err) != fault.Invalid {
				t.Errorf("%s %q: %v", ending, in, err)
			}
			if want := strings.Count(in, "\n"); err == nil && ending == "" && n < want {
				t.Errorf("%q: %d lines of %d", in, n, want)
			}
		}
	})
}
