package main

import (
	"context"
	"fmt"
	"io"
	"math"

	"github.com/dylora/dylora/internal/disk"
	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/fault"
)

func runEval(ctx context.Context, o *evalOptions) error {
	s, err := o.open(ctx, o.io)
	if err != nil {
		return err
	}
	rank, err := s.checkRank(o.rank)
	if err != nil {
		return err
	}
	results, err := s.measure(ctx, o.io, o.split, []int{rank})
	if err != nil {
		return err
	}
	if o.predictions != "" {
		write := func(w io.Writer) error { return evaluate.WritePredictions(w, s.task, &results[0]) }
		if err := disk.WriteFile(o.predictions, write); err != nil {
			return err
		}
	}
	e := evaluate.NewEvaluation(s.task, o.split, &results[0])
	if err := o.print(e); err != nil {
		return err
	}
	return atLeast(o.atLeast, e.Metric, e.Rank, e.Value)
}

func (o *evalOptions) print(e *evaluate.Evaluation) error {
	if o.json {
		return printJSON(o.io.out, e)
	}
	if _, err := fmt.Fprintf(o.io.out, "%s %s, %d examples, rank %d\n", e.Task, e.Split, e.Examples, e.Rank); err != nil {
		return err
	}
	for _, m := range e.Metrics {
		if _, err := fmt.Fprintf(o.io.out, "%s  %s\n", evaluate.Heading(m.Name), evaluate.Text(m.Name, m.Value)); err != nil {
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
