package track

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// sender sends what the server lacks of a run. It is for one goroutine at a time.
type sender struct {
	run    Run
	o      Options
	client *client
	state  *state
	told   string // the last trouble that the user knows
	parent string // ID of the run above; "" before it is known, and without one
	pulse  *pulse // of the server
	save   func() error
}

// newSender is of a run. Its save remembers what was sent; a test puts a full disk in its place.
func newSender(r Run, o Options) *sender {
	s := &sender{run: r, o: o, pulse: new(pulse)}
	s.save = func() error { return s.state.write(r.Dir) }
	return s
}

// send brings the server up to date: the run, its description, the log, and, when it has ended, files and status.
func (s *sender) send(ctx context.Context, status Status) error {
	if err := s.open(); err != nil {
		return err
	}
	steps := []func(context.Context) error{s.create, s.describe, s.sendLog}
	if status == Finished {
		steps = append(steps, s.sendFiles)
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return s.setStatus(ctx, status)
}

// open reads what is known before anything is sent.
func (s *sender) open() (err error) {
	if s.client == nil {
		if s.client, err = newClient(s.o.Getenv, s.pulse); err != nil {
			return fmt.Errorf("%w: %w", errDenied, err)
		}
	}
	if s.state == nil {
		s.state, err = readState(s.run.Dir, s.client.base.String(), s.o.Now().UnixMilli())
	}
	return err
}

// tell tells a trouble, once for each, and when it is over.
func (s *sender) tell(err error) {
	switch {
	case err == nil && s.told != "":
		s.told = ""
		s.o.Say("tracking: the server answers again, nothing is missing")
	case err != nil && err.Error() != s.told && !errors.Is(err, context.Canceled):
		s.told = err.Error()
		s.o.Say("tracking: " + strings.TrimPrefix(s.told, errDenied.Error()+": "))
	}
}

// left says what the server lacks.
func (s *sender) left() string {
	if s.state == nil || s.state.Run == "" {
		return "the server has nothing of this run: the run folder has all of it"
	}
	return fmt.Sprintf("the server has steps up to %d: the run folder has the rest", s.state.Sent.Step)
}

// create finds the run on the server, or makes it.
func (s *sender) create(ctx context.Context) (err error) {
	if s.state.Run != "" {
		return nil
	}
	if err := s.save(); err != nil { // the key first: by it a run is found that the server has made and not confirmed
		return err
	}
	if s.state.Experiment, err = s.client.experiment(ctx, s.o.Getenv("MLFLOW_EXPERIMENT_NAME")); err != nil {
		return err
	}
	tags := s.tags()
	if p := s.run.Parent; p.Key != "" && s.parent == "" {
		above, err := s.client.findOrCreate(ctx, s.state.Experiment, p.Name, p.Key, s.o.Now().UnixMilli(), nil)
		if err != nil {
			return err
		}
		s.parent = above.ID
		// It holds the others and is no process, which could end.
		if err := s.client.call(ctx, "POST", "runs/update", nil, map[string]any{"run_id": s.parent, "status": Finished}, nil); err != nil {
			return err
		}
	}
	if s.parent != "" {
		tags = append(tags, pair{"mlflow.parentRunId", s.parent})
	}
	r, err := s.client.findOrCreate(ctx, s.state.Experiment, s.run.Name, s.state.Key, s.state.Start, tags)
	if err != nil {
		return err
	}
	s.state.Run, s.state.Artifacts = r.ID, r.Artifacts
	return s.save()
}

func (s *sender) tags() []pair {
	list := pairs(s.run.Tags)
	return list[:min(len(list), maxParams/2)]
}

// describe sends the parameters, which do not change.
func (s *sender) describe(ctx context.Context) error {
	if s.state.Described {
		return nil
	}
	for part := range slices.Chunk(pairs(s.run.Params), maxParams) {
		if err := s.logBatch(ctx, batch{Params: part}); err != nil {
			return err
		}
	}
	s.state.Described = true
	return s.save()
}

// sendLog sends the log behind what the server has. The time of a request that is on its way is remembered before it is sent.
func (s *sender) sendLog(ctx context.Context) error {
	for {
		list, next, more, err := read(s.run.Dir, s.state.Sent, maxBatch)
		if err != nil || next == s.state.Sent {
			return err
		}
		if s.state.Batch == 0 {
			s.state.Batch = s.o.Now().UnixMilli()
			if err := s.save(); err != nil {
				return err
			}
		}
		for i := range list {
			list[i].Timestamp = s.state.Batch
		}
		if err := s.logBatch(ctx, batch{Metrics: list}); err != nil {
			return err
		}
		s.state.Sent, s.state.Batch = next, 0
		if err := s.save(); err != nil || !more {
			return err
		}
	}
}

// batch is what one request logs.
type batch struct {
	Run     string   `json:"run_id"`
	Metrics []metric `json:"metrics,omitempty"`
	Params  []pair   `json:"params,omitempty"`
}

// logBatch sends a batch. One that the server refuses is sent in halves, down to the entry that it does not take, which is left out and
// told.
func (s *sender) logBatch(ctx context.Context, b batch) error {
	b.Run = s.state.Run
	b.Metrics = slices.DeleteFunc(slices.Clone(b.Metrics), func(m metric) bool { return slices.Contains(s.state.Dropped, m.Key) })
	b.Params = slices.DeleteFunc(slices.Clone(b.Params), func(p pair) bool { return slices.Contains(s.state.Dropped, p.Key) })
	if len(b.Metrics)+len(b.Params) == 0 {
		return nil
	}
	err := s.client.call(ctx, "POST", "runs/log-batch", nil, b, nil)
	var no *refused
	if !errors.As(err, &no) {
		return err
	}
	if err := s.client.active(ctx, s.state.Run); err != nil {
		return err
	}
	m, p := len(b.Metrics), len(b.Params)
	if m+p > 1 {
		return errors.Join(
			s.logBatch(ctx, batch{Metrics: b.Metrics[:m/2], Params: b.Params[:p/2]}),
			s.logBatch(ctx, batch{Metrics: b.Metrics[m/2:], Params: b.Params[p/2:]}))
	}
	name := ""
	for _, e := range b.Metrics {
		name = e.Key
	}
	for _, e := range b.Params {
		name = e.Key
	}
	s.state.Dropped = append(s.state.Dropped, name)
	s.o.Say(fmt.Sprintf("tracking: the server does not take %s, which is left out: %v", name, no))
	return nil
}

// setStatus says how the run is, where the server does not know it.
func (s *sender) setStatus(ctx context.Context, status Status) error {
	if s.state.Status == status || s.state.Status == "" && status == running { // which a new run is
		return nil
	}
	update := map[string]any{"run_id": s.state.Run, "status": status}
	if status != running {
		update["end_time"] = s.o.Now().UnixMilli()
	}
	if err := s.client.call(ctx, "POST", "runs/update", nil, update, nil); err != nil {
		return err
	}
	s.state.Status = status
	return s.save()
}
