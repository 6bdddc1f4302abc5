package datacheck

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
)

// The text of a report shows so many cases of a finding and rows of a case.
const (
	shownCases  = 10
	shownRows   = 6
	shownLabels = 12
)

// Write writes the report for people: what each split holds, and then what is wrong, with the lines of the files.
func (r *Report) Write(w io.Writer) error {
	var b strings.Builder
	for _, s := range r.Splits {
		var names []string
		for _, f := range s.Files {
			names = append(names, f.Name)
		}
		fmt.Fprintf(&b, "%-5s  %s: %d rows", s.Name, strings.Join(names, ", "), s.Rows)
		var labels []string
		for _, l := range s.Labels[:min(shownLabels, len(s.Labels))] {
			labels = append(labels, fmt.Sprintf("%s %d", l.Label, l.Rows))
		}
		if len(s.Labels) > shownLabels {
			labels = append(labels, fmt.Sprintf("… (%d labels)", len(s.Labels)))
		}
		if len(labels) > 0 {
			fmt.Fprintf(&b, "; labels %s", strings.Join(labels, ", "))
		}
		b.WriteByte('\n')
	}
	if r.DevShare > 0 {
		fmt.Fprintf(&b, "dev    %v %% of train, each label in proportion, as no dev_file is given\n", 100*r.DevShare)
	}
	if len(r.Findings) == 0 {
		b.WriteString("nothing was found that is wrong\n")
	}
	for _, f := range r.Findings {
		f.write(&b)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (f Finding) write(b *strings.Builder) {
	fmt.Fprintf(b, "\n%s\n", f.Text)
	shown := 0
	for _, c := range f.Cases {
		if shown == shownCases {
			break
		}
		line := c.line()
		if line != "" {
			shown++
			fmt.Fprintf(b, "  %s\n", line)
		}
	}
	if more := len(f.Cases) - shown; more > 0 && shown == shownCases {
		fmt.Fprintf(b, "  … and %d more\n", max(more, f.Count-shown))
	}
}

// line is a case in a line; "" where it has no rows, as its label is in the finding's words.
func (c Case) line() string {
	var places []string
	for _, r := range c.Rows[:min(shownRows, len(c.Rows))] {
		places = append(places, r.String())
	}
	if more := c.More + len(c.Rows) - len(places); more > 0 {
		places = append(places, fmt.Sprintf("… (%d more)", more))
	}
	line := strings.Join(places, ", ")
	if c.What != "" && line != "" {
		return c.What + ": " + line
	}
	return line
}

// String is the row's place and label.
func (r Row) String() string {
	place := fmt.Sprintf("%s line %d", filepath.Base(r.File), r.Line)
	if r.Element > 0 {
		place += fmt.Sprintf(" element %d", r.Element)
	}
	return fmt.Sprintf("%s %.40q", place, r.Label)
}
