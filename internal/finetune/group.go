package finetune

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/train"
)

// first says whether this process has the run folder: it is alone, or process 0 of its group.
func (j *Job) first() bool { return j.group == nil || j.group.Rank() == 0 }

// First says whether this process is the one that writes and reports: alone, or process 0 of its group.
func (j *Job) First() bool { return j.first() }

// begin makes the claimed folder a run, or continues the one that it holds, for all processes of the group: when they have the same of
// everything that the run's bits depend on.
func (j *Job) begin(resume bool) error {
	if j.group == nil {
		return j.start(resume)
	}
	if err := train.Agree(j.group, j.sameAsFirst()); err != nil {
		return err
	}
	if err := j.Loop.Takes(j.group); err != nil {
		return err
	}
	if err := train.Agree(j.group, j.start(resume)); err != nil {
		return err
	}
	return j.Loop.Join(j.group)
}

// sameAsFirst holds what this process computes with against process 0.
func (j *Job) sameAsFirst() error {
	mine := j.inputs()
	mc := j.Encoder.Model.Machine()
	mine["kernel"], mine["precision"], mine["settings"] = mc.Name(), j.Settings.Machine.Precision.String(), string(j.Settings.With("threads", 0).YAML())
	if info, ok := debug.ReadBuildInfo(); ok {
		mine["program"] = info.String()
	}
	b, err := json.Marshal(mine)
	if err != nil {
		return err
	}
	if b, err = j.group.Broadcast(b); err != nil {
		return err
	}
	var firsts map[string]string
	if err := json.Unmarshal(b, &firsts); err != nil {
		return fmt.Errorf("what process 0 computes with: %w", err)
	}
	for _, key := range slices.Sorted(maps.Keys(mine)) {
		if mine[key] != firsts[key] {
			return fault.Invalidf("process %d has another %s than process 0: all processes need the same program, settings, model, data and kind of processor", j.group.Rank(), key)
		}
	}
	return nil
}

// place is the folder that the run will be in, as far as this process knows.
func (j *Job) place() string {
	if j.run == nil {
		return "."
	}
	return j.run.Place()
}

// scorer is what evaluations are computed by: the program, or in a group each process's share of it.
func (j *Job) scorer() evaluate.Scorer {
	if j.group == nil {
		return j.Program
	}
	return &sharedScorer{scorer: j.Program, group: j.group, asked: j.asked, labels: j.Program.Labels()}
}

// sharedScorer computes a share of the sequences of each batch and gets the others from the other processes. Every process has to be
// asked for the same batches in the same order. A process that is asked to stop, or fails, says so to all.
type sharedScorer struct {
	scorer evaluate.Scorer
	group  train.Group
	asked  context.Context // nil: nobody can ask
	labels int
}

// Logits are those of all sequences, as the scorer gives them.
func (s *sharedScorer) Logits(b *data.Batch, ranks []int) ([]float32, error) {
	copies, size := max(b.Copies, 1), s.group.Size()
	each := b.Len() / copies
	share := func(process int) (lo, hi int) { return process * each / size, (process + 1) * each / size }
	most := (each + size - 1) / size * copies
	lo, hi := share(s.group.Rank())
	mine, all := make([]float32, most*s.labels), make([]float32, most*s.labels*size)
	err := s.own(mine, b, ranks, lo, hi, copies)
	if err == nil && s.asked != nil && s.asked.Err() != nil {
		err = train.ErrAsked
	}
	if err := s.settle(err); err != nil {
		return nil, err
	}
	if err := s.group.Allgather(mine, all); err != nil {
		return nil, err
	}
	logits := make([]float32, b.Len()*s.labels)
	for process := range size {
		lo, hi := share(process)
		from := all[process*most*s.labels:]
		for c := range copies {
			from = from[copy(logits[(c*each+lo)*s.labels:(c*each+hi)*s.labels], from):]
		}
	}
	return logits, nil
}

// own computes the sequences [lo, hi) of each copy.
func (s *sharedScorer) own(dst []float32, b *data.Batch, ranks []int, lo, hi, copies int) error {
	if lo == hi {
		return nil
	}
	var places, at []int
	for c := range copies {
		for i := lo; i < hi; i++ {
			place := c*b.Len()/copies + i
			places, at = append(places, place), append(at, ranks[place])
		}
	}
	part := b.Take(places)
	part.Copies = b.Copies
	logits, err := s.scorer.Logits(part, at)
	copy(dst, logits)
	return err
}

// settle is the same on all processes: nil, ErrAsked where one is asked to stop, or the error of one that has failed.
func (s *sharedScorer) settle(err error) error {
	asked := err == train.ErrAsked //nolint:errorlint // set above
	flag, all := []float32{0}, make([]float32, s.group.Size())
	if asked {
		flag[0], err = 1, nil
	}
	if e := s.group.Allgather(flag, all); e != nil {
		return e
	}
	if err := train.Agree(s.group, err); err != nil {
		return err
	}
	if slices.Max(all) > 0 {
		return train.ErrAsked
	}
	return nil
}
