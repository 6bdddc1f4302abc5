package plan

import (
	"context"
	"errors"
	"fmt"

	"github.com/dylora/dylora/internal/finetune"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/track"
	"github.com/dylora/dylora/internal/train"
)

// Track sends to the tracking server what it lacks of the runs at the paths: run folders, folders of these, or plans. A run that trains
// in a process is left to that. Every run is tried; the error has all that failed.
func Track(ctx context.Context, env *session.Env, paths []string) error {
	if err := track.Check(env.Getenv); err != nil {
		return err
	}
	var faults []error
	for _, path := range paths {
		entries, err := runsAt(path)
		if err != nil {
			return err
		}
		parent := track.Parent{}
		if isPlan(path) {
			p, err := Read(path)
			if err != nil {
				return err
			}
			parent = p.parent()
		}
		for _, e := range entries {
			switch {
			case ctx.Err() != nil:
				return context.Cause(ctx)
			case !exists(e.Run, train.SettingsName):
				continue
			case e.State == Running:
				env.Say(e.Run + " is being trained: it is left to that process")
				continue
			}
			r, err := finetune.NewTracked(e.Run)
			if err == nil {
				r.Parent = parent
				err = track.Send(ctx, r, track.Options{Getenv: env.Getenv, Now: env.Now, Say: func(line string) { env.Say(line) }})
			}
			if err != nil {
				faults = append(faults, fmt.Errorf("%s: %w", e.Run, err))
			} else {
				env.Say(e.Run + ": the server has all of it")
			}
		}
	}
	return errors.Join(faults...)
}
