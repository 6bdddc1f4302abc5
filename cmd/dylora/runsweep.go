package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/disk"
	"github.com/dylora/dylora/internal/evaluate"
)

func runSweep(ctx context.Context, o *sweepOptions) error {
	s, err := o.open(ctx, o.io)
	if err != nil {
		return err
	}
	ranks, err := evaluate.ParseRanks(o.ranks, s.adapter.Rank)
	if err != nil {
		return fmt.Errorf("--ranks: %w", err)
	}
	results, err := s.measure(ctx, o.io, o.split, ranks)
	if err != nil {
		return err
	}
	size, err := sizes(s.adapter, s.facts, ranks)
	if err != nil {
		return err
	}
	sweep := evaluate.NewSweep(s.task, o.split, results, size)
	for _, path := range o.plots {
		if err := plot(path, sweep); err != nil {
			return err
		}
	}
	if err := o.print(sweep); err != nil {
		return err
	}
	var below []error
	for _, r := range sweep.Ranks {
		below = append(below, atLeast(o.atLeast, sweep.Metric, r.Rank, r.Value))
	}
	return errors.Join(below...)
}

func (o *sweepOptions) print(s *evaluate.Sweep) error {
	switch {
	case o.json:
		return printJSON(o.io.out, s)
	case o.csv:
		return s.WriteCSV(o.io.out)
	}
	if err := s.WriteTable(o.io.out); err != nil {
		return err
	}
	if len(s.Ranks) < 2 {
		return nil
	}
	_, err := fmt.Fprintf(o.io.out, "\n%s", s.Chart(60, 10))
	return err
}

// plot draws a sweep to a file of the format that its name ends in.
func plot(path string, s *evaluate.Sweep) error {
	write := s.WriteSVG
	if strings.EqualFold(filepath.Ext(path), ".png") {
		write = s.WritePNG
	}
	return disk.WriteFile(path, func(w io.Writer) error { return write(w) })
}

// sizes tells what a slice of each of the ranks holds: trained scalars, and bytes of its
// weights file as slice writes it.
func sizes(a *adapter.Adapter, f *adapter.Provenance, ranks []int) (func(rank int) (parameters int, bytes int64), error) {
	bytes := map[int]int64{}
	for _, r := range ranks {
		s, err := newCut(a, f, r)
		if err != nil {
			return nil, err
		}
		bytes[r] = s.Bytes
	}
	return func(rank int) (int, int64) { return a.ParametersAt(rank), bytes[rank] }, nil
}
