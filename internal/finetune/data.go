package finetune

import (
	"context"
	"fmt"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/datacheck"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/settings"
)

// dataFit refuses settings of the data that would do nothing.
func dataFit(r *settings.Resolved, resume bool) error {
	d := r.Data
	for _, key := range []string{"dev_share", "dev_seed"} {
		if d.DevFile != "" && r.Explicit(key) {
			return fault.Usagef("%s: has no use where dev_file is given: leave one of them out (%s)", key, r.Place(key))
		}
	}
	if d.AllowChangedData && !resume {
		return fault.Usagef("allow_changed_data: is for a run that is resumed; a new one has no data yet that could differ (%s)", r.Place("allow_changed_data"))
	}
	return nil
}

// located are the settings with the data of a run to be resumed where they are now, and what is recorded of them; nil of a new
// run, and of one that an older version made.
func located(env *session.Env, r *settings.Resolved, p Place) (*settings.Resolved, *session.RunData, error) {
	if !p.Resume {
		return r, nil, nil
	}
	dir, err := p.resumed()
	if err != nil {
		return nil, nil, err
	}
	r, record, err := session.Located(r, dir)
	if err != nil {
		return nil, nil, err
	}
	if record == nil {
		env.Say(fmt.Sprintf("%s records no hashes of its data, as older versions made it: they are read as its settings name them", dir))
		return r, nil, nil
	}
	for _, line := range record.Other {
		env.Say("other data than the run began with: " + line)
	}
	return r, record, nil
}

// readData reads the splits, as many examples as the settings ask for, and records which files they are of. It makes the dev
// split where there is none, or takes the one that the run has: the task returned knows it.
func (j *Job) readData(ctx context.Context, t *data.Task, d settings.Data) (*data.Task, error) {
	files := map[string][]data.File{}
	train, read, err := session.ReadFiles(ctx, j.env, t, d, "train")
	if err != nil {
		return t, err
	}
	files["train"] = read
	var dev []data.Example
	var held *data.Held
	if t.NoDev() && d.DevShare > 0 {
		if held, err = j.hold(t, train, d); err != nil {
			return t, err
		}
		t = t.WithHeld(held)
		if train, dev, err = held.Divide(t.Name, train); err != nil {
			return t, err
		}
		j.env.Say(fmt.Sprintf("dev: %d of the %d rows of %s, each label in proportion (dev_share %v, dev_seed %d)", len(dev), held.Rows, t.Name, held.Share, held.Seed))
	} else if dev, read, err = session.ReadFiles(ctx, j.env, t, d, "dev"); err != nil {
		return t, err
	} else {
		files["dev"] = read
	}
	j.trainExamples, j.devExamples = session.First(train, d.MaxTrainExamples), session.First(dev, d.MaxEvalExamples)
	if j.data == nil {
		j.data, err = session.NewRunData(j.place(), t, d, files, held)
	}
	return t, err
}

// hold is the dev split that is made of the training rows.
func (j *Job) hold(t *data.Task, train []data.Example, d settings.Data) (*data.Held, error) {
	if j.data != nil && j.data.Held != nil {
		return j.data.Held, nil
	}
	return data.Hold(t, train, d.DevShare, d.DevSeed)
}

// warn tells what is wrong with data of the user's own.
func (j *Job) warn(ctx context.Context) error {
	if !data.IsFile(j.Settings.Data.Task) {
		return nil
	}
	limit := datacheck.Limit{Tokenizer: j.Encoder.Tokenizer, Tokens: j.Encoder.MaxLength}
	lines, err := datacheck.Warnings(ctx, j.Task, j.trainExamples, j.devExamples, limit)
	for _, line := range lines {
		j.env.Say("warning: " + line)
	}
	return err
}
