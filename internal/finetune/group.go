package finetune

import "github.com/dylora/dylora/internal/train"

// First says whether this process is the one that writes and reports: alone, or process 0 of its group.
func (j *Job) First() bool { return j.env.First() }

// begin makes the claimed folder a run, or continues the one that it holds, for all processes of the group: when they have the same of
// everything that the run's bits depend on.
func (j *Job) begin(resume bool) error {
	g := j.env.Group
	if g == nil {
		return j.start(resume)
	}
	if err := j.env.Same(j.computedWith()); err != nil {
		return err
	}
	if err := j.Loop.Takes(g); err != nil {
		return err
	}
	if err := train.Agree(g, j.start(resume)); err != nil {
		return err
	}
	return j.Loop.Join(g)
}

// computedWith is all that the run's bits depend on.
func (j *Job) computedWith() map[string]string {
	all := j.inputs()
	all["kernel"], all["precision"] = j.Encoder.Model.Machine().Name(), j.Settings.Machine.Precision.String()
	all["settings"] = string(j.Settings.With("threads", 0).YAML())
	return all
}

// handed gives all processes of the group the bytes that process 0 has read, or an error where it could not.
func (j *Job) handed(read func() ([]byte, error)) (b []byte, err error) {
	g := j.env.Group
	if j.First() {
		b, err = read()
	}
	if err = train.Agree(g, err); err != nil || g == nil {
		return b, err
	}
	return g.Broadcast(b)
}

// place is the folder that the run will be in, as far as this process knows.
func (j *Job) place() string {
	if j.run == nil {
		return "."
	}
	return j.run.Place()
}
