// Command bench-serve measures dylora serve against servers of FastAPI, uvicorn and Transformers, one after the other on the same
// cores, under load that it makes itself, and prints a table.
//
//	go run ./scripts/bench-serve --model minilm --texts glue
//	go run ./scripts/bench-serve --model minilm --texts glue --requests 500 --sides dylora
//
// MODEL is a folder of Hugging Face's form, TEXTS GLUE's folder or a file with a text a line. Adapters with random weights of ranks 4,
// 8, 16 and 32 are written for it; one is measured alone, and all with requests in turn. The sides are dylora, "transformers" (one
// adapter, merged into the model) and "peft" (all of them, with set_adapter); peer.py says how these batch. Every answer is compared
// with one that was computed before.
//
// A load is first closed: 64 connections, each of which asks when it has its answer. Then requests come at random times at a rate,
// and the highest rate at which p99 is no longer than in the peer's closed load is searched for, of both sides: throughput at equal
// p99. Single requests are held against the bare step: the graph's execution of the same texts, one by one, in this process, in turn
// with the requests.
//
// Needs Go, and for the other sides Python with requirements.txt. Exit code 1: an answer was wrong, or missing.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"time"
)

// options are the flags.
type options struct {
	model, texts, dylora, python, peer, json string
	sides                                    string
	requests, connections, single            int
	probes, maxBatch, starts                 int
	p99                                      time.Duration
	seed                                     uint64
}

func main() {
	var o options
	flag.StringVar(&o.model, "model", "", "`folder` of the base model")
	flag.StringVar(&o.texts, "texts", "", "GLUE's `folder`, or a file with a text a line")
	flag.StringVar(&o.dylora, "dylora", "", "`program` to measure; default: it is built from the sources here")
	flag.StringVar(&o.python, "python", "python3", "`program` for the other sides")
	flag.StringVar(&o.peer, "peer", "scripts/bench-serve/peer.py", "`file` of the other sides")
	flag.StringVar(&o.sides, "sides", "dylora,transformers,peft", "what is measured")
	flag.StringVar(&o.json, "json", "", "write all figures to this `file`")
	flag.IntVar(&o.requests, "requests", 10000, "of a closed load")
	flag.IntVar(&o.connections, "connections", 64, "of a closed load")
	flag.IntVar(&o.single, "single", 300, "requests of one connection")
	flag.IntVar(&o.probes, "probes", 6, "rates that are tried; 0: none")
	flag.IntVar(&o.starts, "starts", 6, "of each side, of which the median but for the first counts")
	flag.IntVar(&o.maxBatch, "max-batch", 32, "largest batch of the other sides")
	flag.DurationVar(&o.p99, "p99", 0, "compare throughput at this p99; default: that of the peer's closed load")
	flag.Uint64Var(&o.seed, "seed", 42, "of texts, adapters and times")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	sound, err := run(ctx, &o, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench-serve:", err)
	}
	if err != nil || !sound {
		os.Exit(1)
	}
}

// run measures all sides and prints the tables; sound says that every answer was there and right.
func run(ctx context.Context, o *options, w io.Writer) (sound bool, err error) {
	if o.model == "" || o.texts == "" || flag.NArg() > 0 {
		return false, fmt.Errorf("usage: bench-serve --model FOLDER --texts FOLDER [flags]")
	}
	dir, err := os.MkdirTemp("", "bench-serve-")
	if err != nil {
		return false, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if o.dylora == "" {
		o.dylora = filepath.Join(dir, "dylora")
		if out, err := exec.CommandContext(ctx, "go", "build", "-o", o.dylora, "./cmd/dylora").CombinedOutput(); err != nil { //nolint:gosec // no shell reads the name
			return false, fmt.Errorf("go build: %w: %s", err, out)
		}
	}
	b, err := prepare(ctx, o, dir)
	if err != nil {
		return false, err
	}
	var all []*measurement
	for _, s := range b.sides() {
		m, err := b.measure(ctx, s)
		if err != nil {
			return false, fmt.Errorf("%s: %w", s.name, err)
		}
		all = append(all, m)
		fmt.Fprintf(os.Stderr, "%s, %d adapters: %.0f requests/s\n", s.name, s.adapters, m.Throughput)
	}
	if err := b.equal(ctx, all); err != nil {
		return false, err
	}
	report(w, o, all)
	if o.json != "" {
		text, err := json.MarshalIndent(map[string]any{"measurements": all}, "", " ")
		if err != nil {
			return false, err
		}
		if err := os.WriteFile(o.json, append(text, '\n'), 0o666); err != nil {
			return false, err
		}
	}
	sound = true
	for _, m := range all {
		sound = sound && m.Failed+m.Wrong == 0
	}
	return sound, nil
}

// report writes the tables, in Markdown.
func report(w io.Writer, o *options, all []*measurement) {
	fmt.Fprintf(w, "%s, %d requests, %d connections, %s\n\n", filepath.Base(o.model), o.requests, o.connections, strings.Join(machine(), ", "))
	fmt.Fprintln(w, "| server | adapters | requests/s | p50 ms | p90 ms | p99 ms | requests/s at p99 | start to ready s | peak memory MiB | failed | wrong | processor: server, generator s |")
	fmt.Fprintln(w, "|---|---|---|---|---|---|---|---|---|---|---|---|")
	for _, m := range all {
		at := "–"
		if m.Target > 0 {
			at = fmt.Sprintf("%.0f at %.0f ms", m.AtTarget, 1000*m.Target)
		}
		fmt.Fprintf(w, "| %s | %d | %.0f | %.1f | %.1f | %.1f | %s | %.2f | %.0f | %d | %d | %.1f, %.1f |\n", m.Side, m.Adapters, m.Throughput, 1000*m.P50,
			1000*m.P90, 1000*m.P99, at, m.Ready, float64(m.Peak)/(1<<20), m.Failed, m.Wrong, m.Processor, m.Own)
		if m.First != "" {
			fmt.Fprintf(os.Stderr, "%s: %s\n", m.Side, m.First)
		}
	}
	fmt.Fprintf(w, "\n| compared | reached | wanted |\n|---|---|---|\n")
	for _, c := range []struct {
		peer   string
		wanted string
	}{{"transformers", "≥ 1.2 ×"}, {"peft", "≥ 3 ×"}} {
		peer := find(all, c.peer, 0)
		if peer == nil {
			continue
		}
		if ours := find(all, "dylora", peer.Adapters); ours != nil {
			fmt.Fprintf(w, "| throughput of dylora to %s, %d adapters, closed load | %.2f × | |\n", c.peer, peer.Adapters, ours.Throughput/peer.Throughput)
			if peer.AtTarget > 0 {
				fmt.Fprintf(w, "| the same at equal p99 | %.2f × | %s |\n", ours.AtPeer/peer.AtTarget, c.wanted)
			}
		}
	}
	if ours := find(all, "dylora", 1); ours != nil {
		fmt.Fprintf(w, "| a single request to the bare step, means of %.2f and %.2f ms | %.2f × | ≤ 1.5 × |\n", 1000*ours.Single, 1000*ours.Step, ours.Single/ours.Step)
		fmt.Fprintf(w, "| start to ready, packed weights in the cache | %.2f s | ≤ 0.5 s |\n", ours.Ready)
	}
}

// find is the measurement of a side with so many adapters (0: any).
func find(all []*measurement, side string, adapters int) *measurement {
	for _, m := range all {
		if m.Side == side && (adapters == 0 || m.Adapters == adapters) {
			return m
		}
	}
	return nil
}
