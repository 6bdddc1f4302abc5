package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"

	"golang.org/x/term"

	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/predict"
)

func runPredict(ctx context.Context, o *predictOptions) error {
	s, err := o.open(ctx, o.io)
	if err != nil {
		return err
	}
	if o.glue != "" {
		return o.submit(ctx, s)
	}
	ranks, err := o.rankList(s, fmt.Sprint(s.adapter.Rank))
	if err != nil {
		return err
	}
	if len(ranks) != 1 {
		return fault.Usagef("--rank: %s are several ranks: lines are predicted at one, several go with --glue", o.ranks)
	}
	in, name, err := o.input()
	if err != nil {
		return err
	}
	defer in.Close()
	printer, err := predict.NewPrinter(o.io.out, s.task, o.json)
	if err != nil {
		return err
	}
	texts := predict.Read(in, name, o.format, s.task.Pair)
	options := predict.Options{Rank: ranks[0], MaxLength: s.maxLength, MaxTokens: evalTokens}
	err = predict.Run(ctx, texts, s.base.tokenizer, s.program, options, printer.Print)
	if errors.Is(err, syscall.EPIPE) { // whoever reads has enough, as in predict | head
		return nil
	}
	return err
}

// rankList is the ranks of --rank, or of fallback.
func (o *predictOptions) rankList(s *session, fallback string) ([]int, error) {
	spec := o.ranks
	if spec == "" {
		spec = fallback
	}
	ranks, err := evaluate.ParseRanks(spec, s.adapter.Rank)
	if err != nil {
		return nil, fmt.Errorf("--rank: %w", err)
	}
	return ranks, nil
}

// input is what texts are read from, and its name for messages.
func (o *predictOptions) input() (io.ReadCloser, string, error) {
	if o.in != "" && o.in != "-" {
		f, err := os.Open(o.in)
		if err != nil {
			return nil, "", fault.Invalidf("--in: %w", unwrapPath(err, o.in))
		}
		return f, o.in, nil
	}
	if f, ok := o.io.in.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		fmt.Fprintln(o.io.err, "a text per line; Ctrl-D ends")
	}
	return io.NopCloser(o.io.in), "stdin", nil
}
