package finetune

import (
	"os"
	"path/filepath"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/disk"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/settings"
	"github.com/dylora/dylora/internal/train"
)

// Place says which run folder a training is kept in.
type Place struct {
	Run    string // folder; "": runs/<task>-<time>, or the newest run to resume
	Resume bool   // continue the run that is there
	Aside  bool   // the run does not become the newest, which commands without a folder take
}

// resumed is the folder of the run to go on with.
func (p Place) resumed() (string, error) {
	if p.Run != "" {
		return p.Run, nil
	}
	return train.Latest(session.RunsRoot)
}

// Resolve joins what the user says with the recipe of the task, or with the settings that the
// run to be resumed was started with.
func Resolve(p Place, layers ...*settings.Layer) (*settings.Resolved, error) {
	if !p.Resume {
		return settings.WithRecipe(layers...)
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
	layers, moved := movedTo(run, layers)
	r, err := settings.Resumed(run, layers...)
	if err == nil && moved != "" {
		r = r.With("task", moved)
	}
	return r, err
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
