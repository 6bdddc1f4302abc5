package nest

import (
	"fmt"
	"io"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/dylora/dylora/internal/finetune"
	"github.com/dylora/dylora/internal/tabular"
)

// Report is the nested adapter, and what its ranks keep. Its JSON is an interface for scripts.
type Report struct {
	Folder   string `json:"folder"`
	Rank     int    `json:"rank"`
	By       string `json:"by"`                 // adapter.BySVD or adapter.BySVDWeighted
	Examples int    `json:"examples,omitempty"` // of the training split, whose inputs weighed
	Ranks    []Kept `json:"ranks"`

	Tuned *finetune.Report `json:"tuned,omitempty"` // of the training that went on from it; nil: there was none
}

// Kept is the share of the whole update ‖ΔW‖² that the update at a rank has: 1 − ‖ΔW − ΔW(r)‖²/‖ΔW‖² over all modules.
type Kept struct {
	Rank   int     `json:"rank"`
	Kept   float64 `json:"kept"`
	Before float64 `json:"kept_before"` // of the first ranks as they were, with the same scale
}

// Write writes the report for people.
func (r *Report) Write(w io.Writer) error {
	t := table.NewWriter()
	style := table.StyleLight
	style.Options = table.Options{SeparateHeader: true}
	style.Format.Header = text.FormatDefault
	t.SetStyle(style)
	t.AppendHeader(table.Row{"rank", "of ‖ΔW‖²", "before"})
	for _, k := range r.Ranks {
		t.AppendRow(table.Row{k.Rank, fmt.Sprintf("%.1f %%", 100*k.Kept), fmt.Sprintf("%.1f %%", 100*k.Before)})
	}
	by := "the size of the update"
	if r.Examples > 0 {
		by = fmt.Sprintf("what the update does to the inputs of %d training examples", r.Examples)
	}
	_, err := fmt.Fprintf(w, "nested adapter of rank %d: %s\nranks in the order of %s\n%s\n", r.Rank, r.Folder, by, tabular.Render(t, w))
	return err
}
