package finetune

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/disk"
	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/track"
	"github.com/dylora/dylora/internal/train"
)

// Report is the sweep of the best epoch, and where it is.
type Report struct {
	*evaluate.Sweep
	Run   string `json:"run"`
	Epoch int    `json:"epoch"`
	Step  int    `json:"step"`

	Adapter string `json:"-"` // folder
	By      string `json:"-"` // why it is this epoch, in words
}

// SweepName is the file of a run folder that has the report. It is written last: with it the run is
// complete.
const SweepName = "sweep.json"

// Finish saves the adapter of the best epoch to adapter/ in the run folder, and its sweep to
// sweep.json. With that the run is complete: it takes the place of the run that it is to replace, and
// becomes the newest.
//
// In a group process 0 alone saves, and the report of the others is nil. All end with an error where one does.
func (j *Job) Finish(ctx context.Context) (*Report, error) {
	r, err := j.finish(ctx)
	return r, train.Agree(j.env.Group, err)
}

func (j *Job) finish(ctx context.Context) (*Report, error) {
	best := j.Loop.State().Best
	if !j.Loop.UseBest() {
		return nil, errors.New("train: nothing was evaluated")
	}
	if j.Settings.Adapter.Heads == adapter.FittedHeads {
		if err := j.fitHeads(ctx); err != nil {
			return nil, err
		}
		clear(j.sweeps) // they are of the shared head
	}
	sweep := j.sweeps[best.Step]
	if sweep == nil { // it was before this process resumed the run
		var err error
		if sweep, err = j.sweep(ctx); err != nil {
			return nil, err
		}
	}
	if !j.First() {
		return nil, nil
	}
	p := j.provenance(sweep)
	p.Epoch, p.Step = best.Epoch, best.Step
	r := &Report{Sweep: sweep, Run: j.run.Place(), Epoch: best.Epoch, Step: best.Step, By: "the best by the mean over these ranks"}
	r.Adapter = filepath.Join(r.Run, "adapter")
	if rank := j.Loop.Config().Best.Rank(); rank > 0 {
		r.By = fmt.Sprintf("the best by rank %d", rank)
	}
	if j.best != "" {
		r.By = fmt.Sprintf("the best by the mean %s over these ranks", evaluate.Name(j.best))
	}
	if j.Loop.Config().Best.Last() {
		r.By = "the last"
	}
	if err := adapter.Save(filepath.Join(j.Dir, "adapter"), j.Adapter, p, adapter.SaveOptions{Replace: true}); err != nil {
		return nil, err
	}
	if err := disk.WriteFile(filepath.Join(j.Dir, SweepName), r.write); err != nil {
		return nil, err
	}
	j.tracked(track.Finished)
	notes, err := j.run.Complete()
	j.env.Warn(notes...)
	j.Dir = j.run.Dir
	return r, err
}

// WriteText writes the sweep as a table, with the epoch that it is of and the adapter's folder.
func (r *Report) WriteText(w io.Writer) error {
	if _, err := fmt.Fprintf(w, "%s dev after epoch %d, %s\n", r.Task, r.Epoch, r.By); err != nil {
		return err
	}
	if err := r.WriteTable(w); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "adapter: %s\n", r.Adapter)
	return err
}

// write writes the report as one line of JSON.
func (r *Report) write(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(r)
}

// provenance describes the run for the adapter's folder, with the metrics of a sweep;
// epoch and step are Finish's.
func (j *Job) provenance(s *evaluate.Sweep) *adapter.Provenance {
	a := j.Settings.Adapter
	targets, _ := Targets(j.Settings, &j.Encoder.Model.Config) // Build has checked it
	p := &adapter.Provenance{
		Version: j.env.Version, Task: j.Task.Name, Labels: j.Task.Labels, Regression: j.Task.Kind == data.Regression,
		Model: j.Encoder.Name, Revision: j.Encoder.Revision, ModelHash: j.Encoder.Model.Hash, RankMax: a.Rank, RankMin: a.RMin,
		Sampler: j.Sampler.String(), Block: a.Block, Update: a.Update.String(), Seed: j.Config.Seed,
		HubModel: j.Encoder.Hub, Training: j.Settings.Card(),
		Targets: targets, MaxLength: j.Encoder.MaxLength, Metrics: map[string]map[string]float64{}, Intervals: map[string]map[string][2]float64{},
	}
	p.Examples = map[string]int{"train": len(j.trainExamples), "dev": len(j.devExamples)}
	if after := j.Loop.State().Extended; len(after) > 0 {
		p.Training["made_longer_after_step"] = strings.Trim(fmt.Sprint(after), "[]")
	}
	if j.Start != nil {
		p.InitAdapter, p.InitTask, p.InitHash = j.Start.Path, j.Start.Task, j.Start.Fingerprint
	}
	if d := j.Settings.Data; data.IsFile(d.Task) {
		p.TextColumn, p.PairColumn, p.LabelColumn = d.TextColumn, d.PairColumn, d.LabelColumn
		p.Delimiter = d.Delimiter
	}
	p.Data = j.data.Training(data.IsFile(j.Settings.Data.Task))
	if j.Task.Kind == data.MultiLabel {
		p.MultiLabel, p.Threshold, p.LabelSeparator = true, j.Task.Threshold, j.Settings.Data.LabelSeparator
	}
	if s != nil {
		for _, r := range s.Ranks {
			p.Metrics[strconv.Itoa(r.Rank)] = r.Metrics.Floats()
			if r.Low != nil && r.High != nil {
				p.Intervals[strconv.Itoa(r.Rank)] = map[string][2]float64{s.Metric: {*r.Low, *r.High}}
			}
		}
	}
	return p
}
