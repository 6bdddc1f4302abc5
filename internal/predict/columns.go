package predict

import (
	"cmp"
	"errors"
	"io"
	"iter"
	"path/filepath"
	"strings"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/fault"
)

// Columns says which columns, or keys, of the input hold the texts.
type Columns struct {
	Text    string
	Pair    string // of the second text; "": there is none
	Quoting data.Quoting
}

// usual are the keys of JSON lines where nobody names others; Pair stands for the second text
// of a task of pairs in every format.
var usual = Columns{Text: "text", Pair: "text_pair"}

// endings are those of files with named columns, by format.
var endings = map[Format]string{CSV: ".csv", TSV: ".tsv", JSON: ".json", JSONL: ".jsonl"}

// FormatOf is the format of a file by the ending of its name: Lines where it is none of those
// with named columns. A .tsv may also be meant as Lines of pairs.
func FormatOf(name string) Format {
	for f, ending := range endings {
		if strings.EqualFold(filepath.Ext(name), ending) {
			return f
		}
	}
	return Lines
}

// Named says whether the texts of a format stand in named columns.
func (f Format) Named() bool { return endings[f] != "" }

// ReadColumns goes through the texts of r, which stand in named columns: pairs, or single texts.
// For pairs a Pair of "" is text_pair. Errors name the input and the line and end it; what comes
// before is good. An empty text is one.
func ReadColumns(r io.Reader, name string, f Format, c Columns, pair bool) iter.Seq2[Text, error] {
	names := []string{c.Text}
	switch {
	case pair:
		names = append(names, cmp.Or(c.Pair, usual.Pair))
	case c.Pair != "":
		return func(yield func(Text, error) bool) {
			yield(Text{}, fault.Usagef("pair_column: %q is a second text, and the task takes one", c.Pair))
		}
	}
	return func(yield func(Text, error) bool) {
		enough := errors.New("enough")
		err := data.ScanTexts(name, endings[f], r, c.Quoting, names, func(texts []string) error {
			t := Text{A: strings.Clone(texts[0])}
			if pair {
				second := strings.Clone(texts[1])
				t.B = &second
			}
			if !yield(t, nil) {
				return enough
			}
			return nil
		})
		if err != nil && !errors.Is(err, enough) {
			yield(Text{}, err)
		}
	}
}

// Plain says whether JSON lines hold their texts under the usual keys, so that a line may have
// one text or two.
func (c Columns) Plain() bool {
	return c.Text == usual.Text && (c.Pair == "" || c.Pair == usual.Pair)
}
