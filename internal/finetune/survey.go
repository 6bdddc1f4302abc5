package finetune

import (
	"cmp"
	"context"
	"errors"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/model"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/settings"
	"github.com/dylora/dylora/internal/tokenizer"
	"github.com/dylora/dylora/internal/train"
	"github.com/dylora/dylora/internal/weights"
)

// Survey is all that a training reads before weights.
type Survey struct {
	Settings    *settings.Resolved // with the kind of a task of the user's own files
	Config      *model.Config
	Tokenizer   *tokenizer.Tokenizer
	MaxLength   int // tokens per sequence
	Task        *data.Task
	Train, Dev  []data.Example
	Projections []weights.Projection // that are adapted
	Arithmetic  session.Arithmetic
}

// survey is what the job has read.
func (j *Job) survey(b *beginning, c *model.Config, t *tokenizer.Tokenizer, maxLength int) *Survey {
	return &Survey{Settings: b.settings, Config: c, Tokenizer: t, MaxLength: maxLength, Task: b.task, Train: j.trainExamples, Dev: j.devExamples,
		Projections: b.projections, Arithmetic: b.arithmetic}
}

// NewSurvey reads what the settings name, and checks it as Prepare does, but for the weights, for an adapter to start from, which may not be there yet,
// and for who tracks the training. No weight is read and nothing is written.
func NewSurvey(ctx context.Context, env *session.Env, r *settings.Resolved, p Place) (*Survey, error) {
	r = r.With("init_adapter", "").With("track", "")
	s, f, err := newSurvey(ctx, env, r, p)
	if err != nil {
		return nil, err
	}
	return s, f.Folder.Close()
}

func newSurvey(ctx context.Context, env *session.Env, r *settings.Resolved, p Place) (*Survey, *session.EncoderFiles, error) {
	b, err := begin(env, r, p)
	if err != nil {
		return nil, nil, err
	}
	j := &Job{env: env, data: b.record}
	if j.data == nil {
		j.data = &session.RunData{} // of no folder: nothing is recorded
	}
	f, err := session.FindEncoder(ctx, env, b.settings, j.checking(ctx, b))
	if err != nil {
		return nil, nil, err
	}
	if len(j.trainExamples) == 0 {
		err = fault.Invalidf("task %s: the training split has no examples", b.task.Name)
	}
	if err = cmp.Or(err, f.Folder.CheckTypes(b.task.Pair)); err != nil {
		return nil, nil, errors.Join(err, f.Folder.Close())
	}
	return j.survey(b, f.Config, f.Tokenizer, f.MaxLength), f, nil
}

// Check is NewSurvey with what Prepare refuses of the run folder, which it names, of the loop and of the weights' names and shapes.
func Check(ctx context.Context, env *session.Env, r *settings.Resolved, p Place) (s *Survey, dir string, err error) {
	s, f, err := newSurvey(ctx, env, r, p)
	if err != nil {
		return nil, "", err
	}
	defer func() { err = errors.Join(err, f.Folder.Close()) }()
	root := session.RunsRoot
	if p.Aside {
		root = ""
	}
	dir, err = train.Usable(train.RunOptions{Root: root, Dir: p.folder(), Task: s.Task.Name, Resume: p.Resume, Overwrite: p.Overwrite, Now: env.Now})
	if err != nil {
		return nil, "", err
	}
	loop, err := s.Settings.LoopConfig()
	if err != nil {
		return nil, "", err
	}
	if err := loop.Validate(); err != nil {
		return nil, "", fault.Errorf(fault.Usage, "train: %w", err)
	}
	if _, err := s.Settings.Adapter.NewSampler(); err != nil {
		return nil, "", err
	}
	if err := f.CheckWeights(env, s.Arithmetic); err != nil {
		return nil, "", err
	}
	return s, dir, s.Fits(ctx, env)
}
