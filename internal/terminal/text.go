package terminal

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// Table rules off its header and nothing else, and keeps the case of headings.
func Table() table.Writer {
	t := table.NewWriter()
	style := table.StyleLight
	style.Options = table.Options{SeparateHeader: true}
	style.Format.Header = text.FormatDefault
	t.SetStyle(style)
	return t
}

// JSON prints one object on one line.
func JSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// Lines prints each of the lines.
func Lines(w io.Writer, lines ...string) error {
	for _, l := range lines {
		if _, err := fmt.Fprintln(w, l); err != nil {
			return err
		}
	}
	return nil
}

// Result prints v as JSON, or as text for people.
func Result(w io.Writer, asJSON bool, v interface{ WriteText(w io.Writer) error }) error {
	if asJSON {
		return JSON(w, v)
	}
	return v.WriteText(NewPage(w, os.Getenv))
}
