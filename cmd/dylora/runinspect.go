package main

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/evaluate"
)

// inspection is what inspect prints.
type inspection struct {
	Folder string              `json:"folder"`
	Rank   int                 `json:"rank"`
	Alpha  float64             `json:"alpha"`
	RSLoRA bool                `json:"rslora"` // the scale is alpha/√rank
	Sites  []string            `json:"sites"`
	Own    []int               `json:"site_ranks"` // of each module
	Head   int                 `json:"head_parameters"`
	Biases int                 `json:"bias_parameters"` // biases of the base model that the adapter replaces
	Notes  []string            `json:"notes"`           // what its files hold beside the adapter
	Ranks  []rankFacts         `json:"ranks"`
	Facts  *adapter.Provenance `json:"facts"` // null where dylora did not write the adapter
}

type rankFacts struct {
	Rank       int     `json:"rank"`
	Parameters int     `json:"parameters"`
	Bytes      int64   `json:"bytes"`
	DeltaNorm  float64 `json:"delta_norm"` // ‖ΔW‖ over all modules
}

func runInspect(_ context.Context, o *inspectOptions) error {
	a, err := openAdapter(o.io, o.adapter, o.pickled)
	if err != nil {
		return err
	}
	i, err := inspect(a)
	if err != nil {
		return err
	}
	if o.json {
		return printJSON(o.io.out, i)
	}
	return i.print(o.io)
}

func inspect(o *opened) (*inspection, error) {
	a := o.adapter
	i := &inspection{Folder: o.folder, Rank: a.Rank, Alpha: a.Alpha, RSLoRA: a.RSLoRA, Own: a.Ranks(), Notes: append([]string{}, o.notes...)}
	for _, s := range a.Modules {
		i.Sites = append(i.Sites, s.Name)
	}
	for _, t := range a.Head {
		i.Head += len(t.Data)
	}
	for _, t := range a.Biases {
		i.Biases += len(t.Data)
	}
	if o.facts != nil && o.facts.Task != "" {
		i.Facts = o.facts
	}
	for r := 1; r <= a.Rank; r++ {
		c, err := newCut(a, o.facts, r)
		if err != nil {
			return nil, err
		}
		sum := 0.0
		for s := range a.Modules {
			n := a.DeltaNorm(&a.Modules[s], r)
			sum += n * n
		}
		i.Ranks = append(i.Ranks, rankFacts{r, c.Parameters, c.Bytes, math.Sqrt(sum)})
	}
	return i, nil
}

func (i *inspection) print(io *streams) error {
	lines := [][2]string{
		{"folder", i.Folder},
		{"rank, alpha", fmt.Sprintf("%d, %v", i.Rank, i.Alpha)},
		{"adapted", fmt.Sprintf("%d projections", len(i.Sites))},
		{"head", fmt.Sprintf("%d parameters", i.Head)},
	}
	if i.RSLoRA {
		lines[1][1] += ", scale alpha/√rank"
	}
	if low := slices.Min(i.Own); low < i.Rank {
		lines[2][1] += fmt.Sprintf(" of ranks %d to %d", low, i.Rank)
	}
	if i.Biases > 0 {
		lines = append(lines, [2]string{"biases", fmt.Sprintf("%d parameters, in the place of the base model's", i.Biases)})
	}
	for _, n := range i.Notes {
		lines = append(lines, [2]string{"note", n})
	}
	if f := i.Facts; f != nil {
		lines = append(lines,
			[2]string{"task", f.Task},
			[2]string{"model", fmt.Sprintf("%s (%.12s…)", f.Model, f.ModelHash)},
			[2]string{"targets", strings.Join(f.Targets, ", ")},
			[2]string{"trained", fmt.Sprintf("ranks %d to %d, %s, update %s, seed %d, epoch %d, step %d", f.RankMin, f.RankMax, f.Sampler, f.Update, f.Seed, f.Epoch, f.Step)},
			[2]string{"dylora", f.Version})
		if f.CutFrom > 0 {
			lines = append(lines, [2]string{"cut from", fmt.Sprintf("rank %d", f.CutFrom)})
		}
	}
	for _, l := range lines {
		if _, err := fmt.Fprintf(io.out, "%-12s %s\n", l[0], l[1]); err != nil {
			return err
		}
	}
	t := plainTable()
	t.AppendHeader(table.Row{"rank", "parameters", "size", "‖ΔW‖"})
	for _, r := range i.Ranks {
		t.AppendRow(table.Row{r.Rank, r.Parameters, evaluate.Size(r.Bytes), fmt.Sprintf("%.4f", r.DeltaNorm)})
	}
	_, err := fmt.Fprintf(io.out, "\n%s\n", t.Render())
	return err
}
