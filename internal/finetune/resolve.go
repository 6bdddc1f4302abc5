package finetune

import (
	"os"
	"path/filepath"

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

// Resolve joins what the user says with the recipe of the task, or with the settings that the
// run to be resumed was started with.
func Resolve(p Place, layers ...*settings.Layer) (*settings.Resolved, error) {
	if !p.Resume {
		return settings.WithRecipe(layers...)
	}
	dir := p.Run
	if dir == "" {
		var err error
		if dir, err = train.Latest(session.RunsRoot); err != nil {
			return nil, err
		}
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
	return settings.Resumed(run, layers...)
}
