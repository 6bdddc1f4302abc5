package data

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"github.com/dylora/dylora/internal/fault"
)

// rowsOf reads the columns text and label of a .json file, with the place of each row.
func rowsOf(r io.Reader) (rows []string, err error) {
	want := []field{{name: "label"}, {name: "text", text: true}}
	err = scanRows("f.json", r, Format{Ending: ".json"}, want, func(at place, values []string) error {
		rows = append(rows, fmt.Sprintf("%s: %s %s", at.row(), values[0], values[1]))
		return nil
	})
	return rows, err
}

func TestScanAnyJSON(t *testing.T) {
	tests := []struct{ name, content, want string }{
		{"lines", `{"text":"a","label":1}` + "\n" + `{"label":"x","text":"b"}`, "line 1: 1 a; line 2: x b"},
		{"lines behind blank ones", "\n \t\r\n" + `{"text":"a","label":1}`, "line 3: 1 a"},
		{"array on one line", `[{"text":"a","label":1},{"text":"b","label":false}]`, "line 1, element 1: 1 a; line 1, element 2: false b"},
		{"array with indents", "\n[\n  {\n    \"text\": \"a\",\n    \"label\": 1\n  },\n  {\"text\":\"b\",\"label\":2}\n]\n\n", "line 3, element 1: 1 a; line 7, element 2: 2 b"},
		{"pandas: an element per line", "[{\"text\":\"a\",\"label\":1}\n,{\"text\":\"b\",\"label\":2}]", "line 1, element 1: 1 a; line 2, element 2: 2 b"},
		{"empty array", "[ ]\n", ""},
		{"empty file", "", ""},
		{"blank file", " \n\n", ""},
	}
	for _, tt := range tests {
		for _, r := range []io.Reader{strings.NewReader(tt.content), iotest.OneByteReader(strings.NewReader(tt.content))} {
			rows, err := rowsOf(r)
			if got := strings.Join(rows, "; "); err != nil || got != tt.want {
				t.Errorf("%s: rows %s, error %v; want %s", tt.name, got, err, tt.want)
			}
		}
	}
}

func TestScanArrayErrors(t *testing.T) {
	good := "[{\"text\":\"a\",\"label\":1},\n"
	tests := []struct{ name, content, want string }{
		{"no key", good + ` {"text":"b","Label":1}]`, `f.json: line 2, element 2: no key "label"; there are: "text", "Label"`},
		{"a number for a text", good + "\n{\"text\":\n3}]", `f.json: line 3, element 2: column "text" holds 3 where a text belongs`},
		{"no object", good + "7]", "f.json: line 2, element 2: not a JSON object"},
		{"array of arrays", "[[\"a\",1]]", "f.json: line 1, element 1: not a JSON object"},
		{"broken object", good + "{\"text\":\"b\",\n \"label\":}]", "f.json: line 3, element 2: column 10: not as JSON should be: "},
		{"key twice", good + `{"text":"b","text":"c","label":1}]`, "f.json: line 2, element 2: column 13: not as JSON should be: "},
		{"comma at the end", good + "]", "not as JSON should be: "},
		{"no comma", "[{\"text\":\"a\",\"label\":1}\n{}]", "f.json: line 2, element 2: column 1: not as JSON should be: "},
		{"cut within an object", good + "{\"text\":\"b", "f.json: line 2, element 2: "},
		{"cut between objects", good, "f.json: line 2"},
		{"cut behind an object", strings.TrimSuffix(good, ",\n"), "f.json: line 1, element 2: "},
		{"more behind the array", good + "{\"text\":\"b\",\"label\":2}\n]\n[]", "f.json: line 4: the file goes on after its array"},
		{"rubbish behind the array", "[]x", "f.json: line 1: the file goes on after its array"},
		{"not UTF-8", good + "{\"text\":\"\xff\",\"label\":2}]", "f.json: line 2, element 2: column 10: not as JSON should be: "},
		{"long element", good + `{"text":"` + strings.Repeat("b", 4*maxLine) + `","label":2}]`, "element 2: longer than 1048576 bytes"},
		{"blanks without end", good + strings.Repeat(" ", 4*maxLine) + "]", "element 2: longer than 1048576 bytes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := rowsOf(strings.NewReader(tt.content))
			checkError(t, err, fault.Invalid, tt.want)
		})
	}
	_, err := rowsOf(io.MultiReader(strings.NewReader(good), iotest.ErrReader(errors.New("the disk is gone"))))
	checkError(t, err, fault.Invalid, "cannot read f.json: the disk is gone")
}

// TestScanArrayIsBounded reads an array of many elements in little memory.
func TestScanArrayIsBounded(t *testing.T) {
	element := `{"text":"` + strings.Repeat("b", 1000) + `","label":1},` + strings.Repeat("\n", 1000)
	const n = 20_000 // 40 MB
	parts := []io.Reader{strings.NewReader("[")}
	for range n - 1 {
		parts = append(parts, strings.NewReader(element))
	}
	parts = append(parts, strings.NewReader(strings.Replace(element, ",\n", "]\n", 1)))
	rows, most := 0, uint64(0)
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	err := scanRows("f.json", io.MultiReader(parts...), Format{Ending: ".json"}, []field{{name: "label"}}, func(at place, _ []string) error {
		if rows++; at.line != 1+(rows-1)*1000 || at.element != rows {
			return at.wrong("is row %d", rows)
		}
		if rows%(n/8) == 0 {
			runtime.GC()
			runtime.ReadMemStats(&now)
			most = max(most, now.HeapAlloc)
		}
		return nil
	})
	if err != nil || rows != n {
		t.Fatalf("%d rows, error %v", rows, err)
	}
	if most > before.HeapAlloc+16<<20 {
		t.Errorf("%d MB of memory", (most-before.HeapAlloc)>>20)
	}
}

// TestLineCounterPositions asks for positions in any text, in rising order.
func TestLineCounterPositions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching("[ab\n]{1,40}").Draw(t, "text")
		l := &lineCounter{r: strings.NewReader(text)}
		if _, err := io.ReadAll(bufio.NewReaderSize(l, 16)); err != nil {
			t.Fatal(err)
		}
		step := rapid.IntRange(1, 5).Draw(t, "step")
		for offset := 0; offset < len(text); offset += step {
			line, column := l.position(int64(offset))
			before := text[:offset]
			if wantLine, wantColumn := 1+strings.Count(before, "\n"), offset-strings.LastIndex(before, "\n"); line != wantLine || int(column) != wantColumn {
				t.Errorf("%q: byte %d is at line %d, column %d, want %d, %d", text, offset, line, column, wantLine, wantColumn)
			}
		}
	})
}
