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
// in a process is left to that. Every run is tried; the error has all that failed, and sent the run folders of which the server has
// everything.
func Track(ctx context.Context, env *session.Env, paths []string) (sent []string, err error) {
	sent = []string{}
	if err := track.Check(env.Getenv); err != nil {
		return sent, err
	}
	var faults []error
	for _, path := range paths {
		entries, err := runsAt(path)
		if err != nil {
			return sent, err
		}
		parent := track.Parent{}
		if isPlan(path) {
			p, err := Read(path)
			if err != nil {
				return sent, err
			}
			parent = p.parent()
		}
		for _, e := range entries {
			switch {
			case ctx.Err() != nil:
				return sent, context.Cause(ctx)
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
				sent = append(sent, e.Run)
				env.Say(e.Run + ": the server has all of it")
			}
		}
	}
	return sent, errors.Join(faults...)
}
