package data

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"github.com/dylora/dylora/internal/fault"
)

// readCSV reads all records, with the lines that they start at.
func readCSV(content, separator string) (records [][]string, starts []int, err error) {
	c := &csvReader{r: bufio.NewReaderSize(strings.NewReader(content), 16), path: "f.csv", separator: separator[0], blanks: blanks(separator)}
	for {
		fields, err := c.read()
		if errors.Is(err, io.EOF) {
			return records, starts, nil
		} else if err != nil {
			return records, starts, err
		}
		records, starts = append(records, append([]string(nil), fields...)), append(starts, c.start)
	}
}

// TestCSVReader has records as Python's csv.reader gives them.
func TestCSVReader(t *testing.T) {
	tests := []struct {
		content string
		want    [][]string
		starts  []int
	}{
		{"", nil, nil},
		{"a,b", [][]string{{"a", "b"}}, []int{1}},
		{",\n,,\n", [][]string{{"", ""}, {"", "", ""}}, []int{1, 2}},
		{"\n\n a , b \n", [][]string{{" a ", " b "}}, []int{3}},
		{"a\r\n\r\nb\r\n", [][]string{{"a"}, {"b"}}, []int{1, 3}},
		{"5\" wide,1\n12\",x\"y\"z\"\n", [][]string{{`5" wide`, "1"}, {`12"`, `x"y"z"`}}, []int{1, 2}},
		{` "a",b` + "\n", [][]string{{` "a"`, "b"}}, []int{1}},
		{`a"",b` + "\n", [][]string{{`a""`, "b"}}, []int{1}},
		{"\"a\nb\",\"\"\n\"c\"\"d\",\"e,f\"", [][]string{{"a\nb", ""}, {`c"d`, "e,f"}}, []int{1, 3}},
		{"\"a\r\n\r\nb\"\nc\n", [][]string{{"a\n\nb"}, {"c"}}, []int{1, 4}},
		{"\"\"\"\"\n\"\",\n", [][]string{{`"`}, {"", ""}}, []int{1, 2}},
		{"\"" + strings.Repeat("long ", 20) + "\",1\n", [][]string{{strings.Repeat("long ", 20), "1"}}, []int{1}},
	}
	for _, tt := range tests {
		got, starts, err := readCSV(tt.content, ",")
		if err != nil || fmt.Sprintf("%q", got) != fmt.Sprintf("%q", tt.want) || fmt.Sprint(starts) != fmt.Sprint(tt.starts) {
			t.Errorf("%q gives %q from lines %d, error %v; want %q from lines %d", tt.content, got, starts, err, tt.want, tt.starts)
		}
	}
}

func TestCSVReaderErrors(t *testing.T) {
	tests := []struct{ content, want string }{
		{`"a"b,c`, `line 1, column 3: extraneous or missing "`},
		{"x,\"a\" ,c\n", "line 1, column 5: "},
		{"x\n\"y\nz\"\"\" \"\n", "line 3, column 4: "},
		{`"a`, "line 1, column 3: "},
		{`"a""`, "line 1, column 5: "},
		{"\"a\n", "line 1, column 4: "},
		{"x\n\"a\nb\n\n", "line 4, column 2: "},
		{"x\n\n" + strings.Repeat("y", maxLine+1), "line 3: a row is longer than 1048576 bytes"},
		{"x\n\"" + strings.Repeat("y\n", maxLine/2), "line 2: a row is longer than 1048576 bytes: is there a quote without its end?"},
	}
	for _, tt := range tests {
		_, _, err := readCSV(tt.content, ",")
		checkError(t, err, fault.Invalid, "f.csv: "+tt.want)
		if stray := fault.ReasonOf(err) == StrayQuote; stray != strings.Contains(tt.want, "column") {
			t.Errorf("the reason of %v is %q", err, fault.ReasonOf(err))
		}
	}
	broken := io.MultiReader(strings.NewReader("text,label\na,1\n"), iotest.ErrReader(errors.New("the disk is gone")))
	err := scanCSV("f.csv", broken, ",", []field{{name: "text"}}, func(place, []string) error { return nil })
	checkError(t, err, fault.Invalid, "cannot read f.csv: the disk is gone")
}

// reference reads records letter by letter, by the states of Python's csv module (Modules/_csv.c),
// and refuses what it would take in a field behind a closing quote or without one.
func reference(content string) (records [][]string, ok bool) {
	const (
		fieldStart = iota
		plain
		quoted
		quoteInQuoted
	)
	var record []string
	var text strings.Builder
	field := func() { record = append(record, text.String()); text.Reset() }
	state := fieldStart
	for _, c := range []byte(strings.TrimSuffix(content, "\n") + "\n") {
		switch {
		case state == quoted && c == '"':
			state = quoteInQuoted
		case state == quoted:
			text.WriteByte(c)
		case state == quoteInQuoted && c == '"':
			text.WriteByte(c)
			state = quoted
		case c == '\n' && state == fieldStart && len(record) == 0: // a blank line
		case c == '\n':
			field()
			records, record, state = append(records, record), nil, fieldStart
		case c == ',':
			field()
			state = fieldStart
		case state == quoteInQuoted:
			return records, false
		case state == fieldStart && c == '"':
			state = quoted
		default:
			text.WriteByte(c)
			state = plain
		}
	}
	return records, state != quoted
}

// checkCSV holds the reader against the reference, and against the standard library wherever
// that takes the content. Neither knows blanks on blank lines, nor does Python CR as we do.
func checkCSV(t interface{ Errorf(string, ...any) }, content string) {
	got, _, err := readCSV(content, ",")
	if want, ok := reference(content); fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) || (err == nil) != ok {
		t.Errorf("%q gives %q, error %v; want %q, %v", content, got, err, want, ok)
	}
	standard := csv.NewReader(strings.NewReader(content))
	standard.FieldsPerRecord = -1
	if want, failed := standard.ReadAll(); failed == nil && (err != nil || fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want)) {
		t.Errorf("%q gives %q, error %v; the standard library %q", content, got, err, want)
	}
}

func TestCSVReaderLikePython(t *testing.T) {
	content := rapid.Map(rapid.SliceOf(rapid.SampledFrom([]string{"a", "é", `"`, `""`, ",", "\n", "x y", `,"`, `",`})), func(parts []string) string { return strings.Join(parts, "") })
	rapid.Check(t, func(t *rapid.T) { checkCSV(t, content.Draw(t, "content")) })
}

func FuzzCSV(f *testing.F) {
	for _, s := range []string{"a,b\n", "5\" b,\"c\"\"\nd\"\n", "\"a\"b", "\"a", "\n\n\"\"\n", ",\"\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, content string) {
		for line := range strings.Lines(content) {
			if strings.Contains(line, "\r") || line != "\n" && blank(strings.TrimSuffix(line, "\n"), ",") {
				t.Skip("read otherwise, and tested apart")
			}
		}
		checkCSV(t, content)
	})
}
