package finetune

import (
	"os"
	"path/filepath"
	"slices"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/disk"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/settings"
	"github.com/dylora/dylora/internal/track"
	"github.com/dylora/dylora/internal/train"
)

// Place says which run folder a training is kept in.
type Place struct {
	Run       string       // folder; "": runs/<task>-<time>, or the run to resume that was started last
	Resume    bool         // continue the run that is there, or make a finished one longer
	Overwrite bool         // a run that is there is replaced once the new one is complete
	Aside     bool         // the run does not become the newest, which commands without a folder take
	Plan      track.Parent // that the training is a part of, for who tracks it; the zero value: none
	LoRA      string       // who asks for a training of rank R alone, for messages; "": ranks are nested
}

// folder is Run, "" for the run to resume that was started last: runs/latest means that one here, since
// the run finished last has nothing to go on with.
func (p Place) folder() string {
	if p.Resume && filepath.ToSlash(filepath.Clean(p.Run)) == session.LatestRun {
		return ""
	}
	return p.Run
}

// resumed is the folder of the run to go on with.
func (p Place) resumed() (string, error) {
	if dir := p.folder(); dir != "" {
		return dir, nil
	}
	return train.Started(session.RunsRoot)
}

// Resolve joins what the user says with the recipe of the task, or with the settings that the
// run to be resumed was started with.
func Resolve(p Place, layers ...*settings.Layer) (*settings.Resolved, error) {
	if !p.Resume {
		return p.resolveNew(layers)
	}
	dir, err := p.resumed()
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, train.SettingsName)
	if _, err := os.Stat(path); err != nil {
		return nil, fault.Because(train.NothingToResume, fault.Invalidf("%s: there is no run to resume: %w", dir, disk.PathFirst(err, path)))
	}
	run, err := settings.FileLayer(settings.Run, path)
	if err != nil {
		return nil, err
	}
	if err := run.Err(); err != nil {
		return nil, fault.Errorf(fault.Invalid, "%w", err)
	}
	if rank, known := run.Value("rank"); known && p.LoRA != "" { // the run says the rest
		own := settings.NewLayer(settings.Flag)
		own.Set("r_min", p.LoRA, rank)
		layers = append(layers, own)
	}
	layers, moved := movedTo(run, layers)
	r, err := settings.Resumed(run, layers...)
	if err != nil {
		return nil, err
	}
	if moved != "" {
		r = r.With("task", moved)
	}
	if _, err := os.Stat(filepath.Join(dir, PlanRecordName)); err == nil && longer(run, r) {
		return nil, fault.Usagef("resume: %s is a training of a plan, and its length is the plan's: plan a longer one", dir)
	}
	return r, nil
}

// PlanRecordName is the file by which a run folder knows the plan that it was trained for.
const PlanRecordName = "plan.json"

// longer says whether r gives the run another length.
func longer(run *settings.Layer, r *settings.Resolved) bool {
	epochs, said := run.Value("epochs")
	most, bounded := run.Value("max_steps")
	return said && epochs != r.Train.Loop.Epochs || bounded && most != r.Train.Loop.MaxSteps
}

// lengthened is the text of the run's settings with the length that r has; nil where it is the run's own.
func lengthened(dir string, r *settings.Resolved) ([]byte, error) {
	run, err := settings.FileLayer(settings.Run, filepath.Join(dir, train.SettingsName))
	if err != nil || !longer(run, r) {
		return nil, err
	}
	own, err := settings.Resolve(run)
	if err != nil {
		return nil, err
	}
	return own.With("epochs", r.Train.Loop.Epochs).With("max_steps", r.Train.Loop.MaxSteps).YAML(), nil
}

// resolveNew are the settings of a new training.
func (p Place) resolveNew(layers []*settings.Layer) (*settings.Resolved, error) {
	r, err := settings.WithRecipe(layers...)
	if err != nil || p.LoRA == "" {
		return r, err
	}
	own, err := settings.LoRA(r, p.LoRA)
	if err != nil {
		return nil, err
	}
	return settings.WithRecipe(append(slices.Clone(layers), own)...)
}

// movedTo gives the layers without where the user says that the training files of the run are now, and that. Whether they are those
// of the run is found when they are read.
func movedTo(run *settings.Layer, layers []*settings.Layer) (rest []*settings.Layer, moved string) {
	was, _ := run.Value("task")
	if task, _ := was.(string); !data.IsFile(task) {
		return layers, ""
	}
	for _, l := range layers {
		v, _ := l.Value("task")
		if task, _ := v.(string); data.IsFile(task) {
			moved, l = task, l.Without("task")
		}
		rest = append(rest, l)
	}
	return rest, moved
}
