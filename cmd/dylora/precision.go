package main

import (
	"context"
	"fmt"
	"time"

	"github.com/dylora/dylora/internal/bench"
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/data/demo"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/program"
)

// sampleSize is how many sentences int8 is calibrated on, in batches of sampleBatch.
const (
	sampleSize  = 128
	sampleBatch = 32
)

// rateTime is how long a precision's micro-kernel is measured for before it is used,
// rateRounds how often, in turn with the others, so that one disturbance decides nothing,
// and rateGain the gain below which it is said to bring none.
const (
	rateTime   = 5 * time.Millisecond
	rateRounds = 4
	rateGain   = 1.1
)

// arithmetic is the precision to compute in, once the kernels are set up. Training in one
// that has no gradients is refused; where another is as fast and closer, that is said.
func (r *resolved) arithmetic(io *streams, training bool) (kernel.Precision, error) {
	p, err := r.precision()
	if err != nil || p == kernel.Float32 {
		return p, err
	}
	if training && !p.Trains() {
		return p, fault.Usagef("precision: %s is for evaluation only, it is too coarse for gradients: train in i16 or float32, and evaluate the adapter in %s (%s)",
			p, p, r.place("precision"))
	}
	if note := note(p, measureRate); note != "" {
		fmt.Fprintln(io.err, note)
	}
	return p, nil
}

func measureRate(p kernel.Precision) float64 { return bench.Peak(p.String(), 1, rateTime).Flops }

// note is what to say of a precision whose products are no faster than those of a closer
// one, by the rate of each; "" if they are.
func note(p kernel.Precision, rate func(kernel.Precision) float64) string {
	closer := []kernel.Precision{kernel.Float32}
	if p == kernel.Int8 {
		closer = append(closer, kernel.I16)
	}
	rates := map[kernel.Precision]float64{}
	for range rateRounds {
		for _, q := range append(closer, p) {
			rates[q] = max(rates[q], rate(q))
		}
	}
	have, best, than := rates[p], 0.0, p
	for _, c := range closer {
		if rates[c] > best {
			best, than = rates[c], c
		}
	}
	if have >= rateGain*best {
		return ""
	}
	relation := "slower than"
	if have >= best/rateGain {
		relation = "no faster than"
	}
	why := p.Lacks()
	if why == "" {
		why = "so are this processor's instructions"
	}
	return fmt.Sprintf("precision %s is %s %s here, and less exact: %.3g against %.3g GFLOP/s a thread in products on kernel %s: %s",
		p, relation, than, have/1e9, best/1e9, kernel.ActiveName(), why)
}

// loaded is the precision to load a model in: what is calibrated first needs float32.
func loaded(p kernel.Precision) kernel.Precision {
	if p == kernel.Int8 {
		return kernel.Float32
	}
	return p
}

// sample are sentences to calibrate on: of the task's training split, else built in.
func (s *session) sample() []data.Example {
	if s.task.Folder == "" || s.settings.Data.DataDir != "" {
		if examples, err := s.task.Read(s.settings.Data.DataDir, "train"); err == nil && len(examples) > 0 {
			return everyNth(examples, sampleSize)
		}
	}
	return builtInSample()
}

func builtInSample() []data.Example {
	var list []data.Example
	for _, s := range demo.Train() {
		list = append(list, data.Example{A: s.Text})
	}
	return everyNth(list, sampleSize)
}

// everyNth is n examples, evenly spaced.
func everyNth(all []data.Example, n int) []data.Example {
	n = min(n, len(all))
	list := make([]data.Example, n)
	for i := range list {
		list[i] = all[i*len(all)/n]
	}
	return list
}

// reduce runs the sample through p, whose model is b's in float32, and makes b's model one
// of int8 for the ranges that its products have seen.
func (b *base) reduce(ctx context.Context, p *program.Program, rank int, sample []data.Example, maxLength int) error {
	stream := data.Encode(ctx, b.tokenizer, sample, maxLength)
	defer stream.Close()
	stop := b.model.Watch()
	for from := 0; from < stream.Len(); from += sampleBatch {
		var list []data.Encoded
		var ranks []int
		for i := from; i < min(from+sampleBatch, stream.Len()); i++ {
			list, ranks = append(list, stream.At(i)), append(ranks, rank)
		}
		if _, err := p.Logits(data.Pack(list), ranks); err != nil {
			return err
		}
	}
	var err error
	b.model, err = b.model.Reduced(kernel.Int8, stop())
	return err
}
