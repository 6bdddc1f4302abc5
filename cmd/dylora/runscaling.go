package main

import (
	"context"
	"fmt"

	"github.com/dylora/dylora/internal/bench"
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/kernel"
)

// epochSample is how many sentences an epoch's prediction looks at; more are like them.
const epochSample = 8192

// runScaling measures steps of many sizes on each of the numbers of threads.
func (o *benchOptions) runScaling(ctx context.Context, t *training, s *bench.Subject) error {
	examples, err := o.examples(ctx, t)
	if err != nil {
		return err
	}
	r := &bench.Scaling{
		Model: t.base.name, Task: t.task.Name, Mode: o.mode, Precision: t.settings.Machine.Precision, Batch: t.settings.Train.Batch,
		Kernel: kernel.ActiveName(), CPU: bench.CPU(),
	}
	stream := data.Encode(ctx, t.base.tokenizer, examples[:min(epochSample, len(examples))], t.maxLength)
	defer stream.Close()
	lengths := make([]int, stream.Len())
	for i := range lengths {
		lengths[i] = len(stream.At(i).IDs)
	}
	config := &t.base.model.Config
	for _, n := range o.scaling {
		fmt.Fprintf(o.io.err, "measuring on %s\n", bench.Plural(n, "thread"))
		points := bench.Grid(config.MaxLength(), o.maxTokens)
		threads, err := s.Scale(ctx, points, bench.Effort{Threads: n, Rounds: o.rounds, Vocabulary: config.VocabSize})
		if err != nil {
			return err
		}
		threads.Epoch(lengths, len(examples), r.Batch)
		r.Threads = append(r.Threads, *threads)
	}
	if o.json {
		return printJSON(o.io.out, r)
	}
	return r.WriteTable(o.io.out)
}
