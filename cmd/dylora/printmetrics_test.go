package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/finetune"
	"github.com/dylora/dylora/internal/terminal"
)

// evaluation is of MRPC at a rank; f1 may be undefined.
func evaluation(rank int, accuracy float64, f1 evaluate.Value) *evaluate.Evaluation {
	m := evaluate.Metrics{{Name: "accuracy", Value: evaluate.Number(accuracy)}, {Name: "f1", Value: f1}}
	return &evaluate.Evaluation{Task: "mrpc", Split: "dev", Rank: rank, Examples: 408, Metric: "accuracy", Value: m[0].Value, Metrics: m}
}

// One rank has one block or one line, several have one each.
func TestPrintEval(t *testing.T) {
	t.Parallel()
	one, two := evaluation(1, 0.684, evaluate.Value{}), evaluation(2, 0.75, evaluate.Number(0.8125))
	print := func(json bool, all ...*evaluate.Evaluation) func(io *streams) error {
		return func(io *streams) (err error) {
			o := evalOptions{io: io, json: json}
			for _, e := range all {
				err = errors.Join(err, o.print(e))
			}
			return err
		}
	}
	printed(t, "eval", print(false, two), "mrpc dev, 408 examples, rank 2\naccuracy (%)  75.0\nF1 (%)  81.2")
	printed(t, "eval at two ranks", print(false, one, two), `
mrpc dev, 408 examples, rank 1
accuracy (%)  68.4
F1 (%)  undefined
mrpc dev, 408 examples, rank 2
accuracy (%)  75.0
F1 (%)  81.2`)
	printed(t, "eval --json", print(true, one, two), `
{"task":"mrpc","split":"dev","rank":1,"examples":408,"metric":"accuracy","value":0.684,"metrics":{"accuracy":0.684,"f1":null}}
{"task":"mrpc","split":"dev","rank":2,"examples":408,"metric":"accuracy","value":0.75,"metrics":{"accuracy":0.75,"f1":0.8125}}`)
}

// sweepReport is of accuracy at ranks 1 and 4.
func sweepReport() *evaluate.Sweep {
	s := &evaluate.Sweep{Task: "demo", Split: "dev", Metric: "accuracy"}
	for i, rank := range []int{1, 4} {
		m := evaluate.Metrics{{Name: "accuracy", Value: evaluate.Number([]float64{0.5, 0.9}[i])}}
		s.Ranks = append(s.Ranks, evaluate.RankReport{Rank: rank, Value: m[0].Value, Metrics: m, Parameters: 1000 * rank, Bytes: int64(4000 * rank)})
	}
	return s
}

func TestPrintTrain(t *testing.T) {
	t.Parallel()
	r := &finetune.Report{Sweep: sweepReport(), Run: "runs/a", Epoch: 2, Step: 32, Adapter: "runs/a/adapter", By: "the best by the mean over these ranks"}
	print := func(json bool) func(io *streams) error {
		return func(io *streams) error { return terminal.Result(io.out, json, r) }
	}
	printed(t, "train", print(false), `
demo dev after epoch 2, the best by the mean over these ranks
 rank  parameters  adapter  accuracy (%)  vs rank 4
────────────────────────────────────────────────────
    1       1,000   4.0 kB          50.0      -40.0
    4       4,000  16.0 kB          90.0        0.0
adapter: runs/a/adapter`)
	printed(t, "train --json", print(true), `{"task":"demo","split":"dev","metric":"accuracy","ranks":[`+
		`{"rank":1,"value":0.5,"metrics":{"accuracy":0.5},"parameters":1000,"bytes":4000},{"rank":4,"value":0.9,"metrics":{"accuracy":0.9},"parameters":4000,"bytes":16000}],`+
		`"run":"runs/a","epoch":2,"step":32}`)
}

func TestPrintSweep(t *testing.T) {
	t.Parallel()
	one := sweepReport()
	one.Ranks = one.Ranks[1:]
	print := func(o sweepOptions, s *evaluate.Sweep) func(io *streams) error {
		return func(io *streams) error { o.io = io; return o.print(s) }
	}
	printed(t, "sweep of one rank", print(sweepOptions{}, one), `
 rank  parameters  adapter  accuracy (%)  vs rank 4
────────────────────────────────────────────────────
    4       4,000  16.0 kB          90.0        0.0`)
	printed(t, "sweep --csv", print(sweepOptions{csv: true}, sweepReport()), "task,split,rank,parameters,bytes,accuracy\ndemo,dev,1,1000,4000,0.5\ndemo,dev,4,4000,16000,0.9")
	printed(t, "sweep --json", print(sweepOptions{json: true}, one),
		`{"task":"demo","split":"dev","metric":"accuracy","ranks":[{"rank":4,"value":0.9,"metrics":{"accuracy":0.9},"parameters":4000,"bytes":16000}]}`)
	var out bytes.Buffer
	o := sweepOptions{io: &streams{out: &out}}
	if err := o.print(sweepReport()); err != nil || !strings.Contains(out.String(), "┤") {
		t.Errorf("no chart of two ranks: %v\n%s", err, out.String())
	}
}
