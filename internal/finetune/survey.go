package finetune

import (
	"context"
	"errors"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/model"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/settings"
	"github.com/dylora/dylora/internal/tokenizer"
	"github.com/dylora/dylora/internal/weights"
)

// Survey is all that a training reads before weights.
type Survey struct {
	Config      *model.Config
	Tokenizer   *tokenizer.Tokenizer
	MaxLength   int // tokens per sequence
	Task        *data.Task
	Train, Dev  []data.Example
	Projections []weights.Projection // that are adapted
}

// NewSurvey reads what the settings name, and checks it as Prepare does. No weight is read and nothing is written.
func NewSurvey(ctx context.Context, env *session.Env, r *settings.Resolved) (s *Survey, err error) {
	proposal, err := session.Propose(r, nil)
	if err != nil {
		return nil, err
	}
	s = &Survey{Task: proposal.Task}
	check := func(c *model.Config) (err error) {
		if s.Projections, err = CheckRank(r, c); err == nil {
			s.Task, err = decide(env, proposal, r, c)
		}
		return err
	}
	f, err := session.FindEncoder(ctx, env, r, check)
	if err != nil {
		return nil, err
	}
	s.Config, s.Tokenizer, s.MaxLength = f.Config, f.Tokenizer, f.MaxLength
	j := &Job{env: env, data: &session.RunData{}} // of no folder: nothing is recorded
	s.Task, err = j.readData(ctx, s.Task, r.Data)
	s.Train, s.Dev = j.trainExamples, j.devExamples
	return s, errors.Join(err, f.Folder.Close())
}
