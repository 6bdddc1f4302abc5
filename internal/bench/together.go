package bench

import (
	"context"
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"github.com/dylora/dylora/internal/tabular"
	"github.com/dylora/dylora/internal/train"
)

// timed is a group that takes the time of what its processes exchange.
type timed struct {
	train.Group
	spent []float64 // seconds of each call
}

func (t *timed) take(call func() error) error {
	start := time.Now()
	err := call()
	t.spent = append(t.spent, time.Since(start).Seconds())
	return err
}

// Alltoall is the group's.
func (t *timed) Alltoall(mine, all []float32) error {
	return t.take(func() error { return t.Group.Alltoall(mine, all) })
}

// Allgather is the group's.
func (t *timed) Allgather(mine, all []float32) error {
	return t.take(func() error { return t.Group.Allgather(mine, all) })
}

// solo is the group of a single process.
type solo struct{}

func (solo) Rank() int                           { return 0 }
func (solo) Size() int                           { return 1 }
func (solo) Allgather(mine, all []float32) error { copy(all, mine); return nil }
func (solo) Alltoall(mine, all []float32) error  { copy(all, mine); return nil }
func (solo) Broadcast(b []byte) ([]byte, error)  { return b, nil }

// Together holds the times of steps of several processes. Times are those of the fastest of several rounds.
type Together struct {
	Model        string  `json:"model"`
	Task         string  `json:"task"`
	Precision    string  `json:"precision"`
	Kernel       string  `json:"kernel"`
	Batch        int     `json:"batch"`
	MicroBatches int     `json:"micro_batches"`
	Processes    int     `json:"processes"`
	Threads      int     `json:"threads"` // of each
	Slower       float64 `json:"slower"`  // threads for each processor of this machine, if above 1

	Steps     int     `json:"steps"`
	Seconds   float64 `json:"step_seconds"`                // mean
	Predicted float64 `json:"predicted_seconds,omitempty"` // of the same steps by a cost model
	Gradient  int64   `json:"gradient_bytes"`
	Exchange  float64 `json:"exchange_seconds"` // of a gradient by itself: nobody waits for anybody
	InStep    float64 `json:"in_step_seconds"`  // that a step exchanges, and waits for other processes: the median
	Network   Network `json:"network"`          // by exchanges of two sizes
}

// Together measures the steps that the processes of the group take together, or this one alone. Every process has to call it.
func (s *Setup) Together(ctx context.Context, rounds int) (*Together, error) {
	if s.group == nil {
		s.group, s.here = solo{}, 1
	}
	subject, mc := s.subject(ctx), s.Program.Machine()
	subject.Group = &timed{Group: s.group}
	r := &Together{
		Model: s.Encoder.Name, Task: s.Task.Name, Precision: s.Settings.Machine.Precision.String(), Kernel: mc.Name(), Batch: s.Settings.Train.Batch,
		MicroBatches: s.Config.MicroBatches, Processes: s.group.Size(), Threads: mc.Threads(), Slower: slower(s.here * mc.Threads()),
		Steps: len(subject.Batches), Gradient: s.gradient(),
	}
	fastest, exchanges := make([]float64, r.Steps), []float64(nil)
	for i := range fastest {
		fastest[i] = math.Inf(1)
	}
	for range rounds {
		steps, err := subject.run(ctx, nil, subject.warmUp()...)
		if err != nil {
			return nil, err
		}
		for i, v := range steps.Seconds {
			fastest[i] = min(fastest[i], v)
		}
		exchanges = append(exchanges, subject.Group.steps(len(subject.warmUp()), r.Steps)...)
	}
	r.InStep = Median(exchanges)
	if err := r.measure(s.group); err != nil {
		return nil, err
	}
	for i, b := range subject.Batches {
		r.Seconds += fastest[i] / float64(r.Steps)
		if s.cost != nil {
			r.Predicted += s.cost.Together(Lengths(b), r.Processes, r.MicroBatches, r.Slower, r.Exchange) / float64(r.Steps)
		}
	}
	return r, nil
}

// steps is the seconds that each of n steps behind the first ones has exchanged: a step has two calls.
func (t *timed) steps(first, n int) (seconds []float64) {
	for i := first; i < first+n; i++ {
		seconds = append(seconds, t.spent[2*i]+t.spent[2*i+1])
	}
	return seconds
}

// Exchanges that are measured of each size.
const exchanges = 15

// measure takes the time of exchanges alone: of a gradient, and of a single number for the latency.
func (r *Together) measure(g train.Group) error {
	numbers := int(r.Gradient / 4)
	large, err := exchange(g, (numbers+g.Size()-1)/g.Size())
	if err != nil {
		return err
	}
	small, err := exchange(g, 1)
	if err != nil {
		return err
	}
	messages := 2 * float64(g.Size()-1)
	r.Exchange = large
	r.Network = Network{Name: "here"}
	if messages == 0 {
		return nil
	}
	r.Network.Latency = small / messages
	if took := large - small; took > 0 {
		r.Network.Bandwidth = messages * float64(r.Gradient) / float64(g.Size()) / took
	}
	return nil
}

// exchange is the seconds, the median of several, in which all processes get the sums of gradients of so many numbers a process.
func exchange(g train.Group, section int) (float64, error) {
	mine, all := make([]float32, section*g.Size()), make([]float32, section*g.Size())
	var took []float64
	for range exchanges {
		if err := g.Allgather(mine[:1], all[:g.Size()]); err != nil { // all are here
			return 0, err
		}
		start := time.Now()
		if err := g.Alltoall(mine, all); err != nil {
			return 0, err
		}
		if err := g.Allgather(mine[:section], all); err != nil {
			return 0, err
		}
		took = append(took, time.Since(start).Seconds())
	}
	return Median(took), nil
}

// WriteTable prints the measurement for a person.
func (r *Together) WriteTable(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %s, train, %s, batch %d in %s, kernel %s; %s of %s, the fastest of each of %s\n\n", r.Model, r.Task, r.Precision, r.Batch,
		Plural(r.MicroBatches, "part"), r.Kernel, map[bool]string{true: "1 process", false: fmt.Sprint(r.Processes, " processes")}[r.Processes == 1], Plural(r.Threads, "thread"), Plural(r.Steps, "step"))
	fmt.Fprintf(&b, "step %.1f ms", 1e3*r.Seconds)
	if r.Predicted > 0 {
		fmt.Fprintf(&b, ", predicted %.1f ms (%+.1f %%)", 1e3*r.Predicted, 100*(r.Predicted/r.Seconds-1))
	}
	if r.Slower > 1 {
		fmt.Fprintf(&b, "; %.3g threads for each processor", r.Slower)
	}
	b.WriteString("\n")
	if r.Processes == 1 {
		_, err := io.WriteString(w, tabular.Prose(b.String(), w))
		return err
	}
	fmt.Fprintf(&b, "exchange of %.2f MB: %.2f ms by itself, %.1f %% of a step; %.2f ms in a step, with what processes wait for each other\n",
		float64(r.Gradient)/1e6, 1e3*r.Exchange, 100*r.Exchange/r.Seconds, 1e3*r.InStep)
	fmt.Fprintf(&b, "a message takes %.1f µs and %.2f GB/s\n", 1e6*r.Network.Latency, r.Network.Bandwidth/1e9)
	_, err := io.WriteString(w, tabular.Prose(b.String(), w))
	return err
}
