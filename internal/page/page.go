// Package page writes a sweep as a page: the decision first, the metric by rank, what a rank
// costs, how to use it, and where the numbers come from. The page is one file that needs no
// network, no script and no other file, and has no text of the user's data unless it is
// given some.
package page

import (
	"bytes"
	"context"
	_ "embed"
	"html/template"
	"io"
	"time"
	"unicode"

	"github.com/dylora/dylora/internal/disk"
	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/figure"
	"github.com/dylora/dylora/internal/session"
)

// Report is what a page is made of. Texts may be anybody's: they are escaped.
type Report struct {
	Sweep    *evaluate.Sweep
	Adapter  string // the folder, as commands name it
	Base     string // the base model's name
	HubModel bool   // Base is its name on the Hub
	Pair     bool   // the task is about two texts
	// Arguments are those that Transformers needs beside Base to make a model of the task.
	Arguments string
	Costs     Costs
	Facts     []Fact // where the numbers come from, in the order of the page
	Settings  []Fact // of the training
	Worst     []Mistake
	Texts     bool // Worst was asked for
	Version   string
	Made      time.Time
}

// Fact is a name and a value.
type Fact struct{ Name, Value string }

// Costs are what the ranks of a sweep cost beside parameters and bytes.
type Costs struct {
	Flops  map[int]float64 // products of one example, forwards, by rank; 0 is the base model alone
	Millis map[int]float64 // of one example in a batch, by rank; some ranks may be missing
	Sample int             // examples that both are of
	Tokens float64         // that an example has on average
	Where  string          // what computed: kernel, precision, threads
}

// Mistake is an example on which the adapter is wrong, with its texts.
type Mistake struct {
	evaluate.Mistake        // at the rank that the page is about
	AtFull           string // the answer at the largest rank
	Rank, Full       int    // which these are
}

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

// Save writes the page to a file, whole or not at all.
func Save(ctx context.Context, path string, env *session.Env, s *session.Session, sweep *evaluate.Sweep, o Options) error {
	r, err := Gather(ctx, env, s, sweep, o)
	if err != nil {
		return err
	}
	return disk.WriteFile(path, r.Write)
}

// Write writes the page. The same report gives the same bytes.
func (r *Report) Write(w io.Writer) error {
	t, err := template.New("page").Parse(pageHTML)
	if err != nil {
		return err
	}
	v := r.view()
	v.Style = template.CSS(pageCSS + figure.CSS()) //nolint:gosec // our own
	var b bytes.Buffer
	if err := t.Execute(&b, v); err != nil {
		return err
	}
	_, err = w.Write(bytes.Map(printable, bytes.ToValidUTF8(b.Bytes(), []byte("\ufffd"))))
	return err
}

// printable drops control characters but for ends of lines and tabs: HTML has none.
func printable(r rune) rune {
	if unicode.IsControl(r) && r != '\n' && r != '\t' {
		return -1
	}
	return r
}
