package estimate

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/dylora/dylora/internal/finetune"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/settings"
	"github.com/dylora/dylora/internal/train"
)

// Outlook predicts a training that has not begun: its steps, time, memory and files.
type Outlook struct {
	Run      string   `json:"run"` // folder
	Writes   []string `json:"writes"`
	Task     string   `json:"task"`
	Model    string   `json:"model"`
	Examples int      `json:"train_examples"`
	Dev      int      `json:"dev_examples"`

	Epochs    int   `json:"epochs"`
	PerEpoch  int   `json:"steps_per_epoch"`
	Steps     int   `json:"steps"`      // of the whole run
	Done      int   `json:"steps_done"` // of the run that is resumed
	Tokens    int64 `json:"tokens"`     // learnt from in all steps
	LargestAt int   `json:"largest_batch_tokens"`

	Threads   int     `json:"threads"`
	Kernel    string  `json:"kernel"`
	Precision string  `json:"precision"`
	Seconds   float64 `json:"seconds"`      // of the steps that are left, and of evaluations
	Bytes     int64   `json:"memory_bytes"` // most memory that is in use at a time
	Heap      int64   `json:"heap_bytes"`   // of it, what Go's runtime manages
	Limit     int64   `json:"memory_limit_bytes,omitempty"`
	LimitOf   string  `json:"memory_limit_of,omitempty"` // what sets it
}

// Training checks all that 'dylora train' checks before it reads weights, by this process's limits of memory, and predicts the training. Nothing is
// downloaded, trained or written.
func Training(ctx context.Context, env *session.Env, r *settings.Resolved, p finetune.Place) (*Outlook, error) {
	e := New(env, Machine{})
	e.env.Note, e.env.Memory = env.Note, env.Memory
	survey, dir, err := finetune.Check(ctx, e.env, r, p)
	if err != nil {
		return nil, err
	}
	r = survey.Settings
	e.machine.CPUs = survey.Arithmetic.Machine.Threads()
	rate, err := e.rate(r)
	if err != nil {
		return nil, err
	}
	s := newSubject(ctx, survey)
	predicted, err := s.predict(r, rate)
	if err != nil {
		return nil, err
	}
	loop, err := r.LoopConfig()
	if err != nil {
		return nil, err
	}
	o := &Outlook{Run: dir, Task: survey.Task.Name, Model: r.Data.Model, Examples: len(survey.Train), Dev: len(survey.Dev), Epochs: loop.Epochs,
		Threads: e.machine.CPUs, Kernel: survey.Arithmetic.Machine.Name(), Precision: r.Machine.Precision.String(), Seconds: predicted.Seconds, Bytes: predicted.Bytes, Heap: survey.Footprint(r, s.train).Heap}
	o.PerEpoch = ceil(ceil(o.Examples, r.Train.Batch), loop.Accumulate)
	o.Steps = o.PerEpoch * loop.Epochs
	if loop.MaxSteps > 0 {
		o.Steps = min(o.Steps, loop.MaxSteps)
	}
	if p.Resume {
		o.Done = train.Reached(dir)
		o.Seconds *= 1 - float64(min(o.Done, o.Steps))/float64(max(o.Steps, 1))
	}
	o.Tokens = int64(mean(s.train) * float64(o.Examples) * float64(o.Steps) / float64(o.PerEpoch))
	o.LargestAt = survey.LargestBatch(r, s.train)
	for _, l := range env.Memory {
		if o.Limit == 0 || l.Bytes < o.Limit {
			o.Limit, o.LimitOf = l.Bytes, l.Of
		}
	}
	for _, name := range []string{train.SettingsName, "metrics.jsonl", "checkpoints", "adapter", finetune.SweepName} {
		o.Writes = append(o.Writes, filepath.Join(dir, name))
	}
	return o, nil
}

func mean(n []int) (m float64) {
	for _, x := range n {
		m += float64(x) / float64(len(n))
	}
	return m
}

// WriteText writes it as sentences.
func (o *Outlook) WriteText(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "everything fits; nothing was trained or written\n")
	fmt.Fprintf(&b, "%s: %d examples, dev %d; model %s, %s on %d threads of %s\n", o.Task, o.Examples, o.Dev, o.Model, o.Precision, o.Threads, o.Kernel)
	fmt.Fprintf(&b, "%d steps in %d epochs of %d", o.Steps, o.Epochs, o.PerEpoch)
	if o.Done > 0 {
		fmt.Fprintf(&b, ", %d of them done", o.Done)
	}
	fmt.Fprintf(&b, "; about %d tokens, %d at most at a time\n", o.Tokens, o.LargestAt)
	fmt.Fprintf(&b, "time: about %v\n", (time.Duration(o.Seconds * float64(time.Second))).Round(time.Second))
	fmt.Fprintf(&b, "memory: about %d MiB at its peak", o.Bytes>>20)
	if o.Limit > 0 {
		fmt.Fprintf(&b, "; %s leaves %d MiB", o.LimitOf, o.Limit>>20)
	}
	fmt.Fprintf(&b, "\nwould be written: %s\n", strings.Join(o.Writes, ", "))
	_, err := io.WriteString(w, b.String())
	return err
}
