package session

import (
	"context"

	"github.com/dylora/dylora/internal/decision"
	"github.com/dylora/dylora/internal/model"
	"github.com/dylora/dylora/internal/pretrained"
	"github.com/dylora/dylora/internal/settings"
)

// ModelInspection lists what the files of a base model settle.
type ModelInspection struct {
	Model     string              `json:"model"`  // as the user calls it
	Folder    string              `json:"folder"` // of its files
	Decisions []decision.Decision `json:"decisions"`
}

// InspectModel reads everything of a base model but its weights, of which only
// names, shapes and types are looked at: d names it as for every command. What would be refused
// when it is used is refused here too.
func InspectModel(ctx context.Context, env *Env, d settings.Data) (*ModelInspection, error) {
	s, err := findSource(ctx, env, d, nil)
	if err != nil {
		return nil, err
	}
	var log decision.Log
	f, err := pretrained.Read(s.files, s.place, pretrained.Options{Log: &log})
	if err != nil {
		return nil, err
	}
	if err := f.Survey(model.LoadOptions{AllowPickle: d.AllowPickle, Log: &log}); err != nil {
		return nil, err
	}
	return &ModelInspection{Model: s.name, Folder: s.place, Decisions: log.All()}, nil
}
