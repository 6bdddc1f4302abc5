package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/fault"
)

// plainTable rules off its header and nothing else, and keeps the case of headings.
func plainTable() table.Writer {
	t := table.NewWriter()
	style := table.StyleLight
	style.Options = table.Options{SeparateHeader: true}
	style.Format.Header = text.FormatDefault
	t.SetStyle(style)
	return t
}

// printJSON prints one object on one line.
func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// printLines prints each of the lines.
func printLines(w io.Writer, lines ...string) error {
	for _, l := range lines {
		if _, err := fmt.Fprintln(w, l); err != nil {
			return err
		}
	}
	return nil
}

// atLeast is an error of class Check if a value is below the bound, or undefined; NaN is
// no bound.
func atLeast(bound float64, metric string, rank int, v evaluate.Value) error {
	if math.IsNaN(bound) {
		return nil
	}
	if f, ok := v.Float(); !ok || f < bound {
		return fault.Errorf(fault.Check, "%s at rank %d is %v, below %v", evaluate.Name(metric), rank, v, bound)
	}
	return nil
}
