package finetune

import (
	"path/filepath"

	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/settings"
	"github.com/dylora/dylora/internal/track"
	"github.com/dylora/dylora/internal/train"
)

// track begins to show the training to the server that the settings name.
func (j *Job) track() {
	if j.Settings.Machine.Track == "" {
		return
	}
	r := trackedRun(j.run.Place(), j.Settings)
	r.Dir, r.Parent = j.Dir, j.plan
	r.Tags["dylora.version"], r.Tags["dylora.kernel"] = j.env.Version, j.Program.Machine().Name()
	r.Tags["dylora.model_hash"] = j.Encoder.Model.Hash
	j.tracker = track.Start(r, trackOptions(j.env))
}

// tracked says how the training has ended, to who is shown it.
func (j *Job) tracked(s track.Status) {
	if j.tracker != nil {
		j.tracker.End(s)
	}
}

func trackOptions(env *session.Env) track.Options {
	return track.Options{Getenv: env.Getenv, Now: env.Now, Say: func(line string) { env.Say(line) }}
}

// trackedRun is a run as a server is shown it: all settings that are not empty are parameters.
func trackedRun(dir string, r *settings.Resolved) track.Run {
	run := track.Run{Dir: dir, Name: filepath.Base(dir), Params: map[string]string{}, Tags: map[string]string{"dylora.task": r.Data.Task, "dylora.model": r.Data.Model}}
	for _, f := range r.Fields() {
		run.Params[f.Key] = settings.YAMLValue(settings.Plain(f.Value))
	}
	delete(run.Params, "track")
	return run
}

// NewTracked is the run of a folder whose training was tracked not at all, or not to its end.
func NewTracked(dir string) (track.Run, error) {
	layer, err := settings.FileLayer(settings.Run, filepath.Join(dir, train.SettingsName))
	if err != nil {
		return track.Run{}, err
	}
	r, err := settings.Resolve(layer)
	if err != nil {
		return track.Run{}, err
	}
	return trackedRun(dir, r), nil
}
